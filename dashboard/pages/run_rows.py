"""Runs as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dashboard import words
from dashboard.contexts import Column, Link, Number, OutcomeBar, RunRow, State, Tool
from dashboard.lists.names import ProjectName, milestone_names
from dashboard.lists.runs import CountsRow
from dashboard.lists.runs import RunRow as Listed
from dashboard.pages import doors
from dashboard.pages.filter_bar import tool
from dashboard.pages.numbers import counted
from dashboard.pages.state import PageState
from ingest.contract import Detail, Status

GLYPHS = {
    "passed": "pass",
    "failed": "fail",
    "running": "run",
    "cancelled": "skip",
    "unknown": "unknown",
}
HEADS = {
    "name": ("Run", "name"),
    "project": ("Project", ""),
    "configuration": ("Configuration", ""),
    "outcome": ("Not passed", ""),
    "duration": ("Duration", "-duration_ms"),
    "started": ("Started", "-started_at"),
}
NUMERIC = frozenset({"duration"})


def plain_columns() -> dict[str, Column]:
    """The heads of a table that cannot be sorted."""
    return {
        key: Column(text=text, numeric=key in NUMERIC)
        for key, (text, _) in HEADS.items()
    }


def run_rows(
    state: PageState, runs: Sequence[Listed], projects: Mapping[int, ProjectName]
) -> tuple[RunRow, ...]:
    """One query, for the names of milestones."""
    names = milestone_names({id_ for run in runs for id_ in run.milestones})
    return tuple(_row(state, run, projects, names) for run in runs)


def _row(
    state: PageState,
    run: Listed,
    projects: Mapping[int, ProjectName],
    milestones: Mapping[int, str],
) -> RunRow:
    project = projects.get(run.project)
    started = run.started_at or run.recorded_at
    return RunRow(
        name=run_name(run.name, run.external_id),
        href=doors.run(run.id),
        state=State(glyph=GLYPHS.get(run.status, "unknown"), word=run.status),
        tool=tool(project.tool) if project else Tool(vendor="", label=""),
        project=Link(
            text=project.name if project else "", href=doors.project(run.project)
        ),
        source=run.source,
        configuration=run.configuration,
        milestones=_links(run.milestones, milestones),
        bar=OutcomeBar(counts=_words(run.counts)) if run.counts.total else None,
        not_passed=_not_passed(run),
        total=words.count(run.counts.total),
        duration=words.duration(run.duration_ms),
        started=words.moment(started, state.filters.now, state.zone),
        started_title=words.timestamp(started, state.zone),
        detail="totals only" if run.detail == Detail.COUNTS else "",
    )


def run_name(name: str, external_id: str) -> str:
    """A vendor's run may be without a name."""
    return name or f"Run {external_id}"


def _links(ids: Iterable[int], names: Mapping[int, str]) -> tuple[Link, ...]:
    return tuple(
        Link(text=names[id_], href=doors.milestone(id_)) for id_ in ids if id_ in names
    )


def _not_passed(run: Listed) -> Number:
    href = doors.run(run.id, doors.NOT_PASSED_WORDS)
    if run.detail == Detail.COUNTS:
        # Totals only: there is no row to open.
        href = ""
    return counted("not_passed", run.counts.failed + run.counts.error, href)


def _words(counts: CountsRow) -> dict[str, int]:
    return {str(status): getattr(counts, status) for status in Status}
