"""The overview: verdict, key figures, freshness, daily outcomes, projects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from dashboard.filters import Window
from dashboard.metrics.blame import contributions
from dashboard.metrics.milestone_days import milestone_days
from dashboard.metrics.rates import pass_rate
from dashboard.pages.overview.projects import (
    Multiples,
    ProjectRow,
    ProjectTable,
    multiples,
    project_rows,
    project_table,
)
from dashboard.ui import empty_states, freshness, links
from dashboard.ui.activity import kpis
from dashboard.ui.activity.changes import failing_number, rate_turn
from dashboard.ui.activity.daily_chart import ChartCard, chart_card
from dashboard.ui.activity.kpis import Kpi
from dashboard.ui.activity.page_data import ActivityData, export_button, why_empty
from dashboard.ui.embed_button import embed_button
from dashboard.ui.freshness import FreshnessStrip
from dashboard.ui.number_links import window_words
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Button, EmptyState, Note, Verdict
from dashboard.ui.text import deltas, verdicts
from dashboard.ui.text.verdicts import Cause, Turn
from dashboard.ui.url_state import PageState

CHART_HEIGHT = 372
TILES = (
    kpis.pass_rate_tile,
    kpis.runs_tile,
    kpis.results_tile,
    kpis.failing_tile,
    kpis.flaky_tile,
    kpis.time_lost_tile,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """`empty` says why there is nothing to show, or nothing of this time range."""

    title: str = "Overview"
    subtitle: str = ""
    notes: tuple[Note, ...] = ()
    buttons: tuple[Button, ...] = ()
    empty: EmptyState | None = None
    verdict: Verdict | None = None
    kpis: tuple[Kpi, ...] = ()
    freshness: FreshnessStrip | None = None
    daily: ChartCard | None = None
    multiples: Multiples | None = None
    projects: ProjectTable | None = None


def overview_page(activity: ActivityData) -> OverviewPage:
    state, connections = activity.state, activity.connections
    if not connections and not activity.projects:
        return OverviewPage(empty=empty_states.no_connection())
    page = OverviewPage(
        subtitle=_subtitle(activity.window),
        notes=activity.layout.notes(None),
        empty=why_empty(activity),
        freshness=freshness.strip(state, connections, activity.importing),
    )
    if activity.has_nothing and activity.last_start is None:
        return page
    rows = project_rows(activity)
    page = replace(
        page,
        kpis=kpis.tiles(activity, TILES),
        projects=project_table(activity, rows),
        buttons=(
            _standup(state),
            *embed_button(state.filters),
            export_button(state),
        ),
    )
    if page.empty:
        return page
    return replace(
        page,
        verdict=_verdict(activity, rows),
        daily=chart_card(activity, title="Daily outcomes", height=CHART_HEIGHT),
        multiples=multiples(activity, rows),
    )


def _standup(state: PageState) -> Button:
    timeless = replace(state.filters, window_days=None, since=None, until=None)
    return Button(
        text="Stand-up",
        href=links.standup(timeless),
        icon="standup",
        hide_on_phone=True,
    )


def _subtitle(window: Window) -> str:
    """ "21 Oct - 19 Nov, compared with the 30 days before"."""
    days = max(round((window.until - window.since) / timedelta(days=1)), 1)
    before = "day" if days == 1 else f"{days} days"
    return f"{window_words(window)}, compared with the {before} before"


def _verdict(activity: ActivityData, rows: Sequence[ProjectRow]) -> Verdict | None:
    """None when the results did not load. One project alone has no other to blame."""
    if activity.now is None or activity.before is None:
        return None
    rate = pass_rate(activity.counts).value
    before = pass_rate(activity.counts_before).value
    change = deltas.points(rate, before) or 0.0
    row = _most_to_blame(activity, rows, change) if len(rows) > 1 else None
    return verdicts.pass_rate_verdict(
        rate,
        before,
        cause=_cause(activity, row) if row else None,
        failing=failing_number(activity, "failing_now"),
        newly_failing=failing_number(activity, "newly_failing"),
        stale=activity.stale,
    )


def _most_to_blame(
    activity: ActivityData, rows: Sequence[ProjectRow], change: float
) -> ProjectRow | None:
    began = activity.failing.began if activity.failing else {}
    newest = [row for row in rows if began.get(row.project.id)]
    if abs(change) < deltas.NOISE_POINTS or (change > 0 and newest):
        return max(newest, key=lambda row: began[row.project.id], default=None)
    parts = contributions(activity.by_project, activity.by_project_before)
    sign = 1 if change > 0 else -1
    moved = [row for row in rows if sign * (row.change or 0) >= deltas.NOISE_POINTS]
    most = max(
        moved, key=lambda row: sign * parts.get(row.project.id, 0.0), default=None
    )
    if most and change < 0 and parts[most.project.id] > change / 2:
        # Less than half of the drop is not "most" of it.
        return None
    return most


def _cause(activity: ActivityData, row: ProjectRow) -> Cause:
    change, project = row.change or 0.0, row.project
    return Cause(
        project=project.name,
        href=row.href,
        points=change,
        failing=failing_number(activity, "failing_now", project.id),
        newly_failing=failing_number(activity, "newly_failing", project.id),
        turn=_turn(activity, project.id) if change < 0 else None,
    )


def _turn(activity: ActivityData, project: int) -> Turn | None:
    counts = activity.days_of_project
    days = [(d, counts[project, d]) for d in activity.days if (project, d) in counts]
    filters = replace(activity.filters, project=(project,))
    milestones = load_or_none("milestones", lambda: milestone_days(filters))
    return rate_turn(days, milestones or ())
