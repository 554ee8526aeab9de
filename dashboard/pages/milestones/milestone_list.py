"""The list of milestones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict

from dashboard.lists import Listing, Ranking
from dashboard.lists.at_risk import AT_RISK
from dashboard.lists.milestones import URGENT, MilestoneRow
from dashboard.lists.names import ProjectName
from dashboard.metrics.milestones import Progress, without_window
from dashboard.pages.milestones.text import RiskVerdict, risk_verdict
from dashboard.precomputed.milestones import progress_by_id
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout, ListPage, export, listing_page
from dashboard.ui.number_links import counted
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import EmptyState, Number
from dashboard.ui.tables import Column
from dashboard.ui.toggles import StatusToggle, toggles
from dashboard.ui.url_state import CURSOR, VIEW, PageState, read_state
from ingest.contract import Counts

COLUMNS = (
    Column("name", "Milestone", "name", sort="name", css="a"),
    Column("state", "State", "state", sort="urgency", css="e"),
    Column("projects", "Tools and projects", "projects", css="c trunc"),
    Column("passed", "Passed", css="d"),
    Column("forecast", "Forecast", css="g sec"),
    Column("due", "Due", "due_at", sort="-due_at", css="f nowrap sec"),
)
# Their fact is the word of the pill, so that the list says what follows from it.
SAID_BY_PILL = frozenset({"Done", "Completed", "On track", "Too early", "Too slow"})
TOGGLES = (("run", "Open", ("open",)), ("fixed", "Completed", ("completed",)))
NONE_AT_RISK = EmptyState(
    title="No milestone is at risk",
    text="None that is open is past its date or expected to end after it.",
    glyph="fixed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneLine:
    """A milestone of the list; without any test in scope, `counts` is None. `share` is
    that of its tests in `scope` that passed.
    """

    milestone: MilestoneRow
    projects: tuple[ProjectName, ...]
    project_names: str
    verdict: RiskVerdict
    counts: Counts | None
    share: float | None
    passed: Number
    scope: Number

    @property
    def tools(self) -> list[str]:
        return sorted({project.tool for project in self.projects})

    @property
    def forecast(self) -> str:
        """What the pill does not say already."""
        verdict = self.verdict
        return verdict.rest if verdict.word in SAID_BY_PILL else verdict.fact


def milestones_state(path: str, query: QueryDict) -> PageState:
    """Milestones at risk are a metric, of all times; the rest is a list."""
    is_at_risk = query.get(VIEW) == links.AT_RISK
    accepts = AT_RISK.accepts if is_at_risk else URGENT.accepts
    state = read_state(path, query, accepts, own=(VIEW, CURSOR))
    return state.only_view(links.AT_RISK)


def milestones_page(layout: ListLayout) -> ListPage:
    is_at_risk = VIEW in layout.state.own
    listing: Listing[MilestoneRow] | Ranking[MilestoneRow] = URGENT
    if is_at_risk:
        listing = replace(AT_RISK, default_sort=URGENT.default_sort)
    return listing_page(
        layout,
        listing,
        COLUMNS,
        lambda rows: _lines(layout, rows),
        title="Milestones overdue or at risk" if is_at_risk else "Milestones",
        what="milestone",
        search="Milestone",
        css="tall blocks mile-list",
        is_sortable=not is_at_risk,
        toggles=_toggles(layout.state),
        buttons=() if is_at_risk else (export(layout.state, "api-milestones"),),
        quiet=lambda: NONE_AT_RISK if is_at_risk else None,
    )


def _toggles(state: PageState) -> tuple[StatusToggle, ...]:
    """By state, and those at risk, which is no state of theirs."""
    is_at_risk = VIEW in state.own
    everything, *by_state = toggles(replace(state, own={}), TOGGLES)
    is_all = everything.is_current and not is_at_risk
    whole = replace(state.filters, status=(), sort="")
    at_risk = StatusToggle(
        glyph="stale",
        text="Overdue or at risk",
        href=replace(state, filters=whole, own={}).with_own(view=links.AT_RISK),
        is_current=is_at_risk,
    )
    return (replace(everything, is_current=is_all), *by_state, at_risk)


def _lines(layout: ListLayout, rows: Sequence[MilestoneRow]) -> list[MilestoneLine]:
    """Of all times: a milestone is the whole of its runs, whatever the time range."""
    filters, ids = without_window(layout.state.filters), [row.id for row in rows]
    progress = load_or_none("progress", lambda: progress_by_id(ids, filters)) or {}
    return [_line(layout, row, progress.get(row.id)) for row in rows]


def _line(
    layout: ListLayout, row: MilestoneRow, progress: Progress | None
) -> MilestoneLine:
    names, filters = layout.projects, without_window(layout.state.filters)
    projects = tuple(names[pk] for pk in row.projects if pk in names)
    alone = replace(filters, milestone=(row.id,))
    passed = progress.counts.passed if progress else 0
    scope = progress.scope if progress else 0
    return MilestoneLine(
        milestone=row,
        projects=projects,
        project_names=", ".join(project.name for project in projects),
        verdict=risk_verdict(progress),
        counts=progress.counts if progress and scope else None,
        share=progress.passed_share if progress else None,
        passed=counted("passed", passed, links.in_scope(alone, ("passed",))),
        scope=counted("scope", scope, links.in_scope(alone)),
    )
