"""The key figures of a window, and the same of the window before it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from dashboard.filters import (
    Filters,
    Window,
    needs_rows,
    result_conditions,
    run_conditions,
)
from dashboard.metrics.flaky import FlakyTotals
from dashboard.metrics.never_executed import never_executed
from dashboard.metrics.rates import Rate, completion, pass_rate, plan_pass_rate
from dashboard.metrics.tallies import rows_and_counts, tallies, total
from ingest.contract import Counts
from ingest.models import Result, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`runs` began in the window; `counts` are final results with their time in it;
    `never_executed` are tests without any result, each of which is in scope once as
    untested; `flaky` are the flaky cases and what they cost.
    """

    window: Window
    runs: int
    counts: Counts
    never_executed: int
    failing_now: int
    flaky: FlakyTotals
    n_rows: int
    n_counts: int

    @property
    def results(self) -> int:
        return self.counts.total

    @property
    def pass_rate(self) -> Rate:
        return pass_rate(self.counts)

    @property
    def plan_pass_rate(self) -> float | None:
        return plan_pass_rate(self.counts, self.never_executed)

    @property
    def completion(self) -> float | None:
        return completion(self.counts, self.never_executed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    now: Figures
    previous: Figures


def figures(
    filters: Filters, window: Window, *, failing_now: int, flaky: FlakyTotals
) -> Figures:
    tallied = tallies(filters, window)
    n_rows, n_counts = rows_and_counts(tallied)
    return Figures(
        window=window,
        runs=run_count(filters, window),
        counts=total(tallied),
        never_executed=never_executed(filters, window.until).count(),
        failing_now=failing_now,
        flaky=flaky,
        n_rows=n_rows,
        n_counts=n_counts,
    )


def run_count(filters: Filters, window: Window) -> int:
    """Runs that began in the window; with a filter on cases, those with such a result."""
    return runs_begun(filters, window).count()


def runs_begun(filters: Filters, window: Window) -> QuerySet[Run]:
    """The runs of `run_count`."""
    runs = Run.objects.filter(
        run_conditions(filters), at__gte=window.since, at__lt=window.until
    )
    if not needs_rows(filters):
        return runs
    of_run = Result.objects.filter(
        result_conditions(filters),
        project_id=OuterRef("project_id"),
        partition_on=OuterRef("partition_on"),
        run_id=OuterRef("pk"),
        is_final=True,
    )
    return runs.filter(Exists(of_run))
