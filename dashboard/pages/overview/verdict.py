"""The sentence that opens the page: what changed, and which project is behind it."""

from __future__ import annotations

from dataclasses import replace

from dashboard.metrics.blame import contributions
from dashboard.metrics.milestone_days import milestone_days
from dashboard.metrics.rates import pass_rate
from dashboard.pages.overview.projects import Line
from dashboard.ui import freshness, links
from dashboard.ui.activity.changes import newly_failing, rate_turn
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.number_links import counted
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Verdict
from dashboard.ui.text import deltas, verdicts
from dashboard.ui.text.verdicts import Cause, Turn


def verdict(found: ActivityData, told: list[Line]) -> Verdict | None:
    """None when the results did not load. One project alone has no other to blame."""
    if found.now is None or found.before is None:
        return None
    rate = pass_rate(found.counts).value
    before = pass_rate(found.counts_before).value
    change = deltas.points(rate, before)
    return verdicts.pass_rate_verdict(
        rate,
        before,
        cause=_cause(found, told, change or 0.0) if len(told) > 1 else None,
        newly_failing=newly_failing(found),
        stale=freshness.stale_tools(found.connections, found.state.filters.now),
    )


def _cause(found: ActivityData, told: list[Line], change: float) -> Cause | None:
    if abs(change) < deltas.NOISE_POINTS:
        return _most_new(found, told)
    parts = contributions(found.by_project, found.by_project_before)
    sign = 1 if change > 0 else -1
    moved = [line for line in told if line.change is not None]
    moved = [line for line in moved if sign * (line.change or 0) >= deltas.NOISE_POINTS]
    if not moved:
        return None
    line = max(moved, key=lambda line: sign * parts.get(line.project.id, 0.0))
    if change < 0 and parts[line.project.id] > change / 2:
        # Less than half of the drop is not "most" of it.
        return None
    return _of_line(found, line)


def _most_new(found: ActivityData, told: list[Line]) -> Cause | None:
    began = found.failing.began if found.failing else {}
    fresh = [line for line in told if began.get(line.project.id)]
    if not fresh:
        return None
    return _of_line(found, max(fresh, key=lambda line: began[line.project.id]))


def _of_line(found: ActivityData, line: Line) -> Cause:
    filters, project = found.state.filters, line.project.id
    failing = newly = None
    if found.failing is not None:
        failing = counted(
            "failing_now",
            found.failing.now.get(project, 0),
            links.failing(filters, project=(project,)),
        )
        newly = counted(
            "newly_failing",
            found.failing.began.get(project, 0),
            links.failing(filters, links.BEGAN, project=(project,)),
        )
    return Cause(
        project=line.project.name,
        href=links.project(project, filters),
        points=line.change or 0.0,
        failing=failing,
        newly_failing=newly,
        turn=_turn_of(found, line) if (line.change or 0) < 0 else None,
    )


def _turn_of(found: ActivityData, line: Line) -> Turn | None:
    project = line.project.id
    days = [
        (day, found.days_of_project[project, day])
        for day in found.days
        if (project, day) in found.days_of_project
    ]
    filters = replace(found.state.filters, project=(project,))
    return rate_turn(
        days, load_or_none("milestones", lambda: milestone_days(filters)) or ()
    )
