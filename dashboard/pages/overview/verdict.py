"""The sentence that opens the page: what changed, and which project is behind it."""

from __future__ import annotations

from dashboard import words
from dashboard.contexts import Number, Verdict
from dashboard.metrics.blame import contributions
from dashboard.metrics.rates import pass_rate
from dashboard.pages import doors, freshness
from dashboard.pages.numbers import counted
from dashboard.pages.overview.material import Material
from dashboard.pages.overview.projects import Line
from dashboard.words import Cause


def verdict(found: Material, told: list[Line]) -> Verdict | None:
    """None when the results did not load. A project alone has no other to blame."""
    if found.now is None or found.before is None:
        return None
    rate = pass_rate(found.counts).value
    before = pass_rate(found.counts_before).value
    change = words.points(rate, before)
    return words.pass_rate_verdict(
        rate,
        before,
        cause=_cause(found, told, change or 0.0) if len(told) > 1 else None,
        newly_failing=_began(found),
        stale=freshness.stale_tools(found.connections, found.state.filters.now),
    )


def _cause(found: Material, told: list[Line], change: float) -> Cause | None:
    if abs(change) < words.NOISE_POINTS:
        return _most_new(found, told)
    parts = contributions(found.by_project, found.by_project_before)
    sign = 1 if change > 0 else -1
    moved = [line for line in told if line.change is not None]
    moved = [line for line in moved if sign * (line.change or 0) >= words.NOISE_POINTS]
    if not moved:
        return None
    line = max(moved, key=lambda line: sign * parts.get(line.project.id, 0.0))
    if change < 0 and parts[line.project.id] > change / 2:
        # Less than half of the drop is not "most" of it.
        return None
    return _of_line(found, line)


def _most_new(found: Material, told: list[Line]) -> Cause | None:
    began = found.failing.began if found.failing else {}
    fresh = [line for line in told if began.get(line.project.id)]
    if not fresh:
        return None
    return _of_line(found, max(fresh, key=lambda line: began[line.project.id]))


def _of_line(found: Material, line: Line) -> Cause:
    filters, project = found.state.filters, line.project.id
    failing = newly = None
    if found.failing is not None:
        failing = counted(
            "failing_now",
            found.failing.now.get(project, 0),
            doors.failing(filters, project=(project,)),
        )
        newly = counted(
            "newly_failing",
            found.failing.began.get(project, 0),
            doors.failing(filters, doors.BEGAN, project=(project,)),
        )
    return Cause(
        project=line.project.name,
        href=doors.project(project, filters),
        points=line.change or 0.0,
        failing=failing,
        newly_failing=newly,
    )


def _began(found: Material) -> Number | None:
    if found.failing is None:
        return None
    number = sum(found.failing.began.values())
    href = doors.failing(found.state.filters, doors.BEGAN)
    return counted("newly_failing", number, href)
