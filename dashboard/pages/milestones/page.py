"""The page of one milestone, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import QueryDict

from dashboard.filters import Accepts
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.milestones import Member, other_milestones
from dashboard.lists.names import ProjectName
from dashboard.pages.milestones.page_data import PageData
from dashboard.pages.milestones.progress import (
    ProgressCards,
    is_settled,
    progress_cards,
    silent,
)
from dashboard.pages.milestones.runs import RunsCard, runs_card
from dashboard.pages.milestones.text import RiskVerdict, due_in, risk_verdict
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from dashboard.ui import links
from dashboard.ui.history import History, named_history
from dashboard.ui.lengths import Prose
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Note
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import PageState, read_state
from ingest.models import Milestone
from ingest.origins import web_link
from ingest.series import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """A vendor's milestone in this one, with its page there if a browser opens that.

    `placed` says who put it here, and when.
    """

    member: Member
    project: ProjectName
    vendor_url: str
    placed: str

    @property
    def at_tool(self) -> str:
        return f"{tool_label(self.project.tool)}, {self.project.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersCard:
    """`may_split`: one can be taken out. `others` could be joined, by id and name."""

    lines: tuple[MemberLine, ...]
    may_split: bool
    others: tuple[tuple[int, str], ...]

    @property
    def tools(self) -> set[str]:
        return {tool_label(line.project.tool) for line in self.lines}

    @property
    def summary(self) -> str:
        """ "6 milestones of 4 tools, 1 of them placed by a person"."""
        placed = sum(line.member.is_placed for line in self.lines)
        text = numbers.plural(len(self.lines), "milestone")
        text += f" of {numbers.plural(len(self.tools), 'tool')}"
        return f"{text}, {placed} of them placed by a person" if placed else text

    @property
    def open_text(self) -> str:
        """ "Open in 4 tools", "Open in Testmo"."""
        tools = self.tools
        where = [*tools][0] if len(tools) == 1 else numbers.plural(len(tools), "tool")
        return f"Open in {where}"

    @property
    def with_pages(self) -> list[MemberLine]:
        return [line for line in self.lines if line.vendor_url]


def member_lines(data: PageData) -> tuple[MemberLine, ...]:
    return tuple(
        MemberLine(
            member=member,
            project=data.layout.project(member.project),
            vendor_url=web_link(for_signed_in(member.vendor_url)),
            placed=_placed(data, member),
        )
        for member in data.members
    )


def _placed(data: PageData, member: Member) -> str:
    """ "placed by mara, 18 Nov 22:04"."""
    if not member.is_placed:
        return ""
    if member.placed_by is None:
        return "placed by a person"
    at = data.layout.clock.moment(member.placed_at)
    return f"placed by {for_signed_in(member.placed_by) or 'a person'}, {at}"


ACCEPTS = Accepts(refused=ONLY_LISTS)
OTHERS_AT_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestonePage:
    """`cards` are None when its progress did not load, and then `failed` stands in the
    page.
    """

    id: int
    title: Prose
    verdict: RiskVerdict
    due: str
    due_at: datetime | None
    export_href: str
    cards: ProgressCards | None
    failed: EmptyState
    runs: RunsCard
    members: MembersCard
    history: History
    notes: tuple[Note, ...]


def milestone_state(path: str, query: QueryDict, milestone: int) -> PageState:
    return read_state(path, query, ACCEPTS, pinned={"milestone": (milestone,)})


def milestone_page(
    layout: ListLayout, milestone: Milestone, *, may_write: bool
) -> MilestonePage:
    """The forms are for people who are logged in."""
    data, state = PageData(layout=layout, milestone=milestone), layout.state
    others = other_milestones(milestone.pk, OTHERS_AT_MOST) if may_write else ()
    return MilestonePage(
        id=milestone.pk,
        title=milestone.name,
        verdict=risk_verdict(data.progress),
        due=_due(milestone.due_at, data.filters.now),
        due_at=milestone.due_at,
        export_href=links.export("api-runs", data.filters),
        cards=progress_cards(data, data.progress) if data.progress else None,
        failed=did_not_load("milestone", state.href),
        runs=runs_card(data),
        members=MembersCard(
            lines=member_lines(data),
            may_split=may_write and len(data.members) > 1,
            others=others,
        ),
        history=named_history(data.acts or (), state.filters.now, state.zone),
        notes=_notes(data),
    )


def _notes(data: PageData) -> tuple[Note, ...]:
    """What a reader should know, without the tool that is among the causes already."""
    connections = data.connections
    if data.progress and not is_settled(data.progress):
        named = silent(data)
        connections = [one for one in connections if one != named]
    return replace(data.layout, connections=connections).notes(None)


def _due(due_at: datetime | None, now: datetime) -> str:
    """ "due Fri 4 Dec, in 15 days"; a UTC day, which is what lateness goes by."""
    if due_at is None:
        return "no due date"
    due, today = day_of(due_at), day_of(now)
    year = "" if due.year == today.year else f" {due.year}"
    return f"due {times.weekday(due)}{year}, {due_in(due, today)}"
