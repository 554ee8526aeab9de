"""What the rows of milestones come to: counts by project and status, changes by day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from dashboard.column_store.selection import EPOCH
from dashboard.filters import Filters
from dashboard.metrics.milestones.finals import Finals, MilestoneFinals, starts
from dashboard.metrics.milestones.runs import MilestoneRun
from ingest.contract import Status
from ingest.models import STATUS_CODES, STATUS_OF_CODE

_DAY_US, _MICROSECOND = 86_400_000_000, timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChange:
    """What one UTC day changed: cases that came into scope, that were decided for the
    first time, and that passed more than the day before. `is_active`: it has results.
    """

    day: date
    scope: int = 0
    decided: int = 0
    passed: int = 0
    is_active: bool = False


@dataclass(slots=True)
class MilestoneCounts:
    """One milestone. `by_project`: cases by status of each project, `by_run`: cases that
    count with a result of the run; `starts_at`: the start of the first run; `results`:
    the final results read; `planned_on`: the day on which the first of the tests that
    were assigned to it came into scope.
    """

    by_project: dict[int, dict[Status, int]] = field(default_factory=dict)
    by_run: dict[int, int] = field(default_factory=dict)
    days: dict[date, DayChange] = field(default_factory=dict)
    runs: list[int] = field(default_factory=list)
    runs_without_rows: list[int] = field(default_factory=list)
    results_without_rows: int = 0
    results: int = 0
    starts_at: datetime | None = None
    planned_on: date | None = None


def milestone_counts(
    milestones: Collection[int], filters: Filters
) -> Mapping[int, MilestoneCounts]:
    """Of each milestone; see `MilestoneFinals`."""
    read = MilestoneFinals(milestones, filters)
    return {pk: _counts(read.runs[pk], read.of(pk)) for pk in milestones}


def _counts(runs: Sequence[MilestoneRun], finals: Finals) -> MilestoneCounts:
    ruling = finals.ruling()
    totals = [run for run in runs if run.has_totals_only]
    starts_at = min((run.at for run in runs), default=None)
    planned = finals.times[finals.is_planned]
    return MilestoneCounts(
        by_project=_by_project(ruling),
        by_run=_numbers(ruling.runs[ruling.runs > 0]),
        days={change.day: change for change in _changes(finals)},
        runs=[run.id for run in runs],
        runs_without_rows=[run.id for run in totals],
        results_without_rows=sum(run.results for run in totals),
        results=len(finals) - len(planned),
        starts_at=None if starts_at is None else EPOCH + starts_at * _MICROSECOND,
        planned_on=_date(int(planned.min()) // _DAY_US) if len(planned) else None,
    )


def _by_project(ruling: Finals) -> dict[int, dict[Status, int]]:
    return {
        project: {
            STATUS_OF_CODE[code]: n
            for code, n in _numbers(ruling.statuses[ruling.projects == project]).items()
        }
        for project in np.unique(ruling.projects).tolist()
    }


def _numbers(values: np.ndarray) -> dict[int, int]:
    """How many there are of each."""
    found, numbers = np.unique(values, return_counts=True)
    return dict(zip(found.tolist(), numbers.tolist(), strict=True))


def _changes(finals: Finals) -> Iterator[DayChange]:
    """What a result says counts from the moment at which its test is in scope, so that
    passed ≤ decided ≤ scope on every day.
    """
    if not len(finals):
        return
    entered, first = finals.entered(), starts(finals.tests)
    scope_days = entered // _DAY_US
    in_scope_from = np.repeat(entered, np.diff(first, append=len(finals)))
    days = np.maximum(finals.times, in_scope_from) // _DAY_US
    begins, ends = int(scope_days.min()), int(days.max()) + 1

    def per_day(of: np.ndarray) -> list[int]:
        numbers: list[int] = np.bincount(of - begins, minlength=ends - begins).tolist()
        return numbers

    decided, risen, fallen = _decided(finals, days)
    columns = (scope_days, decided, risen, fallen, days[~finals.is_planned])
    for after, numbers in enumerate(zip(*map(per_day, columns), strict=True)):
        scope, decided_first, passed, passed_no_more, active = numbers
        if scope or active:
            yield DayChange(
                day=_date(begins + after),
                scope=scope,
                decided=decided_first,
                passed=passed - passed_no_more,
                is_active=active > 0,
            )


def _decided(
    finals: Finals, days: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The days on which a test was decided for the first time, on which one passed that
    had not the day before, and on which one passed no more. On each day a test's last
    decided result rules.
    """
    places = np.flatnonzero(finals.is_decided)
    groups = _groups(finals.tests[places], days[places])
    order = np.argsort(groups, kind="stable")
    ends = finals.newest(places[order], groups[order])
    tests, days = finals.tests[ends], days[ends]
    has_passed = finals.statuses[ends] == STATUS_CODES[Status.PASSED]
    is_first = np.zeros(len(ends), dtype=bool)
    is_first[starts(tests)] = True
    had_passed = np.append(False, has_passed[:-1])[: len(ends)] & ~is_first
    return (
        days[is_first],
        days[has_passed & ~had_passed],
        days[had_passed & ~has_passed],
    )


def _groups(tests: np.ndarray, days: np.ndarray) -> np.ndarray:
    """A number for each test and day, in their order; tests come one after another."""
    if not len(tests):
        return tests
    numbers = np.repeat(
        np.arange(len(first := starts(tests))), np.diff(first, append=len(tests))
    )
    begins = days.min()
    groups: np.ndarray = numbers * (days.max() + 1 - begins) + (days - begins)
    return groups


def _date(day: int) -> date:
    """Of so many days after 1970 began."""
    return EPOCH.date() + timedelta(days=day)
