"""Each metric beside SQL by hand over the rows, and over the roll-ups where they tell it.

All have to say the same, or nothing is measured. `python -m benchmarks.field.by_hand FOLDER`
does it on a folder that `benchmarks.scale` filled.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.field import statements
from benchmarks.table import show

ROUNDS = 7
HEADS = ("question", "days", "rows", "roll-ups", "metric", "kept", "rows / ours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question. `metric` computes the answer, `kept` reads what pages read; both give
    it in the form of the rows of `of_rows` and `of_roll_ups`, made by `judge`.
    """

    text: str
    days: int
    metric: Callable[[], set[Any]]
    of_rows: str
    of_roll_ups: str = ""
    kept: Callable[[], Any] | None = None
    judge: Callable[[list[Any]], set[Any]] = set


def measure() -> None:
    title = f"Metrics beside SQL by hand, ms, median of {ROUNDS}"
    show(title, HEADS, _rows())


def _rows() -> list[tuple[str, ...]]:
    until = datetime.now(tz=UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [_measured(one, until) for one in questions(until)]


def questions(until: datetime) -> list[Asked]:
    """Of windows of whole days that end then, at midnight."""
    of_months = (*_that_are_kept(until, 30), *_that_are_kept(until, 90))
    return [*_trends(until), *of_months, *_of_a_month(until)]


def _trends(until: datetime) -> Iterator[Asked]:
    from dashboard.metrics.pass_rate import pass_rates

    filters = _filters(until, 30)
    yield Asked(
        text="pass rate by day",
        days=30,
        metric=lambda: {row[1:] for row in _points(pass_rates(filters).series)},
        of_rows=statements.TREND_OF_ROWS,
        of_roll_ups=statements.TREND_OF_ROLL_UPS,
    )
    yield Asked(
        text="pass rate by day and project",
        days=30,
        metric=lambda: _points(pass_rates(filters, by="project").series),
        of_rows=statements.TREND_BY_PROJECT_OF_ROWS,
        of_roll_ups=statements.TREND_BY_PROJECT_OF_ROLL_UPS,
    )


def _that_are_kept(until: datetime, days: int) -> Iterator[Asked]:
    from dashboard.filters import Filters
    from dashboard.metrics import flaky, slow
    from dashboard.precomputed import flaky as kept_flaky
    from dashboard.precomputed import slow as kept_slow

    filters = _filters(until, days)
    yield Asked(
        text="flaky tests",
        days=days,
        metric=lambda: _flaky(flaky.flaky_cases(filters)),
        of_rows=statements.FLAKY,
        judge=_judged_flaky,
        kept=lambda: kept_flaky.flaky_cases(Filters(window_days=days)),
    )
    yield Asked(
        text="slow tests",
        days=days,
        metric=lambda: _slow(slow.slow_cases(filters)),
        of_rows=statements.SLOW,
        kept=lambda: kept_slow.slow_cases(Filters(window_days=days)),
    )


def _of_a_month(until: datetime) -> Iterator[Asked]:
    from dashboard.filters import Filters
    from dashboard.metrics.failing import failing_when_last_run
    from dashboard.metrics.failures import failure_groups
    from dashboard.precomputed import failing as kept_failing

    filters = _filters(until, 30)
    yield Asked(
        text="failing when last run",
        days=30,
        metric=lambda: {(case.case,) for case in failing_when_last_run(filters)},
        of_rows=statements.FAILING,
        kept=lambda: kept_failing.failing_when_last_run(Filters(window_days=30)),
    )
    yield Asked(
        text="failure groups",
        days=30,
        metric=lambda: _groups(failure_groups(filters)),
        of_rows=statements.FAILURES,
    )


def _filters(until: datetime, days: int) -> Any:
    from dashboard.filters import Filters

    return Filters(since=until - timedelta(days=days), until=until)


def differences(asked: Asked, until: datetime) -> set[Any]:
    """What only some of the ways to answer it say."""
    told = asked.metric()
    found = told ^ asked.judge(_answer(asked.of_rows, asked.days, until))
    if asked.of_roll_ups:
        found |= told ^ asked.judge(_answer(asked.of_roll_ups, asked.days, until))
    return found


def _measured(asked: Asked, until: datetime) -> tuple[str, ...]:
    differing = differences(asked, until)
    assert not differing, f"{asked.text}, {asked.days} days: {len(differing)} differ"
    ways: list[Callable[[], Any] | None] = [
        lambda: asked.judge(_answer(asked.of_rows, asked.days, until)),
        (lambda: _answer(asked.of_roll_ups, asked.days, until))
        if asked.of_roll_ups
        else None,
        asked.metric,
        asked.kept,
    ]
    took = [_median_ms(way) if way else None for way in ways]
    best = took[3] or took[2] or 0
    shown = ["-" if one is None else f"{one:,.1f}" for one in took]
    return (asked.text, str(asked.days), *shown, f"{(took[0] or 0) / best:,.1f}")


def _answer(sql: str, days: int, until: datetime) -> list[Any]:
    from django.db import connection

    since = until - timedelta(days=days)
    times = {"since": since, "until": until, "before": since - timedelta(days=days)}
    with connection.cursor() as cursor:
        cursor.execute(sql, times)
        found: list[Any] = cursor.fetchall()
    return found


def _median_ms(way: Callable[[], Any]) -> float:
    way()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        way()
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


def _points(series: Iterable[Any]) -> set[Any]:
    return {
        (one.key, point.t.date(), counts.passed, counts.failed + counts.error)
        for one in series
        for point in one.points
        if (counts := point.counts)
    }


def _flaky(cases: Iterable[Any]) -> set[Any]:
    return {(case.case, case.k, case.n, case.evidence == "proven") for case in cases}


def _judged_flaky(found: list[Any]) -> set[Any]:
    """What no SQL has: the quantile of a Beta distribution."""
    import numpy as np

    from ingest.series.posterior import are_flaky

    if not found:
        return set()
    _, k, n, proven = (np.asarray(column) for column in zip(*found, strict=True))
    is_flaky = are_flaky(k, n, proven.astype(bool)).tolist()
    return {row for row, is_one in zip(found, is_flaky, strict=True) if is_one}


def _slow(cases: Iterable[Any]) -> set[Any]:
    return {
        (case.case, case.p50_ms, case.p95_ms, case.previous_p50_ms) for case in cases
    }


def _groups(groups: Iterable[Any]) -> set[Any]:
    return {
        (one.signature, one.results, one.cases, one.runs, one.first_at, one.last_at)
        for one in groups
    }


if __name__ == "__main__":
    from benchmarks.ground import database_in

    with database_in(sys.argv[1]):
        from dashboard.precomputed.precompute import precompute

        precompute()
        measure()
