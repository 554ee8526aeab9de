"""The tiles of one project."""

from __future__ import annotations

from dataclasses import replace

from dashboard.pages.projects.page_data import PageData
from dashboard.ui import links
from dashboard.ui.activity import kpis
from dashboard.ui.activity.kpis import Kpi
from dashboard.ui.parts import Link
from dashboard.ui.text import deltas, numbers, times


def project_tiles(
    project: PageData, last: str = "", last_link: Link | None = None
) -> tuple[Kpi, ...]:
    """The six tiles; `last` says when the last run was, where the window has none."""
    found = project.found
    made = [
        kpis.pass_rate_tile(found),
        _runs(project),
        kpis.failing(found),
        kpis.flaky(found),
        _median_run(project),
        kpis.time_lost(found, "Lost to flaky tests"),
    ]
    return kpis.emptied(found, made, last, last_link)


def _runs(project: PageData) -> Kpi:
    """With the number of results, which has no tile of its own here."""
    found = project.found
    if found.runs is None or found.now is None:
        return kpis.runs(found)
    return replace(kpis.runs(found), note=numbers.plural(found.counts.total, "result"))


def _median_run(project: PageData) -> Kpi:
    found = project.found
    if project.durations is None:
        return kpis.unknown(found, "Median run", "median_run_ms")
    now, before = project.durations
    delta = None
    if now.median_ms is not None and before.median_ms is not None:
        delta = deltas.duration_delta(now.median_ms, before.median_ms)
    return Kpi(
        label="Median run",
        parts=((numbers.DASH, ""),)
        if now.median_ms is None
        else times.duration_parts(now.median_ms),
        href=links.runs(found.state.filters),
        metric="median_run_ms",
        value=now.median_ms,
        delta=delta,
        note="" if now.p95_ms is None else f"95th: {times.duration(now.p95_ms)}",
        title=_of_runs(now.n, found.runs.total if found.runs else now.n),
    )


def _of_runs(known: int, every: int) -> str:
    """What the median is of, and what is not in it."""
    title = f"of {numbers.plural(every, 'run')}"
    if every <= known:
        return title
    return f"{title}, {numbers.count(every - known)} of unknown duration left out"
