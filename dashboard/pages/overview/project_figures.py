"""The tiles of one project."""

from __future__ import annotations

from dataclasses import replace

from dashboard import words
from dashboard.contexts import Kpi, Link
from dashboard.pages import doors
from dashboard.pages.overview import figures
from dashboard.pages.overview.project_material import ProjectMaterial


def project_tiles(
    project: ProjectMaterial, last: str = "", last_link: Link | None = None
) -> tuple[Kpi, ...]:
    """The six tiles; `last` says when the last run was, where the window has none."""
    found = project.found
    made = [
        figures.pass_rate_tile(found),
        _runs(project),
        figures.failing(found),
        figures.flaky(found),
        _median_run(project),
        figures.time_lost(found, "Lost to flaky tests"),
    ]
    return figures.emptied(found, made, last, last_link)


def _runs(project: ProjectMaterial) -> Kpi:
    """With the number of results, which has no tile of its own here."""
    found = project.found
    if found.runs is None or found.now is None:
        return figures.runs(found)
    return replace(figures.runs(found), note=words.plural(found.counts.total, "result"))


def _median_run(project: ProjectMaterial) -> Kpi:
    found = project.found
    if project.durations is None:
        return figures.unknown(found, "Median run", "median_run_ms")
    now, before = project.durations
    delta = None
    if now.median_ms is not None and before.median_ms is not None:
        delta = words.duration_delta(now.median_ms, before.median_ms)
    return Kpi(
        label="Median run",
        parts=((words.DASH, ""),)
        if now.median_ms is None
        else words.duration_parts(now.median_ms),
        href=doors.runs(found.state.filters),
        metric="median_run_ms",
        value=now.median_ms,
        delta=delta,
        note="" if now.p95_ms is None else f"95th: {words.duration(now.p95_ms)}",
        title=_of_runs(now.n, found.runs.total if found.runs else now.n),
    )


def _of_runs(known: int, every: int) -> str:
    """What the median is of, and what is not in it."""
    title = f"of {words.plural(every, 'run')}"
    if every <= known:
        return title
    return f"{title}, {words.count(every - known)} of unknown duration left out"
