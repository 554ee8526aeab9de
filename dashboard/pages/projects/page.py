"""The page of one project: its figures, its trend, its runs and the tests to look at."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.lists.names import ProjectName
from dashboard.metrics.activity import newest_start
from dashboard.pages.projects.figures import project_tiles
from dashboard.pages.projects.page_data import PageData
from dashboard.pages.projects.ranked import ListCard, list_cards
from dashboard.pages.projects.recent import RecentRuns, recent_runs
from dashboard.pages.projects.verdict import project_verdict
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from dashboard.ui import empty_states, freshness
from dashboard.ui.activity.daily_chart import ChartCard, chart_card
from dashboard.ui.activity.kpis import Kpi
from dashboard.ui.activity.page_data import activity_notes, export_button
from dashboard.ui.filter_bar import tool
from dashboard.ui.freshness import FreshnessItem
from dashboard.ui.parts import Button, Crumb, Link, Note, Tool, Verdict
from dashboard.ui.text import numbers
from ingest.origins import web_link

CHART_HEIGHT = 318
# This chart is twice as wide as the overview's.
LABEL_WIDTH = 0.13


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """`fresh` is the state of the project's connection, beside its name; `poll_href` is
    asked for it every 15 s.
    """

    title: str
    tool: Tool
    crumbs: tuple[Crumb, ...]
    kpis: tuple[Kpi, ...]
    runs: RecentRuns
    fresh: FreshnessItem | None = None
    poll_href: str = ""
    verdict: Verdict | None = None
    trend: ChartCard | None = None
    lists: tuple[ListCard, ...] = ()
    links: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = field(default=())


def project_page(material: PageData, project: ProjectName) -> ProjectPage:
    found = material.found
    state, filters = found.state, found.state.filters
    last, link, empty = "", None, None
    if found.has_nothing:
        newest = newest_start(filters)
        if newest is not None:
            last, link = empty_states.last_run(state, newest)
            empty = empty_states.nothing_in_window(state, newest)
        else:
            empty = empty_states.nothing_matches(state, found.offered, "run")
    runs = numbers.plural(found.runs.total if found.runs else 0, "run")
    return ProjectPage(
        title=project.name,
        tool=tool(project.tool),
        crumbs=(Crumb(text="Overview", href=state.elsewhere("/")),),
        kpis=project_tiles(material, last, link),
        verdict=None if empty else project_verdict(material),
        fresh=freshness.of_project(project, found.connections, found.importing, state),
        poll_href=state.href,
        trend=chart_card(
            found,
            title="Pass rate and outcomes",
            before=f"{runs}, ",
            height=CHART_HEIGHT,
            label_width=LABEL_WIDTH,
            empty=empty,
        ),
        runs=recent_runs(material, empty),
        lists=() if empty else list_cards(material),
        links=(Link(text="All tests", href=f"/cases/?project={project.id}"),),
        buttons=(*_buttons(project), _settings(project), export_button(state)),
        notes=activity_notes(found),
    )


def _settings(project: ProjectName) -> Button:
    return Button(
        text="Settings",
        href=f"/projects/{project.id}/settings/",
        icon="settings",
        icon_only=True,
        hide_on_phone=True,
    )


def _buttons(project: ProjectName) -> tuple[Button, ...]:
    address = web_link(for_signed_in(project.vendor_url))
    if not address:
        return ()
    return (
        Button(
            text=f"Open in {tool_label(project.tool)}",
            href=address,
            icon="external",
            hide_on_phone=True,
        ),
    )
