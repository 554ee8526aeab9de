"""Results as rows of a table over several runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists.names import ProjectName, RunName, run_names
from dashboard.lists.results import ResultRow as Listed
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.notes_and_mutes import muted_title, remarks_on
from dashboard.ui.parts import Link, State, Tool
from dashboard.ui.result_rows import ResultRow
from dashboard.ui.run_rows import run_name
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import PageState

HEADS = {
    "name": ("Test", "name"),
    "run": ("Run", ""),
    "message": ("Message", ""),
    "duration": ("Duration", "-duration_ms"),
    "moment": ("Time", "-executed_at"),
}
NUMERIC = frozenset({"duration"})


def result_rows(
    state: PageState, results: Sequence[Listed], projects: Mapping[int, ProjectName]
) -> tuple[ResultRow, ...]:
    """Two queries, for the names of the runs and for what is noted of the cases."""
    runs = run_names({result.run for result in results})
    noted = remarks_on({result.case.id for result in results}, state.filters.now)
    return tuple(_row(state, result, runs, projects, noted) for result in results)


def _row(
    state: PageState,
    result: Listed,
    runs: Mapping[int, RunName],
    projects: Mapping[int, ProjectName],
    noted: Mapping[int, CaseRemarks],
) -> ResultRow:
    run = runs.get(result.run)
    project = projects.get(run.project) if run else None
    at = result.executed_at or (run.at if run else None)
    return ResultRow(
        name=result.case.name,
        href=links.case(result.case.id),
        folder=result.case.folder,
        state=State(glyph=by_status(result.status).css, word=result.status),
        message=result.message,
        duration=times.duration(result.duration_ms),
        attempt=_attempt(result),
        run=_run_link(run),
        project=project.name if project else "",
        tool=tool(project.tool) if project else Tool(vendor="", label=""),
        moment=times.moment(at, state.filters.now, state.zone) if at else numbers.DASH,
        moment_title=_title(state, at),
        muted=muted_title(state, result.case.id, noted),
    )


def _attempt(result: Listed) -> str:
    if result.attempt > 1:
        return f"attempt {result.attempt}"
    return "" if result.final else "attempt 1"


def _run_link(run: RunName | None) -> Link | None:
    if run is None:
        return None
    return Link(text=run_name(run.name, run.external_id), href=links.run(run.id))


def _title(state: PageState, at: datetime | None) -> str:
    return times.timestamp(at, state.zone) if at else ""
