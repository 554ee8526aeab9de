"""Pass rates over time: series by an attribute of the run, points by day, week or run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from dashboard.filters import Filters
from dashboard.metrics.rates import Rate, pass_rate
from dashboard.metrics.tallies import (
    Tally,
    add,
    key_of_run,
    rows_and_counts,
    tallies,
)
from dashboard.tools import tool_label
from ingest.contract import Counts
from ingest.models import Milestone, Project, Run, RunMilestone

Key = int | str | None
By = Literal[
    "project", "tool", "source", "configuration", "milestone", "branch", "none"
]
Bucket = Literal["day", "week", "run"]
BYS: tuple[By, ...] = (
    "project",
    "tool",
    "source",
    "configuration",
    "milestone",
    "branch",
    "none",
)
BUCKETS: tuple[Bucket, ...] = ("day", "week", "run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The final results of one bucket that lie in the window.

    `t`: the bucket's beginning, UTC midnight of its day or of its Monday, or the start
    of the run, which `run` names when runs are the buckets.
    """

    t: datetime
    counts: Counts
    rate: Rate
    run: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points in order of time; a bucket without results has none.

    `key` is None for runs without the attribute, and for the one series of "none".
    """

    key: Key
    label: str
    points: tuple[Point, ...]
    counts: Counts

    @property
    def rate(self) -> Rate:
        """Pooled over all points: sums over sums."""
        return pass_rate(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRates:
    series: tuple[Series, ...]
    n_rows: int
    n_counts: int


def pass_rates(
    filters: Filters, *, bucket: Bucket = "day", by: By = "none"
) -> PassRates:
    """Pass rate series over the window, ordered by label, those without a key last.

    A run of several milestones counts in each of their series, and once in `n_rows`.
    """
    if bucket == "run" or by == "milestone":
        tallied, keyed = _through_runs(filters, bucket, by)
    else:
        tallied = tallies(filters, filters.window(), by=by, bucket="day")
        keyed = [(t.key, _begins(t.day, bucket), None, t.counts) for t in tallied]
    n_rows, n_counts = rows_and_counts(tallied)
    return PassRates(
        series=_series(keyed, by),
        n_rows=n_rows,
        n_counts=n_counts,
    )


Keyed = list[tuple[Key, datetime, int | None, Counts]]


def _through_runs(
    filters: Filters, bucket: Bucket, by: By
) -> tuple[list[Tally], Keyed]:
    """Tallies run by run, and each under the keys and the bucket of its run."""
    days: Literal["day", "none"] = "none" if bucket == "run" else "day"
    tallied = tallies(filters, filters.window(), by="run", bucket=days)
    runs = sorted({int(t.key) for t in tallied if t.key is not None})
    keys = _keys_of_runs(runs, filters, by)
    starts = dict(Run.objects.filter(pk__in=runs).values_list("pk", "at"))
    keyed: Keyed = []
    for tally in tallied:
        run = int(tally.key or 0)
        t = starts[run] if bucket == "run" else _begins(tally.day, bucket)
        point_run = run if bucket == "run" else None
        keyed += [(key, t, point_run, tally.counts) for key in keys[run]]
    return tallied, keyed


def _keys_of_runs(
    runs: Sequence[int], filters: Filters, by: By
) -> dict[int, list[Key]]:
    if by == "milestone":
        return _milestones_of_runs(runs, filters)
    rows = Run.objects.filter(pk__in=runs).annotate(of_key=key_of_run(by))
    return {run: [key or None] for run, key in rows.values_list("pk", "of_key")}


def _milestones_of_runs(runs: Sequence[int], filters: Filters) -> dict[int, list[Key]]:
    """Milestones of each run, once each; only those asked for, where any are."""
    links = RunMilestone.objects.filter(run_id__in=runs, removed_at__isnull=True)
    if filters.milestone:
        links = links.filter(member__milestone_id__in=filters.milestone)
    keys: dict[int, list[Key]] = {run: [] for run in runs}
    pairs = links.values_list("run_id", "member__milestone_id").distinct()
    for run, milestone in pairs:
        keys[run].append(milestone)
    return {run: found or [None] for run, found in keys.items()}


def _begins(day: date | None, bucket: Bucket) -> datetime:
    """UTC midnight of the day, or of its week's Monday."""
    assert day is not None
    back = timedelta(days=day.weekday() if bucket == "week" else 0)
    return datetime.combine(day - back, time(), UTC)


def _series(keyed: Keyed, by: By) -> tuple[Series, ...]:
    parts: dict[Key, dict[tuple[datetime, int], list[Counts]]] = {}
    for key, t, run, counts in keyed:
        parts.setdefault(key, {}).setdefault((t, run or 0), []).append(counts)
    if by == "none":
        parts.setdefault(None, {})
    labels = _labels(by, parts)
    ordered = sorted(parts, key=lambda key: (key is None, labels[key], str(key)))
    return tuple(_one_series(key, labels[key], parts[key]) for key in ordered)


def _one_series(
    key: Key, label: str, buckets: Mapping[tuple[datetime, int], list[Counts]]
) -> Series:
    sums = {bucket: add(counts) for bucket, counts in sorted(buckets.items())}
    points = tuple(
        Point(t=t, run=run or None, counts=counts, rate=pass_rate(counts))
        for (t, run), counts in sums.items()
    )
    return Series(key=key, label=label, points=points, counts=add(sums.values()))


def _labels(by: By, keys: Iterable[Key]) -> dict[Key, str]:
    labels: dict[Key, str] = {key: str(key) for key in keys}
    if by == "tool":
        labels = {key: tool_label(str(key)) for key in keys}
    if by in _NAMED:
        ids = [key for key in keys if isinstance(key, int)]
        named = _NAMED[by]._default_manager.filter(pk__in=ids)
        labels |= dict(named.values_list("pk", "name"))
    if None in labels:
        labels[None] = "All results" if by == "none" else f"No {by}"
    return labels


_NAMED: dict[str, type[Project] | type[Milestone]] = {
    "project": Project,
    "milestone": Milestone,
}
