"""The list of milestones."""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict

from dashboard import words
from dashboard.contexts import (
    EmptyState,
    Link,
    MilestoneListPage,
    MilestoneListRow,
    State,
    StatusToggle,
)
from dashboard.lists import MILESTONES
from dashboard.lists.at_risk import AT_RISK
from dashboard.lists.milestones import MilestoneRow
from dashboard.pages import doors
from dashboard.pages.filter_bar import tool
from dashboard.pages.lists.frame import (
    Frame,
    count_text,
    empty_of,
    export,
    search_box,
)
from dashboard.pages.numbers import counted, sort_columns
from dashboard.pages.paging import Shown, shown, shown_ranking
from dashboard.pages.panels import loaded
from dashboard.pages.state import CURSOR, VIEW, PageState, read_state
from dashboard.pages.toggles import toggles
from ingest.contract import MilestoneState

HEADS = {
    "name": ("Milestone", "name"),
    "state": ("State", ""),
    "projects": ("Projects", ""),
    "runs": ("Runs", ""),
    "due": ("Due", "-due_at"),
}
NUMERIC = frozenset({"runs"})
TOGGLES = (("run", "Open", ("open",)), ("fixed", "Completed", ("completed",)))


def milestones_state(path: str, query: QueryDict) -> PageState:
    """Milestones at risk are a metric, of all times; the rest is a list."""
    is_at_risk = query.get(VIEW) == doors.AT_RISK
    accepts = AT_RISK.accepts if is_at_risk else MILESTONES.accepts
    state = read_state(path, query, accepts, own=(VIEW, CURSOR))
    if is_at_risk or VIEW not in state.own:
        return state
    own = {name: text for name, text in state.own.items() if name != VIEW}
    return replace(state, own=own)


def milestones_page(frame: Frame) -> MilestoneListPage:
    state = frame.state
    is_at_risk = VIEW in state.own
    found = loaded(
        "milestones",
        lambda: (
            shown_ranking(state, AT_RISK) if is_at_risk else shown(state, MILESTONES)
        ),
    )
    return MilestoneListPage(
        title="Milestones at risk" if is_at_risk else "Milestones",
        subtitle=frame.subtitle,
        count=count_text(found),
        search=search_box(state, "Milestone"),
        columns=sort_columns(state, HEADS, MILESTONES.default_sort, numeric=NUMERIC),
        rows=tuple(_row(frame, row) for row in found.rows) if found else (),
        pager=found.pager if found else None,
        empty=_empty(frame, found),
        toggles=_toggles(state),
        buttons=() if is_at_risk else (export(state, "milestones/"),),
        notes=frame.notes(found),
    )


def _toggles(state: PageState) -> tuple[StatusToggle, ...]:
    """By state, and those at risk, which is no state of theirs."""
    is_at_risk = VIEW in state.own
    lists = toggles(replace(state, own={}), TOGGLES)
    if is_at_risk:
        lists = tuple(replace(toggle, is_current=False) for toggle in lists)
    kept = replace(state, filters=replace(state.filters, status=(), sort=""), own={})
    late = StatusToggle(
        glyph="stale",
        text="At risk",
        href=kept.with_own(view=doors.AT_RISK),
        is_current=is_at_risk,
    )
    return (*lists, late)


def _empty(frame: Frame, found: Shown[MilestoneRow] | None) -> EmptyState | None:
    filters = frame.state.filters
    is_clear = found is not None and not found.rows and not filters.q
    if VIEW in frame.state.own and is_clear and frame.connections:
        return EmptyState(
            title="No milestone is at risk",
            text="None that is open and foreseeable ends after its date.",
            glyph="fixed",
        )
    return empty_of(frame, "milestone", found)


def _row(frame: Frame, row: MilestoneRow) -> MilestoneListRow:
    state = frame.state
    choices = frame.offered.choices
    runs = choices.runs["milestone"].get(row.id, 0) if choices else 0
    known = [frame.projects[id_] for id_ in row.projects if id_ in frame.projects]
    kept = replace(state.filters, milestone=(row.id,), status=(), q="", sort="")
    return MilestoneListRow(
        name=row.name,
        href=doors.milestone(row.id),
        state=milestone_word(row, state),
        projects=tuple(Link(text=p.name, href=doors.project(p.id)) for p in known),
        tools=tuple(tool(vendor) for vendor in sorted({p.tool for p in known})),
        runs=counted("runs", runs, f"/runs/?{kept.to_query()}"),
        due=due_text(row, state),
        due_title=words.timestamp(row.due_at, state.zone) if row.due_at else "",
    )


def milestone_word(row: MilestoneRow, state: PageState) -> State:
    if row.state == MilestoneState.COMPLETED:
        return State(glyph="fixed", word="completed")
    if row.due_at is not None and row.due_at < state.filters.now:
        return State(glyph="stale", word="open, past its date")
    return State(glyph="run", word="open")


def due_text(row: MilestoneRow, state: PageState) -> str:
    """ "4 Dec", with the year unless it is this one."""
    if row.due_at is None:
        return ""
    there = row.due_at.astimezone(state.zone)
    this_year = state.filters.now.astimezone(state.zone).year
    text = words.day(there.date())
    return text if there.year == this_year else f"{text} {there.year}"
