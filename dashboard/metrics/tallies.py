"""Sums of final results by group and bucket: what every rate is made of.

Whole days of a run come from the roll-up. What a window cuts through, and what only
single results can tell (case, text), is counted from the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from operator import attrgetter
from typing import Any, Literal

import numpy as np
from django.db.models import (
    Aggregate,
    Count,
    DateField,
    F,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import TruncDate

from dashboard.column_store.numbers import distinct_and_places
from dashboard.column_store.selection import EPOCH, ChosenResults, chosen_results
from dashboard.filters import (
    Filters,
    Window,
    canonical_configuration,
    needs_rows,
    result_conditions,
    run_conditions,
)
from ingest.contract import Counts, Detail, Status
from ingest.models import STATUS_CODES, Result, Run, RunDay
from ingest.series import day_of

By = Literal["project", "tool", "source", "configuration", "branch", "run", "none"]
Bucket = Literal["day", "none"]

DAY = timedelta(days=1)
_DAY_MICROSECONDS = DAY // timedelta(microseconds=1)
_STATUSES = [str(status) for status in Status]
_each = attrgetter(*_STATUSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Final results of one group in one bucket.

    `key` is the group's id or name, None for "none" and for runs without one; `day` is
    None unless days are the bucket. `from_rows` is false for totals of runs without rows.
    """

    key: int | str | None
    day: date | None
    counts: Counts
    from_rows: bool


def tallies(
    filters: Filters, window: Window, *, by: By = "none", bucket: Bucket = "none"
) -> list[Tally]:
    """Sums over the window, at most two of one key and day (with and without rows)."""
    grouped: dict[tuple[Any, ...], list[int]] = {}
    for key, day, detail, *counts in _sums(filters, window, by, bucket):
        group = (key or None, day, detail != Detail.COUNTS)
        if sums := grouped.get(group):
            counts = [a + b for a, b in zip(sums, counts, strict=True)]
        grouped[group] = counts
    return [
        Tally(key=key, day=day, from_rows=from_rows, counts=_counts(sums))
        for (key, day, from_rows), sums in grouped.items()
    ]


def total(tallied: Iterable[Tally]) -> Counts:
    """All counts of the tallies together."""
    return add(tally.counts for tally in tallied)


def by_day(tallied: Iterable[Tally], window: Window) -> dict[date, Counts]:
    """Of each UTC day of the window, in their order."""
    counts: dict[date | None, list[Counts]] = {}
    for tally in tallied:
        counts.setdefault(tally.day, []).append(tally.counts)
    return {day: add(counts.get(day, ())) for day in window.days}


def add(several: Iterable[Counts]) -> Counts:
    of_each_status = zip(*map(_each, several), strict=True)
    return _counts([*map(sum, of_each_status)] or [0] * len(_STATUSES))


def rows_and_counts(tallied: Iterable[Tally]) -> tuple[int, int]:
    """How many results come from rows, and how many from totals of runs without."""
    n = {True: 0, False: 0}
    for tally in tallied:
        n[tally.from_rows] += tally.counts.total
    return n[True], n[False]


def only_totals(tallied: Iterable[Tally]) -> set[int | str | None]:
    """The groups that have results and not one of them as a row, that of a test."""
    from_rows: dict[int | str | None, bool] = {}
    for tally in tallied:
        if tally.counts.total:
            from_rows[tally.key] = from_rows.get(tally.key, False) or tally.from_rows
    return {key for key, has_rows in from_rows.items() if not has_rows}


def has_only_totals(filters: Filters) -> bool:
    """Whether results lie in the window of these filters and not one is a row."""
    n_rows, n_counts = rows_and_counts(tallies(filters, filters.window()))
    return n_counts > 0 and not n_rows


def _sums(
    filters: Filters, window: Window, by: By, bucket: Bucket
) -> Iterator[tuple[Any, ...]]:
    if needs_rows(filters):
        yield from _of_columns(filters, window, by, bucket)
        return
    inside = Q(first_at__gte=window.since, last_at__lt=window.until)
    days = RunDay.objects.filter(
        run_conditions(filters, of="run"),
        # The same as the times say, but this has an index.
        day__gte=day_of(window.since),
        day__lte=day_of(window.until),
    )
    yield from _of_days(days.filter(inside), by, bucket)
    # A day that the window cuts through is counted anew, as far as it lies inside.
    cut = days.filter(first_at__lt=window.until, last_at__gte=window.since)
    runs_of: dict[date, list[int]] = {}
    for run, day in cut.exclude(inside).values_list("run_id", "day"):
        runs_of.setdefault(day, []).append(run)
    for day, runs in runs_of.items():
        part = _results(filters, _part(window, day)).filter(run_id__in=runs)
        yield from _of_results(part, by, bucket)


def _of_columns(
    filters: Filters, window: Window, by: By, bucket: Bucket
) -> Iterator[tuple[Any, ...]]:
    """As `_group_rows`, of each run and day by itself."""
    parts = [_by_run_and_day(part) for part in chosen_results(filters, window, Q())]
    runs = {run for part in parts for run, *_ in part}
    of_runs = Run.objects.filter(pk__in=runs).annotate(of_key=key_of_run(by))
    told = {run: said for run, *said in of_runs.values_list("pk", "of_key", "detail")}
    for run, day, counts in chain.from_iterable(parts):
        # A run without what is said of it went meanwhile.
        if run in told:
            key, detail = told[run]
            yield key, day if bucket == "day" else None, detail, *counts


def _by_run_and_day(part: ChosenResults) -> list[tuple[int, date, list[int]]]:
    """How many finals of each status."""
    places = np.flatnonzero(part.is_final)
    runs, run_of = distinct_and_places(part.results.runs[places])
    days, day_of_each = distinct_and_places(
        part.results.times[places] // _DAY_MICROSECONDS
    )
    groups, group_of = distinct_and_places(run_of * len(days) + day_of_each)
    codes = [STATUS_CODES[status] for status in Status]
    width = max(codes) + 1
    counts = np.bincount(
        group_of * width + part.results.statuses[places],
        minlength=len(groups) * width,
    ).reshape(-1, width)[:, codes]
    return [
        (int(runs[group // len(days)]), _day(int(days[group % len(days)])), own)
        for group, own in zip(groups.tolist(), counts.tolist(), strict=True)
    ]


def _day(since_1970: int) -> date:
    return EPOCH.date() + timedelta(days=since_1970)


def _part(window: Window, day: date) -> Window:
    begins = datetime.combine(day, time(), UTC)
    return Window(
        since=max(window.since, begins), until=min(window.until, begins + DAY)
    )


def _results(filters: Filters, window: Window) -> QuerySet[Result]:
    return Result.objects.filter(result_conditions(filters, window), is_final=True)


def _of_days(
    days: QuerySet[RunDay], by: By, bucket: Bucket
) -> Iterator[tuple[Any, ...]]:
    sums = {f"sum_{status}": Sum(str(status)) for status in Status}
    day = F("day") if bucket == "day" else Value(None, DateField())
    yield from _group_rows(days, by, day, sums)


def _of_results(
    results: QuerySet[Result], by: By, bucket: Bucket
) -> Iterator[tuple[Any, ...]]:
    sums = {
        f"sum_{status}": Count("ordinal", filter=Q(status=code))
        for status, code in STATUS_CODES.items()
    }
    day = TruncDate("at", tzinfo=UTC) if bucket == "day" else Value(None, DateField())
    yield from _group_rows(results, by, day, sums)


def _group_rows(
    rows: QuerySet[Any], by: By, day: Any, sums: Mapping[str, Aggregate]
) -> Iterator[tuple[Any, ...]]:
    """(key, day, detail, a sum for each status) of each group."""
    groups = rows.annotate(of_key=key_of_run(by, "run__"), of_day=day).values_list(
        "of_key", "of_day", "run__detail"
    )
    yield from groups.annotate(**sums).order_by()


def _counts(sums: Iterable[int]) -> Counts:
    passed, failed, error, skipped, blocked, untested, running, unknown = sums
    return Counts(
        passed=passed,
        failed=failed,
        error=error,
        skipped=skipped,
        blocked=blocked,
        untested=untested,
        running=running,
        unknown=unknown,
    )


def key_of_run(by: str, path: str = "") -> Any:
    """The attribute of a run that groups by `by`; `path` ends in "__" on other rows."""
    if by == "none":
        return Value(None, TextField())
    if by == "configuration":
        return canonical_configuration(path)
    return F(path + _ATTRIBUTES[by])


_ATTRIBUTES = {
    "run": "id",
    "project": "project_id",
    "tool": "project__connection__vendor",
    "source": "source__name",
    "branch": "branch",
}
