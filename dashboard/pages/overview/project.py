"""The page of one project: its figures, its trend, its runs and the tests to look at."""

from __future__ import annotations

from dashboard import words
from dashboard.contexts import Button, Crumb, Link, ProjectPage
from dashboard.lists.names import ProjectName
from dashboard.metrics.activity import newest_start
from dashboard.pages import empties, freshness
from dashboard.pages.filter_bar import tool
from dashboard.pages.overview.daily import chart_card
from dashboard.pages.overview.page import export_button, notes
from dashboard.pages.overview.project_figures import project_tiles
from dashboard.pages.overview.project_material import ProjectMaterial
from dashboard.pages.overview.ranked import list_cards
from dashboard.pages.overview.recent import recent_runs
from dashboard.pages.overview.verdict import of_project
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from ingest.origins import web_link

CHART_HEIGHT = 318
# This chart is twice as wide as the overview's.
LABEL_WIDTH = 0.13


def project_page(material: ProjectMaterial, project: ProjectName) -> ProjectPage:
    found = material.found
    state, filters = found.state, found.state.filters
    last, link, empty = "", None, None
    if found.has_nothing:
        newest = newest_start(filters)
        if newest is not None:
            last, link = empties.last_run(state, newest)
            empty = empties.nothing_in_window(state, newest)
        else:
            empty = empties.nothing_matches(state, found.offered, "run")
    runs = words.plural(found.runs.total if found.runs else 0, "run")
    return ProjectPage(
        title=project.name,
        tool=tool(project.tool),
        crumbs=(Crumb(text="Overview", href=state.elsewhere("/")),),
        kpis=project_tiles(material, last, link),
        verdict=None if empty else of_project(material),
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
        notes=notes(found),
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
