"""Flaky cases: how often each flakes, with what evidence, and what it costs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from dashboard.filters import Filters, Window
from dashboard.metrics.flake_analysis import flaky_histories
from dashboard.metrics.flake_figures import flaky_cases_of
from dashboard.metrics.flaky_case import EventCounts, Evidence, FlakyCase
from dashboard.metrics.histories import ReadHistories, histories
from dashboard.metrics.history_rows import is_left_out
from ingest.models import Case

__all__ = [
    "EventCounts",
    "Evidence",
    "FlakyCase",
    "FlakyTotals",
    "add_totals",
    "flakiness_by_case",
    "flaky_cases",
    "flaky_totals",
    "is_left_out",
]


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
    return flaky_cases_of(flaky_histories(read(filters, window)))


def flakiness_by_case(
    filters: Filters, cases: Collection[int], window: Window | None = None
) -> dict[int, FlakyCase]:
    """How these cases flake, flaky or not, without their names; and without those that
    have no series.
    """
    asked = histories(filters, window or filters.window(), cases)
    found = flaky_cases_of(asked, with_clean=True)
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
