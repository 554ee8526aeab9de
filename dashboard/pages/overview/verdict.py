"""The sentence that opens the page: what changed, and which project is behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date

from dashboard import words
from dashboard.contexts import Number, Verdict
from dashboard.metrics.blame import contributions
from dashboard.metrics.change_point import fall
from dashboard.metrics.milestone_days import MilestoneDay, milestone_days
from dashboard.metrics.rates import pass_rate
from dashboard.pages import doors, freshness
from dashboard.pages.numbers import counted
from dashboard.pages.overview.material import Material
from dashboard.pages.overview.project_material import ProjectMaterial
from dashboard.pages.overview.projects import Line
from dashboard.pages.panels import loaded
from dashboard.words import Cause, Failures, Turn
from ingest.contract import Counts


def verdict(found: Material, told: list[Line]) -> Verdict | None:
    """None when the results did not load. One project alone has no other to blame."""
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


def of_project(project: ProjectMaterial) -> Verdict | None:
    """None when the results did not load."""
    found = project.found
    if found.now is None or found.before is None:
        return None
    failures, newly = None, _began(found)
    if found.failing is not None and newly is not None:
        number = sum(found.failing.now.values())
        failures = Failures(
            failing=counted("failing_now", number, doors.failing(found.state.filters)),
            newly_failing=newly,
            folder=project.began_in,
        )
    days = [(day, found.by_day[day]) for day in found.days if day in found.by_day]
    return words.project_verdict(
        pass_rate(found.counts).value,
        pass_rate(found.counts_before).value,
        turn=_turn(days, found.milestones or ()),
        failures=failures,
        stale=freshness.stale_tools(found.connections, found.state.filters.now),
    )


def _turn(
    days: Sequence[tuple[date, Counts]], milestones: Iterable[MilestoneDay]
) -> Turn | None:
    """The milestone with which the rate fell: it was done on the last day with results
    before the fall or since, or on the day of the fall itself.
    """
    found = fall(days)
    if found is None or found.before.value is None or found.after.value is None:
        return None
    if found.before.value - found.after.value < words.NOISE_POINTS / 100:
        return None
    last_before = max(
        day for day, counts in days if day < found.day and pass_rate(counts).n
    )
    for milestone in milestones:
        day = milestone.at.astimezone(UTC).date()
        if milestone.is_done and last_before <= day <= found.day:
            return Turn(
                milestone=milestone.name,
                href=doors.milestone(milestone.milestone),
                day=words.day(day),
                before=found.before.value,
                after=found.after.value,
            )
    return None


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
        turn=_turn_of(found, line) if (line.change or 0) < 0 else None,
    )


def _turn_of(found: Material, line: Line) -> Turn | None:
    project = line.project.id
    days = [
        (day, found.days_of_project[project, day])
        for day in found.days
        if (project, day) in found.days_of_project
    ]
    filters = replace(found.state.filters, project=(project,))
    return _turn(days, loaded("milestones", lambda: milestone_days(filters)) or ())


def _began(found: Material) -> Number | None:
    if found.failing is None:
        return None
    number = sum(found.failing.began.values())
    href = doors.failing(found.state.filters, doors.BEGAN)
    return counted("newly_failing", number, href)
