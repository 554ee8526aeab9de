"""Flaky cases: how often each flakes, with what evidence, and what it costs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from dashboard.filters import Filters, Window
from dashboard.metrics.flake_analysis import flaky_histories
from dashboard.metrics.flake_figures import flaky_columns
from dashboard.metrics.flaky_case import EventCounts, Evidence, FlakyCase
from dashboard.metrics.flaky_columns import FlakyColumns
from dashboard.metrics.flaky_order import RankedFlaky
from dashboard.metrics.histories import ReadHistories, histories
from dashboard.metrics.history_rows import is_left_out

__all__ = [
    "EventCounts",
    "Evidence",
    "FlakyCase",
    "FlakyColumns",
    "FlakyTotals",
    "RankedFlaky",
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


def flaky_cases(filters: Filters, window: Window | None = None) -> RankedFlaky:
    """The flaky cases by `low`, then `k`, both descending, then by name and id."""
    return RankedFlaky(flaky_without_names(filters, window or filters.window()))


def flaky_without_names(
    filters: Filters, window: Window, read: ReadHistories = histories
) -> FlakyColumns:
    """The same without their names, in no order."""
    return flaky_columns(flaky_histories(read(filters, window)))


def flakiness_by_case(
    filters: Filters, cases: Collection[int], window: Window | None = None
) -> dict[int, FlakyCase]:
    """How these cases flake, flaky or not, without their names; and without those that
    have no series.
    """
    asked = histories(filters, window or filters.window(), cases)
    found = flaky_columns(asked, with_clean=True)
    return {case.case: case for case in found}


def totals_by_project(cases: FlakyColumns) -> dict[int, FlakyTotals]:
    """Projects with flaky cases among these, and their totals."""
    found = cases.chosen(cases.is_flaky)
    projects = np.unique(found.projects)
    return {
        project: flaky_totals(found.chosen(found.projects == project))
        for project in projects.tolist()
    }


def flaky_totals(cases: FlakyColumns) -> FlakyTotals:
    """The totals of those that are flaky."""
    is_flaky = cases.is_flaky
    return FlakyTotals(
        cases=int(is_flaky.sum()),
        events=int(cases.k[is_flaky].sum()),
        time_lost_ms=int(cases.time_lost_ms[is_flaky].sum()),
        attempts=int(cases.lost_attempts[is_flaky].sum()),
        unknown_durations=int(cases.unknown_durations[is_flaky].sum()),
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


def rank(case: FlakyCase) -> tuple[float, int, str, int]:
    """The order of lists: 1 of 2 must not stand above 30 of 200."""
    return (-case.low, -case.k, case.name, case.case)
