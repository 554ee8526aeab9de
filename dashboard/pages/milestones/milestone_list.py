"""The list of milestones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import BigIntegerField, Case, Value, When
from django.db.models.functions import Cast, Extract
from django.http import QueryDict

from dashboard.filters import Filters
from dashboard.lists import MILESTONES
from dashboard.lists.at_risk import AT_RISK
from dashboard.lists.milestones import MilestoneRow
from dashboard.metrics.milestones import Progress, without_window
from dashboard.precomputed.milestones import progress_by_milestone
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.forecast_text import due_text, verdict_of
from dashboard.ui.list_layout import (
    ListLayout,
    ListPage,
    count_text,
    empty_of,
    export,
    search_box,
)
from dashboard.ui.number_links import counted, figure, sort_columns
from dashboard.ui.pagination import Shown, shown, shown_ranking
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import EmptyState, Link, Number, OutcomeBar, Pill, Tool
from dashboard.ui.text import times
from dashboard.ui.text.milestones import RiskVerdict
from dashboard.ui.toggles import StatusToggle, toggles
from dashboard.ui.url_state import CURSOR, VIEW, PageState, read_state
from ingest.contract import Counts, MilestoneState, Status
from ingest.models import Milestone

HEADS = {
    "name": ("Milestone", "name"),
    "state": ("State", "urgency"),
    "projects": ("Tools and projects", ""),
    "progress": ("Passed", ""),
    "share": ("", ""),
    "outlook": ("Forecast", ""),
    "due": ("Due", "-due_at"),
}
NUMERIC = frozenset({"share"})
# Their fact is the word of the pill, so that the list says what follows from it.
SAID_BY_PILL = frozenset({"Done", "Completed", "On track", "Too early"})
UNKNOWN = RiskVerdict(
    glyph="unknown", fact="Not known.", rest="", word="Unknown", tone="skip"
)
TOGGLES = (("run", "Open", ("open",)), ("fixed", "Completed", ("completed",)))


# Open ones first, the soonest due before the others; then the last ones completed.
_DUE_S = Cast(Extract("due_at", "epoch"), BigIntegerField())
_URGENCY = Case(
    When(state=MilestoneState.OPEN, due_at__isnull=True, then=Value(10**11)),
    When(state=MilestoneState.OPEN, then=_DUE_S),
    When(due_at__isnull=True, then=Value(10**13)),
    default=Value(10**12) - _DUE_S,
    output_field=BigIntegerField(),
)
URGENT = replace(
    MILESTONES,
    name="milestones by urgency",
    sorts={**MILESTONES.sorts, "urgency": _URGENCY},
    default_sort="urgency",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneListRow:
    """`passed` of `scope` tests stand behind the bar, `share` is that rate; `outlook` says when it will be done. Without any test in scope `bar` is None."""

    name: str
    href: str
    pill: Pill
    projects: tuple[Link, ...]
    tools: tuple[Tool, ...]
    outlook: str
    projects_title: str = ""
    bar: OutcomeBar | None = None
    passed: Number | None = None
    scope: Number | None = None
    share: Number | None = None
    due: str = ""
    due_title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneListPage(ListPage):
    """Column keys: name, state, projects, progress, share, outlook, due."""

    rows: tuple[MilestoneListRow, ...] = ()


def milestones_state(path: str, query: QueryDict) -> PageState:
    """Milestones at risk are a metric, of all times; the rest is a list."""
    is_at_risk = query.get(VIEW) == links.AT_RISK
    accepts = AT_RISK.accepts if is_at_risk else URGENT.accepts
    state = read_state(path, query, accepts, own=(VIEW, CURSOR))
    if is_at_risk or VIEW not in state.own:
        return state
    own = {name: text for name, text in state.own.items() if name != VIEW}
    return replace(state, own=own)


def milestones_page(frame: ListLayout) -> MilestoneListPage:
    state = frame.state
    is_at_risk = VIEW in state.own
    found = load_or_none(
        "milestones",
        lambda: shown_ranking(state, AT_RISK) if is_at_risk else shown(state, URGENT),
    )
    progress = _progress(state, found.rows) if found else {}
    return MilestoneListPage(
        title="Milestones at risk" if is_at_risk else "Milestones",
        subtitle=frame.subtitle,
        count=count_text(found),
        search=search_box(state, "Milestone"),
        columns=sort_columns(state, HEADS, URGENT.default_sort, numeric=NUMERIC),
        rows=tuple(_row(frame, row, progress) for row in found.rows) if found else (),
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
        href=kept.with_own(view=links.AT_RISK),
        is_current=is_at_risk,
    )
    return (*lists, late)


def _empty(frame: ListLayout, found: Shown[MilestoneRow] | None) -> EmptyState | None:
    filters = frame.state.filters
    is_clear = found is not None and not found.rows and not filters.q
    if VIEW in frame.state.own and is_clear and frame.connections:
        return EmptyState(
            title="No milestone is at risk",
            text="None that is open and foreseeable ends after its date.",
            glyph="fixed",
        )
    return empty_of(frame, "milestone", found)


def _progress(state: PageState, rows: Sequence[MilestoneRow]) -> Mapping[int, Progress]:
    """Of all times: a milestone is the whole of its runs, whatever the time range."""
    found = Milestone.objects.filter(pk__in=[row.id for row in rows])
    filters = without_window(state.filters)
    return (
        load_or_none("progress", lambda: progress_by_milestone(list(found), filters))
        or {}
    )


def _row(
    frame: ListLayout, row: MilestoneRow, progress: Mapping[int, Progress]
) -> MilestoneListRow:
    state, found = frame.state, progress.get(row.id)
    known = [frame.projects[id_] for id_ in row.projects if id_ in frame.projects]
    said = verdict_of(found) if found else UNKNOWN
    has_scope = found is not None and found.scope > 0
    return MilestoneListRow(
        name=row.name,
        href=links.milestone(row.id),
        pill=Pill(glyph=said.glyph, word=said.word, tone=said.tone),
        projects=tuple(Link(text=p.name, href=links.project(p.id)) for p in known),
        tools=tuple(tool(vendor) for vendor in sorted({p.tool for p in known})),
        projects_title=", ".join(p.name for p in known),
        outlook=_outlook(said),
        due=due_text(row.due_at, state),
        due_title=times.timestamp(row.due_at, state.zone) if row.due_at else "",
        **(_tests(state.filters, row, found) if found and has_scope else {}),
    )


def _tests(filters: Filters, row: MilestoneRow, found: Progress) -> dict[str, Any]:
    """How many of the tests in scope passed, with the lists of both."""
    of_one = replace(without_window(filters), milestone=(row.id,))
    passed = links.in_scope(of_one, ("passed",))
    return {
        "bar": OutcomeBar(counts=statuses(found.counts)),
        "passed": counted("passed", found.counts.passed, passed),
        "scope": counted("scope", found.scope, links.in_scope(of_one)),
        "share": figure("plan_pass_rate", found.passed_share),
    }


def _outlook(said: RiskVerdict) -> str:
    """What the pill does not say already."""
    return said.rest if said.word in SAID_BY_PILL else said.fact


def statuses(counts: Counts) -> dict[str, int]:
    return {str(status): getattr(counts, status) for status in Status}
