"""Flaky cases: how often each flakes, with what evidence, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from math import fsum
from typing import Literal

from dashboard.filters import Filters, Window
from dashboard.metrics.flake_analysis import (
    FlakeAnalysis,
    flake_analyses,
    flaky_histories,
)
from dashboard.metrics.histories import (
    CaseHistory,
    ReadHistories,
    from_microseconds,
    histories,
)
from dashboard.metrics.history_rows import is_left_out
from dashboard.metrics.time_lost import time_lost
from ingest.models import Case
from ingest.series import EventKind, Flakes, expected_flips, flips
from ingest.series.outcomes import not_passed, pairs
from ingest.series.posterior import upper_bound

__all__ = [
    "EventCounts",
    "FlakyCase",
    "FlakyTotals",
    "add_totals",
    "flakiness_by_case",
    "flaky_cases",
    "flaky_totals",
    "is_left_out",
]

Evidence = Literal["proven", "suspected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """Flake events by what shows them: `retry` are mixed runs, `same_commit` commits
    that passed and failed, `alternating` isolated failures.
    """

    retry: int = 0
    same_commit: int = 0
    alternating: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyCase:
    """How a case flakes in a window.

    `k` flake events, which are `events`, in an exposure of `n`; `rate`, `low` and
    `high` are the mean and the 2.5 % and 97.5 % quantiles of their posterior. `flips`
    of `pairs` of neighbours and `expected_flips` are sums over its series, `executions`
    their results and `not_passed` those of them that did not; `passed_on_retry` of them
    passed after an attempt that did not: after `retried_attempts` in all.
    `time_lost_ms` is of `lost_attempts`. `first_event_at` and `last_event_at` are the
    times of its first and last event.
    """

    case: int
    project: int
    name: str
    k: int
    n: int
    rate: float
    low: float
    high: float
    evidence: Evidence | None
    events: EventCounts
    is_flaky: bool
    flips: int
    pairs: int
    expected_flips: float
    executions: int
    not_passed: int
    passed_on_retry: int
    retried_attempts: int
    time_lost_ms: int
    lost_attempts: int
    unknown_durations: int
    first_event_at: datetime | None
    last_event_at: datetime | None

    @property
    def flip_rate(self) -> float | None:
        """Share of pairs that flip; None without any pair."""
        return self.flips / self.pairs if self.pairs else None

    @property
    def upper_bound(self) -> float | None:
        """For a case without any event: its rate is below this, by 95 %.

        None when it has events, or no exposure.
        """
        return None if self.k else upper_bound(self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyTotals:
    """Flaky cases, their flake events and the machine time that those cost, which is
    that of `attempts`; `unknown_durations` of them count nothing.
    """

    cases: int
    events: int = 0
    time_lost_ms: int
    attempts: int = 0
    unknown_durations: int


def flaky_cases(filters: Filters, window: Window | None = None) -> list[FlakyCase]:
    """The flaky cases by `low`, then `k`, both descending, then by name and id."""
    return in_rank_order(flaky_without_names(filters, window or filters.window()))


def flaky_without_names(
    filters: Filters, window: Window, read: ReadHistories = histories
) -> list[FlakyCase]:
    """The same without their names, in no order."""
    return [row(one) for one in flake_analyses(flaky_histories(read(filters, window)))]


def flakiness_by_case(
    filters: Filters, cases: Collection[int], window: Window | None = None
) -> dict[int, FlakyCase]:
    """How these cases flake, flaky or not, without their names; and without those that
    have no series.
    """
    found = flaky_rows(
        histories(filters, window or filters.window(), cases), with_clean=True
    )
    return {case.case: case for case in found}


def totals_by_project(cases: Iterable[FlakyCase]) -> dict[int, FlakyTotals]:
    """Projects with flaky cases among these, and their totals."""
    grouped: dict[int, list[FlakyCase]] = {}
    for case in cases:
        if case.is_flaky:
            grouped.setdefault(case.project, []).append(case)
    return {project: flaky_totals(group) for project, group in grouped.items()}


def flaky_totals(cases: Iterable[FlakyCase]) -> FlakyTotals:
    """The totals of those that are flaky."""
    flaky = [case for case in cases if case.is_flaky]
    return FlakyTotals(
        cases=len(flaky),
        events=sum(case.k for case in flaky),
        time_lost_ms=sum(case.time_lost_ms for case in flaky),
        attempts=sum(case.lost_attempts for case in flaky),
        unknown_durations=sum(case.unknown_durations for case in flaky),
    )


def add_totals(several: Iterable[FlakyTotals]) -> FlakyTotals:
    """The totals of several projects together."""
    found = list(several)
    return FlakyTotals(
        cases=sum(one.cases for one in found),
        events=sum(one.events for one in found),
        time_lost_ms=sum(one.time_lost_ms for one in found),
        attempts=sum(one.attempts for one in found),
        unknown_durations=sum(one.unknown_durations for one in found),
    )


def flaky_rows(
    case_histories: Iterable[CaseHistory], *, with_clean: bool = False
) -> list[FlakyCase]:
    """A row for each history that has an event, `with_clean` for every one; without
    names yet.
    """
    return [row(one) for one in flake_analyses(case_histories, with_clean=with_clean)]


def row(one: FlakeAnalysis) -> FlakyCase:
    """All figures of one history; without its name yet."""
    history, found, rate = one
    outcomes = [of.outcomes for of in history.series]
    executions = sum(map(len, outcomes))
    lost = time_lost(found.events, history.lost)
    retried = [run for run, mixed in history.mixed.items() if mixed.has_passed]
    first = min((event.first_at for event in found.events), default=None)
    last = max((event.last_at for event in found.events), default=None)
    return FlakyCase(
        case=history.case,
        project=history.project,
        name="",
        k=found.k,
        n=found.n,
        rate=rate.mean,
        low=rate.low,
        high=rate.high,
        evidence=_evidence(found),
        events=_event_counts(found),
        is_flaky=one.is_flaky,
        flips=sum(map(flips, outcomes)),
        pairs=sum(map(pairs, outcomes)),
        # Exactly rounded, so that the order of the series makes no difference.
        expected_flips=fsum(map(expected_flips, outcomes)),
        executions=executions,
        not_passed=sum(map(not_passed, outcomes)),
        passed_on_retry=len(retried),
        retried_attempts=sum(not_passed(history.attempts[run]) for run in retried),
        time_lost_ms=lost.ms,
        lost_attempts=lost.attempts,
        unknown_durations=lost.unknown,
        first_event_at=None if first is None else from_microseconds(first),
        last_event_at=None if last is None else from_microseconds(last),
    )


def _evidence(found: Flakes) -> Evidence | None:
    if not found.events:
        return None
    return "proven" if found.is_proven else "suspected"


def _event_counts(found: Flakes) -> EventCounts:
    kinds = Counter(event.kind for event in found.events)
    return EventCounts(
        retry=kinds[EventKind.MIXED_RUN],
        same_commit=kinds[EventKind.SAME_COMMIT],
        alternating=kinds[EventKind.ISOLATED_FAILURE],
    )


def with_names(cases: Iterable[FlakyCase]) -> list[FlakyCase]:
    """The same with the names that their cases have now."""
    found = list(cases)
    names = dict(
        Case.objects.filter(pk__in=[case.case for case in found]).values_list(
            "pk", "name"
        )
    )
    return [replace(case, name=names.get(case.case, "")) for case in found]


def rank(case: FlakyCase) -> tuple[float, int, str, int]:
    """The order of lists: 1 of 2 must not stand above 30 of 200."""
    return (-case.low, -case.k, case.name, case.case)


def in_rank_order(cases: Iterable[FlakyCase]) -> list[FlakyCase]:
    return sorted(with_names(cases), key=rank)
