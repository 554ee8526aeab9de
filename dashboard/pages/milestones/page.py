"""The page of one milestone, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import QueryDict

from dashboard.filters import Accepts
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.milestones import other_milestones
from dashboard.pages.milestones.members import MembersCard, member_lines
from dashboard.pages.milestones.page_data import PageData
from dashboard.pages.milestones.progress import ProgressCards, progress_cards
from dashboard.pages.milestones.risk import is_settled, silent
from dashboard.pages.milestones.runs import RunsCard, runs_card
from dashboard.pages.milestones.text import RiskVerdict, due_in, risk_verdict
from dashboard.ui import links
from dashboard.ui.history import History, named_history
from dashboard.ui.lengths import Prose
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Note
from dashboard.ui.text import times
from dashboard.ui.url_state import PageState, read_state
from ingest.models import Milestone
from ingest.series import day_of

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
