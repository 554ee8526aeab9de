"""The overview: verdict, key figures, freshness, daily outcomes, projects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from dashboard.filters import Window
from dashboard.lists.facets import CHOSEN
from dashboard.metrics.activity import newest_start
from dashboard.pages.overview.projects import (
    Multiples,
    ProjectTable,
    lines,
    multiples,
    table,
)
from dashboard.pages.overview.verdict import verdict
from dashboard.ui import empty_states, freshness, links
from dashboard.ui.activity.daily_chart import ChartCard, chart_card
from dashboard.ui.activity.kpis import Kpi, tiles
from dashboard.ui.activity.page_data import ActivityData, activity_notes, export_button
from dashboard.ui.freshness import FreshnessStrip
from dashboard.ui.number_links import window_words
from dashboard.ui.parts import Button, EmptyState, Link, Note, Verdict
from dashboard.ui.url_state import PageState

CHART_HEIGHT = 372


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """`empty` replaces everything below the header (no connection, no run)."""

    title: str
    subtitle: str
    kpis: tuple[Kpi, ...] = ()
    verdict: Verdict | None = None
    freshness: FreshnessStrip | None = None
    daily: ChartCard | None = None
    multiples: Multiples | None = None
    projects: ProjectTable | None = None
    notes: tuple[Note, ...] = ()
    buttons: tuple[Button, ...] = ()
    empty: EmptyState | None = None


def overview_page(found: ActivityData) -> OverviewPage:
    if not found.connections and not found.projects:
        return _bare(found, empty_states.no_connection())
    if found.has_nothing:
        return _without_runs(found)
    return _whole(found)


def _bare(found: ActivityData, empty: EmptyState) -> OverviewPage:
    return OverviewPage(title="Overview", subtitle="", empty=empty)


def _without_runs(found: ActivityData) -> OverviewPage:
    """Nothing in the window: before it, under other filters, or nowhere."""
    state = found.state
    newest = newest_start(state.filters)
    if newest is not None:
        last, link = empty_states.last_run(state, newest)
        return _whole(found, last, link, empty_states.nothing_in_window(state, newest))
    if any(getattr(state.filters, name) for name in (*CHOSEN, "connection")):
        empty = empty_states.nothing_matches(state, found.offered, "run")
    else:
        empty = empty_states.no_run_yet(found.connections, found.importing)
    return OverviewPage(
        title="Overview",
        subtitle=subtitle(found.window),
        empty=empty,
        freshness=freshness.strip(state, found.connections, found.importing),
        notes=activity_notes(found),
    )


def _whole(
    found: ActivityData,
    last: str = "",
    last_link: Link | None = None,
    empty: EmptyState | None = None,
) -> OverviewPage:
    told = lines(found)
    return OverviewPage(
        title="Overview",
        subtitle=subtitle(found.window),
        kpis=tiles(found, last, last_link),
        empty=empty,
        verdict=None if empty else verdict(found, told),
        freshness=freshness.strip(found.state, found.connections, found.importing),
        daily=None
        if empty
        else chart_card(found, title="Daily outcomes", height=CHART_HEIGHT),
        multiples=None if empty else multiples(found, told),
        projects=table(found, told),
        notes=activity_notes(found),
        buttons=(_standup(found.state), export_button(found.state)),
    )


def _standup(state: PageState) -> Button:
    kept = replace(state.filters, window_days=None, since=None, until=None)
    return Button(
        text="Stand-up", href=links.standup(kept), icon="standup", hide_on_phone=True
    )


def subtitle(window: Window) -> str:
    """ "21 Oct - 19 Nov, compared with the 30 days before"."""
    reach = window_words(window)
    days = max(round((window.until - window.since) / timedelta(days=1)), 1)
    before = "day" if days == 1 else f"{days} days"
    return f"{reach}, compared with the {before} before"
