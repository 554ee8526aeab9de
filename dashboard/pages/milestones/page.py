"""The page of one milestone, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import QueryDict

from dashboard.filters import Accepts
from dashboard.lists.listing import ONLY_LISTS
from dashboard.pages.milestones.chart import BurnUpCard, burn_up_card
from dashboard.pages.milestones.members import (
    MembersCard,
    members_card,
    opens,
    opens_text,
)
from dashboard.pages.milestones.page_data import PageData, load_page_data
from dashboard.pages.milestones.progress import (
    LeftCard,
    ProgressCard,
    left_card,
    progress_card,
)
from dashboard.pages.milestones.risk import RiskCard, is_settled, risk_card, silent
from dashboard.pages.milestones.runs import RunsCard, runs_card
from dashboard.ui import links
from dashboard.ui.forecast_text import verdict_of
from dashboard.ui.lengths import Prose
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import Button, Crumb, EmptyState, Link, Note, Pill
from dashboard.ui.text import times
from dashboard.ui.text.milestones import due_in
from dashboard.ui.url_state import PageState, read_state
from ingest.models import Milestone
from ingest.series import day_of

ACCEPTS = Accepts(refused=ONLY_LISTS)
UNKNOWN = Pill(glyph="unknown", word="Unknown", tone="skip")


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestonePage:
    """`opens` are the milestone's pages at its tools. A card is None when it did not
    load, and then `failed` stands in the page.
    """

    title: Prose
    crumbs: tuple[Crumb, ...]
    pill: Pill
    due: str
    due_title: str
    members: MembersCard
    runs: RunsCard
    opens: tuple[Link, ...] = ()
    opens_text: str = ""
    buttons: tuple[Button, ...] = ()
    risk: RiskCard | None = None
    progress: ProgressCard | None = None
    burn_up: BurnUpCard | None = None
    left: LeftCard | None = None
    failed: EmptyState | None = None
    notes: tuple[Note, ...] = ()


def milestone_state(path: str, query: QueryDict, milestone: int) -> PageState:
    return read_state(path, query, ACCEPTS, pinned={"milestone": (milestone,)})


def milestone_page(
    frame: ListLayout, milestone: Milestone, *, may_write: bool = False
) -> MilestonePage:
    material = load_page_data(frame, milestone)
    found = material.progress
    due, due_title = _due(material)
    return MilestonePage(
        title=milestone.name,
        crumbs=(Crumb(text="Milestones", href="/milestones/"),),
        pill=_pill(material),
        due=due,
        due_title=due_title,
        opens=opens(material.members, material),
        opens_text=opens_text(material.members, material),
        buttons=(_export(material),),
        risk=risk_card(material, found) if found else None,
        progress=progress_card(material, found) if found else None,
        burn_up=burn_up_card(found) if found else None,
        left=left_card(material, found) if found else None,
        failed=None if found else did_not_load("milestone", material.state.href),
        runs=runs_card(material),
        members=members_card(material, may_write=may_write),
        notes=_notes(material),
    )


def _notes(material: PageData) -> tuple[Note, ...]:
    """What a reader should know, without the tool that is among the causes already."""
    frame, found = material.frame, material.progress
    if found is not None and not is_settled(found):
        named = silent(material)
        others = [c for c in frame.connections if c != named]
        frame = replace(frame, connections=others)
    return frame.notes(None)


def _pill(material: PageData) -> Pill:
    if material.progress is None:
        return UNKNOWN
    said = verdict_of(material.progress)
    return Pill(glyph=said.glyph, word=said.word, tone=said.tone)


def _due(material: PageData) -> tuple[str, str]:
    """ "due Fri 4 Dec, in 15 days"; a UTC day, which is what lateness goes by."""
    due_at, now = material.milestone.due_at, material.filters.now
    if due_at is None:
        return "no due date", ""
    due, today = day_of(due_at), day_of(now)
    year = "" if due.year == today.year else f" {due.year}"
    text = f"due {times.weekday(due)}{year}, {due_in(due, today)}"
    return text, times.timestamp(due_at, material.state.zone)


def _export(material: PageData) -> Button:
    return Button(
        text="Export runs as CSV",
        href=links.export("runs/", material.filters),
        icon="download",
        icon_only=True,
        hide_on_phone=True,
    )
