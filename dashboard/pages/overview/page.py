"""The overview: verdict, key figures, freshness, daily outcomes, projects."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dashboard.contexts import Button, EmptyState, Link, Note, OverviewPage
from dashboard.filters import Window
from dashboard.lists.facets import CHOSEN
from dashboard.metrics.activity import newest_start
from dashboard.pages import doors, empties, freshness
from dashboard.pages.numbers import window_words
from dashboard.pages.overview.daily import chart_card
from dashboard.pages.overview.figures import tiles
from dashboard.pages.overview.material import Material
from dashboard.pages.overview.projects import lines, multiples, table
from dashboard.pages.overview.verdict import verdict
from dashboard.pages.state import PageState

CHART_HEIGHT = 372


def overview_page(found: Material) -> OverviewPage:
    if not found.connections and not found.projects:
        return _bare(found, empties.no_connection())
    if found.has_nothing:
        return _without_runs(found)
    return _whole(found)


def _bare(found: Material, empty: EmptyState) -> OverviewPage:
    return OverviewPage(title="Overview", subtitle="", empty=empty)


def _without_runs(found: Material) -> OverviewPage:
    """Nothing in the window: before it, under other filters, or nowhere."""
    state = found.state
    newest = newest_start(state.filters)
    if newest is not None:
        last, link = empties.last_run(state, newest)
        return _whole(found, last, link, empties.nothing_in_window(state, newest))
    if any(getattr(state.filters, name) for name in (*CHOSEN, "connection")):
        empty = empties.nothing_matches(state, found.offered, "run")
    else:
        empty = empties.no_run_yet(found.connections, found.importing)
    return OverviewPage(
        title="Overview",
        subtitle=subtitle(found.window),
        empty=empty,
        freshness=freshness.strip(state, found.connections, found.importing),
        notes=notes(found),
    )


def _whole(
    found: Material,
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
        notes=notes(found),
        buttons=(_standup(found.state), export_button(found.state)),
    )


def notes(found: Material) -> tuple[Note, ...]:
    return freshness.notes(found.state, found.connections, found.projects)


def _standup(state: PageState) -> Button:
    kept = replace(state.filters, window_days=None, since=None, until=None)
    return Button(
        text="Stand-up", href=doors.standup(kept), icon="standup", hide_on_phone=True
    )


def export_button(state: PageState) -> Button:
    """Pass rates by project and day, as CSV of the API."""
    return Button(
        text="Export CSV",
        href=doors.export("runs/", state.filters.explicit()),
        icon="download",
        icon_only=True,
        hide_on_phone=True,
    )


def subtitle(window: Window) -> str:
    """ "21 Oct - 19 Nov, compared with the 30 days before"."""
    reach = window_words(window)
    days = max(round((window.until - window.since) / timedelta(days=1)), 1)
    before = "day" if days == 1 else f"{days} days"
    return f"{reach}, compared with the {before} before"
