"""The page of one project: verdict, key figures, trend with milestones, latest runs."""

from __future__ import annotations

from dashboard import words
from dashboard.contexts import Button, Crumb, Link, ProjectPage
from dashboard.lists import RUNS, page
from dashboard.lists.names import ProjectName
from dashboard.metrics.activity import newest_start
from dashboard.pages import doors, empties, freshness
from dashboard.pages.filter_bar import tool
from dashboard.pages.overview.daily import chart_card
from dashboard.pages.overview.figures import tiles
from dashboard.pages.overview.material import Material
from dashboard.pages.overview.page import notes
from dashboard.pages.overview.projects import lines
from dashboard.pages.overview.verdict import verdict
from dashboard.pages.panels import did_not_load, loaded
from dashboard.pages.run_rows import plain_columns, run_rows
from dashboard.tools import tool_label

CHART_HEIGHT = 318
# This chart is twice as wide as the overview's.
LABEL_WIDTH = 0.13
LATEST = 8


def project_page(found: Material, project: ProjectName) -> ProjectPage:
    state, filters = found.state, found.state.filters
    last, link, empty = "", None, None
    if found.has_nothing:
        newest = newest_start(filters)
        if newest is not None:
            last, link = empties.last_run(state, newest)
            empty = empties.nothing_in_window(state, newest)
        else:
            empty = empties.nothing_matches(state, found.offered, "run")
    latest = loaded("latest runs", lambda: page(RUNS, filters.explicit(), limit=LATEST))
    rows = run_rows(state, latest.rows, found.projects) if latest else ()
    number = found.runs.total if found.runs else 0
    return ProjectPage(
        title=project.name,
        tool=tool(project.tool),
        crumbs=(Crumb(text="Overview", href=state.elsewhere("/")),),
        kpis=tiles(found, last, link),
        verdict=None if empty else verdict(found, lines(found)),
        freshness=freshness.strip(state, found.connections, found.importing),
        trend=chart_card(
            found,
            title="Pass rate and outcomes",
            height=CHART_HEIGHT,
            label_width=LABEL_WIDTH,
            empty=empty,
        ),
        runs=rows,
        run_columns=plain_columns(),
        runs_link=Link(
            text=f"All {words.plural(number, 'run')}", href=doors.runs(filters)
        ),
        runs_empty=did_not_load("table", state.href) if latest is None else empty,
        links=(Link(text="All tests", href=_cases(project)),),
        buttons=_buttons(project),
        notes=notes(found),
    )


def _cases(project: ProjectName) -> str:
    return f"/cases/?project={project.id}"


def _buttons(project: ProjectName) -> tuple[Button, ...]:
    if not project.vendor_url:
        return ()
    return (
        Button(
            text=f"Open in {tool_label(project.tool)}",
            href=project.vendor_url,
            icon="external",
            hide_on_phone=True,
        ),
    )
