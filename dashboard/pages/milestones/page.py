"""The page of one milestone, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import QueryDict

from dashboard.filters import Accepts
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.milestones import Member, other_milestones
from dashboard.lists.names import ProjectName
from dashboard.pages.milestones.causes import silent
from dashboard.pages.milestones.page_data import PageData
from dashboard.pages.milestones.progress import (
    ProgressCards,
    is_settled,
    progress_cards,
)
from dashboard.pages.milestones.runs import RunsCard, runs_card
from dashboard.pages.milestones.text import RiskVerdict, due_in, risk_verdict
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from dashboard.ui import links
from dashboard.ui.embed_button import embed_button
from dashboard.ui.history import History, named_history
from dashboard.ui.lengths import Prose
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import Button, EmptyState, Note
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import PageState, read_state
from ingest.models import Milestone
from ingest.origins import web_link
from ingest.series import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersCard:
    """Vendors' milestones with their projects. `may_split`: one can be taken out.
    `others` could be joined, by id and name.
    """

    members: tuple[tuple[Member, ProjectName], ...]
    may_split: bool
    others: tuple[tuple[int, str], ...]

    @property
    def placed(self) -> int:
        return sum(member.is_placed for member, _ in self.members)

    @property
    def tools(self) -> list[str]:
        return sorted({tool_label(project.tool) for _, project in self.members})

    @property
    def open_text(self) -> str:
        """ "Open in 4 tools", "Open in Testmo"."""
        tools = self.tools
        where = tools[0] if len(tools) == 1 else numbers.plural(len(tools), "tool")
        return f"Open in {where}"

    @property
    def with_pages(self) -> list[tuple[Member, ProjectName]]:
        """Those whose page at their vendor a browser opens."""
        return [pair for pair in self.members if pair[0].vendor_url]


def _readable(member: Member) -> Member:
    """Without what only people who are signed in may see."""
    by = member.placed_by
    return replace(
        member,
        vendor_url=web_link(for_signed_in(member.vendor_url)),
        placed_by=None if by is None else for_signed_in(by),
    )


ACCEPTS = Accepts(refused=ONLY_LISTS)
OTHERS_AT_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestonePage:
    """`cards` are None when its progress did not load, and then `failed` stands in the
    page.
    """

    milestone: Milestone
    title: Prose
    verdict: RiskVerdict
    due: str
    export_href: str
    buttons: tuple[Button, ...]
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
        milestone=milestone,
        title=milestone.name,
        verdict=risk_verdict(data.progress),
        due=_due(milestone.due_at, data.filters.now),
        export_href=links.export("api-runs", data.filters),
        buttons=embed_button(data.filters),
        cards=progress_cards(data, data.progress) if data.progress else None,
        failed=did_not_load("milestone", state.href),
        runs=runs_card(data),
        members=MembersCard(
            members=tuple(
                (_readable(member), data.layout.project(member.project))
                for member in data.members
            ),
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
    # The page lists all runs, its numbers are not of all.
    counted = replace(data.filters, with_uncounted=False)
    state = replace(data.layout.state, filters=counted)
    return replace(data.layout, state=state, connections=connections).notes(None)


def _due(due_at: datetime | None, now: datetime) -> str:
    """ "due Fri 4 Dec, in 15 days"; a UTC day, which is what lateness goes by."""
    if due_at is None:
        return "no due date"
    due, today = day_of(due_at), day_of(now)
    year = "" if due.year == today.year else f" {due.year}"
    return f"due {times.weekday(due)}{year}, {due_in(due, today)}"
