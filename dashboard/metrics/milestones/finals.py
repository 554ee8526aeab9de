"""What counts for the tests of milestones, in columns: final results of their runs, and
what was assigned to them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from dashboard.column_store.columns import ResultColumns
from dashboard.column_store.selection import (
    RecordedMonths,
    chosen_cases,
    microseconds,
)
from dashboard.filters import Filters
from dashboard.metrics.milestones.planned import PlannedTests, planned_tests
from dashboard.metrics.milestones.runs import MilestoneRun, runs_of_milestones
from dashboard.models import GroupedCase
from ingest.contract import Status
from ingest.models import DECIDED_CODES, STATUS_CODES

_COLUMNS = (
    "cases",
    "projects",
    "runs",
    "ranks",
    "ordinals",
    "times",
    "entered_at",
    "statuses",
    "is_planned",
)
_Columns = Sequence[np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finals:
    """Of one milestone, in the order of its tests: final results of its runs, and as
    untested, of run 0, what its tool assigned to it (`is_planned`).

    Cases that a person confirmed to be the same test are one number in `tests`.
    `entered_at`: when the run started, or the test was assigned. Times are microseconds
    since 1970; at one time the higher of `ranks` is newer, then of `ordinals`.
    """

    tests: np.ndarray
    cases: np.ndarray
    projects: np.ndarray
    runs: np.ndarray
    ranks: np.ndarray
    ordinals: np.ndarray
    times: np.ndarray
    entered_at: np.ndarray
    statuses: np.ndarray
    is_planned: np.ndarray

    def __len__(self) -> int:
        return len(self.tests)

    @property
    def is_decided(self) -> np.ndarray:
        return np.isin(self.statuses, DECIDED_CODES)

    def chosen(self, places: np.ndarray) -> Finals:
        """Those at these places, or where a mask is true."""
        columns = {name: getattr(self, name)[places] for name in _COLUMNS}
        return Finals(tests=self.tests[places], **columns)

    def entered(self) -> np.ndarray:
        """When each test came into scope: with the first run that holds it, or when it
        was assigned.
        """
        if not len(self):
            return self.entered_at
        earliest: np.ndarray = np.minimum.reduceat(self.entered_at, starts(self.tests))
        return earliest

    def ruling(self) -> Finals:
        """What rules for each test: the newest decided result, without any the newest,
        and without any result that it was assigned.
        """
        keys = (self.is_decided, ~self.is_planned, *self._age)
        return self.chosen(_greatest(np.arange(len(self)), self.tests, keys))

    def newest(self, places: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Of each group's places that of the newest; those of one group lie together."""
        return _greatest(places, groups, self._age)

    @property
    def _age(self) -> _Columns:
        return self.times, self.ranks, self.ordinals, self.cases


def starts(groups: np.ndarray) -> np.ndarray:
    """Where another group begins than that before."""
    is_new = np.ones(len(groups), dtype=bool)
    np.not_equal(groups[1:], groups[:-1], out=is_new[1:])
    return np.flatnonzero(is_new)


def _greatest(places: np.ndarray, groups: np.ndarray, keys: _Columns) -> np.ndarray:
    """Of each group the place where the first key is greatest, among equal ones the next."""
    for key in keys:
        first = starts(groups)
        if len(first) == len(places):
            break
        values, sizes = key[places], np.diff(first, append=len(places))
        is_greatest = values == np.repeat(np.maximum.reduceat(values, first), sizes)
        places, groups = places[is_greatest], groups[is_greatest]
    return places


class MilestoneFinals:
    """Of milestones their runs that pass the filters, and what counts for their tests:
    results in the list's window (everything, unless the filters choose one), and what
    was assigned, unless the filters choose among runs or their times. Lists of
    milestones are numbers, so that no run is among these that a person excluded from
    every number.

    Queries are as many as projects have changed, however many milestones there are.
    """

    def __init__(self, milestones: Collection[int], filters: Filters) -> None:
        self.runs = runs_of_milestones(milestones, filters)
        self._planned = planned_tests(milestones, filters)
        self._results = _Results(self.runs, filters)
        self._same_tests = _SameTests()

    def of(self, milestone: int) -> Finals:
        """Ask for one after another, since the memory holds all of its results."""
        runs = self.runs[milestone]
        parts = list(self._results.of(runs))
        if milestone in self._planned:
            first_at = min((run.at for run in runs), default=None)
            parts.append(_of_planned(self._planned[milestone], first_at))
        return _by_test(parts, self._same_tests)


class _Results:
    """The final results of milestones' runs that the filters choose."""

    def __init__(
        self, runs: Mapping[int, Sequence[MilestoneRun]], filters: Filters
    ) -> None:
        months: dict[int, set[date]] = {}
        for own in runs.values():
            for run in own:
                months.setdefault(run.project, set()).add(run.month)
        self._months = RecordedMonths(months)
        self._cases = chosen_cases(filters)
        self._window = filters.list_window()

    def of(self, runs: Sequence[MilestoneRun]) -> Iterator[_Columns]:
        """Those of some of the runs."""
        by_project: dict[int, list[MilestoneRun]] = {}
        for run in runs:
            by_project.setdefault(run.project, []).append(run)
        for project, own in by_project.items():
            ids = np.array([run.id for run in own], dtype=np.int64)
            for results in self._months.of(project, {run.month for run in own}):
                places = np.flatnonzero(self._are_chosen(results, ids))
                yield _of_results(results, places, own, ids)

    def _are_chosen(self, results: ResultColumns, runs: np.ndarray) -> np.ndarray:
        are = results.is_final & (results.removed_at == 0) & np.isin(results.runs, runs)
        if self._cases is not None:
            are &= np.isin(results.cases, self._cases)
        if self._window is not None:
            are &= results.times >= microseconds(self._window.since)
            are &= results.times < microseconds(self._window.until)
        found: np.ndarray = are
        return found


def _of_results(
    results: ResultColumns,
    places: np.ndarray,
    runs: Sequence[MilestoneRun],
    ids: np.ndarray,
) -> _Columns:
    """The results at the places, which are all of the runs of one project."""
    of = np.searchsorted(ids, results.runs[places])
    return (
        results.cases[places],
        np.full(len(places), runs[0].project, dtype=np.int32),
        ids[of],
        np.array([run.rank for run in runs], dtype=np.int32)[of],
        results.ordinals[places],
        results.times[places],
        np.array([run.at for run in runs])[of],
        results.statuses[places],
        np.zeros(len(places), dtype=bool),
    )


def _of_planned(tests: PlannedTests, first_run_at: int | None) -> _Columns:
    entered_at, nothing = tests.entered_at(first_run_at), np.zeros_like(tests.cases)
    return (
        tests.cases,
        tests.projects,
        nothing,
        # Of two that wait the one of the higher project counts.
        tests.projects,
        nothing,
        entered_at,
        entered_at,
        np.full_like(nothing, STATUS_CODES[Status.UNTESTED]),
        np.ones(len(nothing), dtype=bool),
    )


_NOTHING: _Columns = (*[np.empty(0, dtype=np.int64)] * 8, np.empty(0, dtype=bool))


def _by_test(parts: Sequence[_Columns], same_tests: _SameTests) -> Finals:
    columns = dict(zip(_COLUMNS, zip(*(parts or [_NOTHING]), strict=True), strict=True))
    tests = same_tests.of(np.concatenate(columns["cases"]))
    order = np.argsort(tests, kind="stable")
    ordered = {name: np.concatenate(of)[order] for name, of in columns.items()}
    return Finals(tests=tests[order], **ordered)


class _SameTests:
    """Which cases a person confirmed to be the same test."""

    def __init__(self) -> None:
        pairs = sorted(GroupedCase.objects.values_list("case_id", "group_id"))
        self._cases, self._groups = np.array(pairs, dtype=np.int64).reshape(-1, 2).T

    def of(self, cases: np.ndarray) -> np.ndarray:
        """A number for the test of each case."""
        tests = cases.astype(np.int64)
        places = np.searchsorted(self._cases, tests)
        is_one = np.append(self._cases, -1)[places] == tests
        tests[is_one] = -self._groups[places[is_one]]
        return tests
