"""The same numbers again in plain Python, from the rows alone: slow and obvious.

It reads no roll-up and shares no code with dashboard.metrics.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import sqrt

from ingest.models import Case, Result, Run, RunMilestone

WORDS = {
    1: "passed",
    2: "failed",
    3: "error",
    4: "skipped",
    5: "blocked",
    6: "untested",
    7: "running",
    8: "unknown",
}


@dataclass(frozen=True)
class Fact:
    """`n` final results of one status in one run, at one time."""

    run: Run
    at: datetime
    status: str
    n: int
    case: int | None


def facts(since: datetime, until: datetime, **wanted: set[object]) -> Iterator[Fact]:
    """Every final result in the window; runs with totals only give their totals.

    `wanted`: accepted values of run attributes by name, see `attribute`.
    """
    for run in Run.objects.filter(removed_at=None).select_related():
        if any(not attribute(run, n) & values for n, values in wanted.items()):
            continue
        if run.detail == "counts":
            start = run.started_at or run.recorded_at
            for status in WORDS.values():
                if since <= start < until and getattr(run, status):
                    yield Fact(run, start, status, getattr(run, status), None)
            continue
        for row in final_rows(run):
            if since <= row.at < until:
                yield Fact(run, row.at, WORDS[row.status], 1, row.case_id)


def final_rows(run: Run) -> list[Result]:
    """The last attempt of each case, by time, then by arrival."""
    last: dict[int, Result] = {}
    rows = [r for r in Result.objects.filter(run_id=run.pk) if r.removed_at is None]
    for row in sorted(rows, key=lambda r: (r.at, r.ordinal)):
        last[row.case_id] = row
    return list(last.values())


def attribute(run: Run, name: str) -> set[object]:
    if name == "project":
        return {run.project_id}
    if name == "tool":
        return {run.project.connection.vendor}
    if name == "source":
        return {run.source.name if run.source else None}
    if name == "configuration":
        return {_configuration(run)}
    if name == "branch":
        return {run.branch or None}
    assert name == "milestone"
    links = RunMilestone.objects.filter(run=run, removed_at=None)
    return {link.member.milestone_id for link in links} or {None}


def _configuration(run: Run) -> str | None:
    if run.configuration is None:
        return None
    return (run.configuration.alias_of or run.configuration).name


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
        keys = {None} if by == "none" else attribute(fact.run, by)
        for key in keys:
            found[key][_bucket(fact, bucket)][fact.status] += fact.n
    return {key: dict(points) for key, points in found.items()}


def _bucket(fact: Fact, bucket: str) -> date | int:
    day = fact.at.astimezone(UTC).date()
    if bucket == "run":
        return fact.run.pk
    return day if bucket == "day" else day - timedelta(days=day.weekday())


def run_count(since: datetime, until: datetime) -> int:
    runs = Run.objects.filter(removed_at=None)
    return sum(since <= (r.started_at or r.recorded_at) < until for r in runs)


@dataclass(frozen=True)
class Failing:
    case: int
    since: datetime
    since_run: int
    streak: int


def failing(since: datetime, until: datetime) -> list[Failing]:
    """Cases of which any series ends in results that did not pass, longest first."""
    series: dict[tuple[int, str | None, str], list[Fact]] = defaultdict(list)
    for fact in facts(since, until):
        if fact.case is None or fact.run.kind == "manual":
            continue
        if fact.status in {"passed", "failed", "error"}:
            key = (fact.case, _configuration(fact.run), fact.run.branch)
            series[key].append(fact)
    streaks: dict[int, list[Failing]] = defaultdict(list)
    for (case, _, _), results in series.items():
        results.sort(key=lambda fact: (fact.at, fact.run.external_id))
        tail: list[Fact] = []
        while results and results[-1].status != "passed":
            tail.append(results.pop())
        if tail:
            first = tail[-1]
            streaks[case].append(Failing(case, first.at, first.run.pk, len(tail)))
    longest = [
        min(found, key=lambda f: (f.since, -f.streak, f.since_run))
        for found in streaks.values()
    ]
    return sorted(longest, key=lambda f: (f.since, f.case))


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The roots of (p̂ − p)² = z²·p·(1 − p) / n, which is what Wilson's interval is."""
    z2 = 1.959964**2
    a, b, c = 1 + z2 / n, -(2 * hits / n + z2 / n), (hits / n) ** 2
    root = sqrt(max(b * b - 4 * a * c, 0.0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


FAR = datetime(2100, 1, 1, tzinfo=UTC)


def case_name(fact: Fact) -> str:
    return str(Case.objects.get(pk=fact.case).name)
