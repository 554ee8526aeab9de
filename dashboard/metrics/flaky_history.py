"""How many cases were flaky at the end of each day, and the time they cost day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

import numpy as np

from dashboard.column_store.selection import EPOCH
from dashboard.filters import Filters, Window
from dashboard.metrics.failing_history import day_ends
from dashboard.metrics.flake_analysis import flaky_histories, histories_that_may_flake
from dashboard.metrics.flake_counts import flake_counts, flake_marks
from dashboard.metrics.flake_figures import flaky_columns
from dashboard.metrics.flaky import FlakyTotals, totals_by_project
from dashboard.metrics.flaky_columns import FlakyColumns
from dashboard.metrics.histories import Histories, histories

# Every moment is a judgement of all cases; between them the small line is straight.
MOMENTS = 8
MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyHistory:
    """`cases` are the flaky ones of the window, without names and in no order, `now` their
    totals by project, `previous` those of the window before.

    `by_day`: flaky cases of a window of the same length that ends with each UTC day of
    the window, the last with the window; None for days that were not looked at.
    `lost_by_day`: of the time lost to `cases` in ms, what was lost on each of the days.
    """

    cases: FlakyColumns
    now: Mapping[int, FlakyTotals]
    previous: Mapping[int, FlakyTotals]
    by_day: tuple[int | None, ...]
    lost_by_day: tuple[int, ...]

    @property
    def number(self) -> int:
        """Of the flaky cases of the window."""
        return sum(totals.cases for totals in self.now.values())


def flaky_history(filters: Filters) -> FlakyHistory:
    """Of the window of the filters, and of the one before it."""
    window = filters.window()
    both = Window(since=window.previous.since, until=window.until)
    found = histories_that_may_flake(histories(filters, both))
    cases = _flaky_rows(found.cut(window))
    by_day, lost_by_day = flaky_days(found, window, cases)
    return FlakyHistory(
        cases=cases,
        now=totals_by_project(cases),
        previous=totals_by_project(_flaky_rows(found.cut(window.previous))),
        by_day=by_day,
        lost_by_day=lost_by_day,
    )


def _flaky_rows(found: Histories) -> FlakyColumns:
    return flaky_columns(flaky_histories(found))


def flaky_days(
    case_histories: Histories, window: Window, flaky: FlakyColumns
) -> tuple[tuple[int | None, ...], tuple[int, ...]]:
    """`by_day` and `lost_by_day` of the flaky cases of the window, from the histories of
    all that may flake in it or in the one before.
    """
    there = case_histories.of_cases(flaky.cases).cut(window)
    return _by_day(case_histories, window, len(flaky)), _lost_by_day(there, window)


def _by_day(
    case_histories: Histories, window: Window, now: int
) -> tuple[int | None, ...]:
    *ends, _ = day_ends(window)
    length = window.until - window.since
    looked_at = {round(n * len(ends) / MOMENTS) for n in range(MOMENTS)}
    days: list[int | None] = [
        _flaky(case_histories, Window(since=end - length, until=end))
        if place in looked_at
        else None
        for place, end in enumerate(ends)
    ]
    return (*days, now)


def _flaky(case_histories: Histories, window: Window) -> int:
    counts = flake_counts(case_histories.cut(window).columns)
    return int(counts.is_flaky.sum())


def _lost_by_day(flaky: Histories, window: Window) -> tuple[int, ...]:
    """Of runs that hold an event, on the day of their final result."""
    of = flaky.columns
    marks = flake_marks(of)
    times = np.concatenate([of.times[marks.is_holding], marks.undecided.times])
    lost_ms = np.concatenate(
        [of.detail("lost_ms", marks.is_holding), marks.undecided.lost_ms]
    )
    first = window.since.astimezone(UTC).date()
    days = times // MICROSECONDS_A_DAY - (first - EPOCH.date()).days
    number = len(day_ends(window))
    sums = np.bincount(days, weights=lost_ms, minlength=number)
    return tuple(sums.astype(np.int64).tolist()[:number])
