"""Counts of final results, and the interval of a rate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import sqrt

from tests.dashboard.metrics.oracle.rows import RunRow, chosen, executions_of, load

FAR = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    """`n` final results of one status in one run, at one time."""

    run: RunRow
    at: datetime
    status: str
    n: int
    case: int | None


def facts(since: datetime, until: datetime, **wanted: set[object]) -> Iterator[Fact]:
    """Every final result in the window; runs with totals only give their totals."""
    for run in chosen(load(), **wanted):
        if run.detail == "counts":
            for status, n in run.totals.items():
                if since <= run.at < until and n:
                    yield Fact(run, run.at, status, n, None)
            continue
        for execution in executions_of(run):
            if since <= execution.at < until:
                final = execution.final
                yield Fact(run, final.at, final.status, 1, final.case)


def counts(since: datetime, until: datetime, **wanted: set[object]) -> Counter[str]:
    found: Counter[str] = Counter()
    for fact in facts(since, until, **wanted):
        found[fact.status] += fact.n
    return found


def counts_by(
    since: datetime, until: datetime, by: str, bucket: str
) -> dict[object, dict[object, Counter[str]]]:
    """Counts by key, then by bucket: a day, a Monday, or a run's id."""
    found: dict[object, dict[object, Counter[str]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for fact in facts(since, until):
        keys = {None} if by == "none" else fact.run.attribute(by)
        for key in keys:
            found[key][_bucket(fact, bucket)][fact.status] += fact.n
    return {key: dict(points) for key, points in found.items()}


def _bucket(fact: Fact, bucket: str) -> date | int:
    day = fact.at.astimezone(UTC).date()
    if bucket == "run":
        return fact.run.id
    return day if bucket == "day" else day - timedelta(days=day.weekday())


def run_count(since: datetime, until: datetime) -> int:
    return sum(since <= run.at < until for run in load())


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The roots of (p̂ − p)² = z²·p·(1 − p) / n, which is what Wilson's interval is."""
    z2 = 1.959964**2
    a, b, c = 1 + z2 / n, -(2 * hits / n + z2 / n), (hits / n) ** 2
    root = sqrt(max(b * b - 4 * a * c, 0.0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)
