"""The page of one milestone, put together."""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict

from dashboard import words
from dashboard.contexts import Button, Crumb, Note, Pill
from dashboard.contexts.milestone import MilestonePage
from dashboard.filters import Accepts
from dashboard.lists.listing import ONLY_LISTS
from dashboard.pages import doors
from dashboard.pages.lists.frame import Frame
from dashboard.pages.milestone.chart import burn_up_card
from dashboard.pages.milestone.material import Material, gather
from dashboard.pages.milestone.members import members_card, opens, opens_text
from dashboard.pages.milestone.progress import left_card, progress_card
from dashboard.pages.milestone.risk import is_settled, risk_card, silent
from dashboard.pages.milestone.runs import runs_card
from dashboard.pages.outlook import verdict_of
from dashboard.pages.panels import did_not_load
from dashboard.pages.state import PageState, read_state
from dashboard.words.milestones import due_in
from ingest.models import Milestone
from ingest.series import day_of

ACCEPTS = Accepts(refused=ONLY_LISTS)
UNKNOWN = Pill(glyph="unknown", word="Unknown", tone="skip")


def milestone_state(path: str, query: QueryDict, milestone: int) -> PageState:
    return read_state(path, query, ACCEPTS, pinned={"milestone": (milestone,)})


def milestone_page(
    frame: Frame, milestone: Milestone, *, may_write: bool = False
) -> MilestonePage:
    material = gather(frame, milestone)
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


def _notes(material: Material) -> tuple[Note, ...]:
    """What a reader should know, without the tool that is among the causes already."""
    frame, found = material.frame, material.progress
    if found is not None and not is_settled(found):
        named = silent(material)
        others = [c for c in frame.connections if c != named]
        frame = replace(frame, connections=others)
    return frame.notes(None)


def _pill(material: Material) -> Pill:
    if material.progress is None:
        return UNKNOWN
    said = verdict_of(material.progress)
    return Pill(glyph=said.glyph, word=said.word, tone=said.tone)


def _due(material: Material) -> tuple[str, str]:
    """ "due Fri 4 Dec, in 15 days"; a UTC day, which is what lateness goes by."""
    due_at, now = material.milestone.due_at, material.filters.now
    if due_at is None:
        return "no due date", ""
    due, today = day_of(due_at), day_of(now)
    year = "" if due.year == today.year else f" {due.year}"
    text = f"due {words.weekday(due)}{year}, {due_in(due, today)}"
    return text, words.timestamp(due_at, material.state.zone)


def _export(material: Material) -> Button:
    return Button(
        text="Export runs as CSV",
        href=doors.export("runs/", material.filters),
        icon="download",
        icon_only=True,
        hide_on_phone=True,
    )
