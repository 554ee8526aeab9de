"""Cases that fail now: a series of theirs whose newest decided final did not pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dashboard.column_store.selection import from_microseconds, microseconds
from dashboard.filters import Filters, Window
from dashboard.metrics.failing_series import (
    FailingSeries,
    Retirement,
    failing_series,
    of_each_case,
)
from dashboard.metrics.newest import SeriesKey


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingCase:
    """A case with the streak of its series that fails longest, in the `configuration`
    (the id of what it counts as, None for none) and `branch` of that series.

    `since` is the time of the streak's first result, `since_run` its run, `streak` the
    number of its results. `is_retired`: all its series that fail are ones that nobody
    runs any more, so that it failed when last run and does not fail now.
    """

    case: int
    project: int
    since: datetime
    since_run: int
    streak: int
    configuration: int | None
    branch: str
    is_retired: bool

    @property
    def series(self) -> SeriesKey:
        return SeriesKey(self.configuration, self.branch)


def failing_when_last_run(filters: Filters) -> list[FailingCase]:
    """The cases that fail at the end of the window and those that would if somebody
    still ran them, longest first, then by id.

    Series are of one case in one configuration and branch, without manual runs; outages
    count.
    """
    window = filters.window()
    series = failing_series(filters, window)
    length = window.until - window.since
    retirement = Retirement(series, filters, [window.until], length)
    return _longest(series, *retirement.failing_at(microseconds(window.until)))


def _longest(
    of: FailingSeries, rows: np.ndarray, is_retired: np.ndarray
) -> list[FailingCase]:
    """Of equal streaks the run's id at its tool decides, as in a series."""
    first = of.streaks[rows]
    streak, since, cases = rows - first + 1, of.times[first], of.cases[rows]
    chosen = of_each_case(cases, is_retired, since, -streak, of.names[first])
    chosen = chosen[np.lexsort((cases[chosen], since[chosen]))]
    return [
        FailingCase(
            case=case,
            project=of.facts[run].project,
            since=from_microseconds(at),
            since_run=run,
            streak=results,
            configuration=of.facts[run].configuration,
            branch=of.facts[run].branch,
            is_retired=retired,
        )
        for case, at, run, results, retired in zip(
            cases[chosen].tolist(),
            since[chosen].tolist(),
            of.runs[first[chosen]].tolist(),
            streak[chosen].tolist(),
            is_retired[chosen].tolist(),
            strict=True,
        )
    ]


def failing_by_project(
    filters: Filters, window: Window | None = None
) -> dict[int, int]:
    """Projects with cases that fail at the end of the window, and how many do."""
    asked = window or filters.window()
    series = failing_series(filters, asked)
    length = asked.until - asked.since
    retirement = Retirement(series, filters, [asked.until], length)
    return series.cases_by_project(retirement.failing_now(microseconds(asked.until)))
