"""How many cases were flaky at the end of each day, and the time they cost day by day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta

from dashboard.filters import Filters, Window
from dashboard.metrics.failing_history import day_ends
from dashboard.metrics.flake_analysis import flaky_histories, histories_that_may_flake
from dashboard.metrics.flake_counts import flake_counts
from dashboard.metrics.flaky import (
    FlakyCase,
    FlakyTotals,
    flaky_rows,
    in_rank_order,
    totals_by_project,
)
from dashboard.metrics.histories import (
    CaseHistory,
    Histories,
    from_microseconds,
    histories,
)
from ingest.series import flakes

# Every moment is a judgement of all cases; between them the small line is straight.
MOMENTS = 8
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyHistory:
    """`cases` are the flaky ones of the window in the order of lists, `now` their totals
    by project, `previous` those of the window before.

    `by_day`: flaky cases of a window of the same length that ends with each UTC day of
    the window, the last with the window; None for days that were not looked at.
    `lost_by_day`: of the time lost to `cases` in ms, what was lost on each of the days.
    """

    cases: tuple[FlakyCase, ...]
    now: Mapping[int, FlakyTotals]
    previous: Mapping[int, FlakyTotals]
    by_day: tuple[int | None, ...]
    lost_by_day: tuple[int, ...]


def flaky_history(filters: Filters) -> FlakyHistory:
    """Of the window of the filters, and of the one before it."""
    return with_ranked_cases(history_without_names(filters))


def with_ranked_cases(history: FlakyHistory) -> FlakyHistory:
    """The same with its cases named and in order."""
    return replace(history, cases=tuple(in_rank_order(history.cases)))


def history_without_names(filters: Filters) -> FlakyHistory:
    """The same, its cases without names and in no order."""
    window = filters.window()
    both = Window(since=window.previous.since, until=window.until)
    found = histories_that_may_flake(histories(filters, both))
    cases = _flaky_rows(found.cut(window))
    by_day, lost_by_day = flaky_days(found, window, cases)
    return FlakyHistory(
        cases=tuple(cases),
        now=totals_by_project(cases),
        previous=totals_by_project(_flaky_rows(found.cut(window.previous))),
        by_day=by_day,
        lost_by_day=lost_by_day,
    )


def _flaky_rows(found: Histories) -> list[FlakyCase]:
    return flaky_rows(flaky_histories(found))


def flaky_days(
    case_histories: Histories, window: Window, flaky: Collection[FlakyCase]
) -> tuple[tuple[int | None, ...], tuple[int, ...]]:
    """`by_day` and `lost_by_day` of the flaky cases of the window, from the histories of
    all that may flake in it or in the one before.
    """
    ids = {case.case for case in flaky}
    there = case_histories.of_cases(ids).cut(window)
    return _by_day(case_histories, window, len(ids)), _lost_by_day(there, window)


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


def _lost_by_day(flaky: Iterable[CaseHistory], window: Window) -> tuple[int, ...]:
    lost: dict[date, int] = {}
    for one in flaky:
        at = {run: m.at for run, m in one.mixed.items()}
        for series in one.series:
            at |= zip(series.runs, series.times, strict=True)
        events = flakes(one.series, one.mixed, one.commits).events
        for run in {run for event in events for run in event.runs}:
            if run in one.lost:
                day = from_microseconds(at[run]).date()
                lost[day] = lost.get(day, 0) + one.lost[run].ms
    first = window.since.astimezone(UTC).date()
    return tuple(
        lost.get(first + number * DAY, 0) for number in range(len(day_ends(window)))
    )
