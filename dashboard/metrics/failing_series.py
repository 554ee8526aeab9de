"""The series of cases that failed, in columns, and which of them nobody runs any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from django.db.models import Q

from dashboard.column_store.selection import chosen_results, microseconds
from dashboard.filters import Filters, Window
from dashboard.metrics.newest_finals import newest_finals
from dashboard.metrics.series_rows import (
    DecidedFinals,
    RunFacts,
    SeriesRuns,
    decided_finals,
    did_not_pass,
    run_facts,
)
from ingest.contract import RunKind

_HOUR = 3_600_000_000
_QUIET_AFTER, _ONCE_QUIET_AFTER = 168 * _HOUR, 336 * _HOUR
_NUMBERS = 2**20
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, kw_only=True)
class FailingSeries:
    """A row for each decided final result: by case, then by series, each series in its
    order.

    `projects` are places in `project_ids`; each series has a number of its own. `times`
    are microseconds since 1970; `names` are greater where a run's id at its tool is.
    """

    project_ids: Sequence[int]
    facts: Mapping[int, RunFacts]
    projects: np.ndarray
    cases: np.ndarray
    series: np.ndarray
    runs: np.ndarray
    times: np.ndarray
    names: np.ndarray
    is_bad: np.ndarray

    @cached_property
    def begins(self) -> np.ndarray:
        """Whether a row is the first of its series."""
        found: np.ndarray = np.diff(self.series, prepend=-1) != 0
        return found

    @cached_property
    def first(self) -> np.ndarray:
        """Of each row the first one of its series."""
        return self._latest(self.begins)

    @cached_property
    def streaks(self) -> np.ndarray:
        """Of each row that did not pass the first one of its streak."""
        after_bad = np.concatenate([[False], self.is_bad])[: len(self.is_bad)]
        return self._latest(self.begins | ~after_bad)

    @cached_property
    def next_times(self) -> np.ndarray:
        """The time of the row after each in its series."""
        times = np.append(self.times, NEVER)[1:]
        return np.where(np.append(self.begins, True)[1:], NEVER, times)

    def _latest(self, is_one: np.ndarray) -> np.ndarray:
        """Of each row the last one up to it of which the mask says so."""
        places = np.arange(len(is_one))
        found: np.ndarray = np.maximum.accumulate(np.where(is_one, places, 0))
        return found

    @cached_property
    def _bad(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = np.flatnonzero(self.is_bad)
        return rows, self.times[rows], self.next_times[rows]

    def failing_at(self, moment: int, length: int) -> np.ndarray:
        """The rows that series ended with at a moment, of the `length` before it, where
        those did not pass.
        """
        rows, times, next_times = self._bad
        is_last = (times < moment) & (next_times >= moment)
        found: np.ndarray = rows[is_last & (times >= moment - length)]
        return found

    def cases_by_project(self, rows: np.ndarray) -> dict[int, int]:
        """How many cases have these rows."""
        _, some = np.unique(self.cases[rows], return_index=True)
        numbers = np.bincount(self.projects[rows][some]).tolist()
        return {
            project: number
            for project, number in zip(self.project_ids, numbers, strict=False)
            if number
        }


def failing_series(filters: Filters, window: Window) -> FailingSeries:
    """Of all cases of which a result in the window did not pass, without manual runs.
    Outages count.
    """
    parts = chosen_results(filters, window, Q(kind=RunKind.AUTOMATED))
    finals = decided_finals(parts, did_not_pass)
    ids = np.unique(finals.runs).tolist()
    facts = run_facts(ids)
    if len(facts) < len(ids):
        # A tool was disconnected since the rows were read, which are gone by now too.
        return failing_series(filters, window)
    runs = SeriesRuns(facts)
    finals = _of_failed_series(finals, runs)
    order, of, series = runs.order(finals)
    project_ids = sorted({of.project for of in facts.values()})
    return FailingSeries(
        project_ids=project_ids,
        facts=facts,
        projects=np.searchsorted(project_ids, runs.projects)[of],
        cases=finals.cases[order],
        series=series,
        runs=finals.runs[order],
        times=finals.times[order],
        names=runs.names[of],
        is_bad=finals.outcomes[order] != b"P",
    )


def _of_failed_series(finals: DecidedFinals, runs: SeriesRuns) -> DecidedFinals:
    """All of the series with a result that did not pass, and some of others: those whose
    number is by chance that of one. They change nothing; sorting all would take long.
    """
    numbers = finals.cases * len(runs.ids) + runs.series[runs.of(finals.runs)]
    has_failed = np.zeros(_NUMBERS, dtype=bool)
    has_failed[numbers[finals.outcomes != b"P"] % _NUMBERS] = True
    return finals.chosen(np.flatnonzero(has_failed[numbers % _NUMBERS]))


class Retirement:
    """Which series that failed at the ends of windows nobody ran any more by then."""

    def __init__(
        self,
        series: FailingSeries,
        filters: Filters,
        moments: Sequence[datetime],
        length: timedelta,
    ) -> None:
        self._series = series
        self._length = length // timedelta(microseconds=1)
        self._newest: dict[int, dict[int, int]] = defaultdict(dict)
        for project, moment, at in newest_finals(filters, moments):
            self._newest[microseconds(moment)][project] = microseconds(at)

    def failing_at(self, moment: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows that series ended with, where those did not pass, and which of these
        series were retired.
        """
        of, newest = self._series, self._newest[moment]
        rows = of.failing_at(moment, self._length)
        newest_at = [newest.get(project, 0) for project in of.project_ids]
        ages = np.asarray(newest_at, dtype=np.int64)[of.projects[rows]] - of.times[rows]
        is_retired = ages > _QUIET_AFTER
        quiet = rows[is_retired]
        is_retired[is_retired] = ages[is_retired] > _longest_silences(
            of, quiet, moment - self._length
        )
        return rows, is_retired

    def failing_now(self, moment: int) -> np.ndarray:
        """The rows of those that were not."""
        rows, is_retired = self.failing_at(moment)
        still_run: np.ndarray = rows[~is_retired]
        return still_run


def _longest_silences(of: FailingSeries, rows: np.ndarray, since: int) -> np.ndarray:
    """Four times the median gap before each of the rows in its series, exactly."""
    numbers = rows - of.first[rows]
    ends = np.cumsum(numbers)
    places = np.repeat(np.arange(len(rows)), numbers)
    earlier = np.arange(len(places)) + np.repeat(rows - ends, numbers)
    is_in = of.times[earlier] >= since
    places, earlier = places[is_in], earlier[is_in]
    gaps = of.next_times[earlier] - of.times[earlier]
    in_order = np.append(gaps[np.lexsort((gaps, places))], 0)
    n = np.bincount(places, minlength=len(rows))
    first = np.cumsum(n) - n
    below, above = (
        in_order[first + np.maximum(n - 1, 0) // 2],
        in_order[first + n // 2],
    )
    return np.where(n > 0, 2 * (below + above), _ONCE_QUIET_AFTER)


def of_each_case(cases: np.ndarray, *keys: np.ndarray) -> np.ndarray:
    """The places of those that come first of each case by these keys, by case."""
    order = np.lexsort((*reversed(keys), cases))
    _, first = np.unique(cases[order], return_index=True)
    found: np.ndarray = order[first]
    return found
