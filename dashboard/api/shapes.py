"""The answers of metrics, as the API gives them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.addresses import address
from dashboard.filters import Filters, Window
from dashboard.lists import PagePath
from dashboard.lists.runs import CountsRow, total_counts
from dashboard.metrics.freshness import Freshness, freshness
from dashboard.metrics.pass_rate import PassRates, Point, Series
from dashboard.metrics.rates import Rate
from dashboard.metrics.summary import Figures, Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What a number was made of. `n_rows` results come from rows, `n_counts` from the
    totals of runs without rows. `explain` says what is left out and why, in the API.
    """

    since: datetime
    until: datetime
    as_of: datetime | None
    n_rows: int
    n_counts: int
    freshness: Freshness
    explain: PagePath


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresRow:
    """The figures of one window."""

    since: datetime
    until: datetime
    runs: int
    results: int
    counts: CountsRow
    pass_rate: Rate
    plan_pass_rate: float | None
    completion: float | None
    never_executed: int
    failing_now: int
    flaky: int
    time_lost_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """The key figures of the window, and those of the window before it."""

    meta: Meta
    runs: int
    results: int
    counts: CountsRow
    pass_rate: Rate
    plan_pass_rate: float | None
    completion: float | None
    never_executed: int
    failing_now: int
    flaky: int
    time_lost_ms: int
    previous: FiguresRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """Final results of one bucket, which begins at `t`, and their pass rate."""

    t: datetime
    passed: int
    failed: int
    error: int
    skipped: int
    blocked: int
    untested: int
    running: int
    unknown: int
    n: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPointRow(PointRow):
    """A point of the bucket run, with the run's id."""

    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """Points in order of time; `key` is an id or a name, null for runs without one."""

    key: int | str | None
    label: str
    points: tuple[PointRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRatesRow:
    """Series of pass rates."""

    meta: Meta
    results: tuple[SeriesRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """How many runs are read first, and the id of the sync that was opened; null while
    one is under way, which another follows.
    """

    runs: int
    sync: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAnswer:
    """`status`: asked, accepted, running, done or lost. `run` is null until the run is
    stored; `url` is its page then, its project's before. `sentence` says why there is
    none yet, such as an agent that does not connect.
    """

    id: int
    status: str
    run: int | None
    url: PagePath
    vendor_url: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAtTheTool:
    """The run that was changed at its tool, and the sync that reads it again; null while
    one is under way, which another follows.
    """

    run: int
    sync: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTest:
    """`external_id`: the tool's id of the test, which is a case here once it was run."""

    id: int
    external_id: str
    vendor_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedSync:
    """The id of the parent sync that was opened."""

    sync: int


# Where the API says what a number was made of, by the anchor of its definition.
_EXPLAINED_AT = {
    "summary": "api-metrics-summary-explain",
    "pass-rate": "api-metrics-pass-rate-explain",
    "failing-now": "api-metrics-failing-explain",
    "flaky-tests": "api-metrics-flaky-explain",
    "slow-tests": "api-metrics-slow-explain",
    "failure-groups": "api-metrics-failures-explain",
    "stand-up": "api-metrics-standup-explain",
    "reconciliation": "api-metrics-reconciliation-explain",
    "comparing-two-runs": "api-metrics-compare-explain",
    "milestone-progress": "api-milestones-progress-explain",
}


def meta(
    filters: Filters,
    window: Window,
    n_rows: int,
    n_counts: int,
    *,
    metric: str,
    pk: int | None = None,
    query: str = "",
) -> Meta:
    """`metric` is the anchor of its definition, `pk` what it is about; `query` stands in
    the address of its explanation in place of the filters.
    """
    asked = replace(filters.over(window), sort="")
    if pk is not None:
        # The path names the milestone, and those of its projects follow from it.
        asked = replace(asked, milestone=())
    explain = address(_EXPLAINED_AT[metric], pk)
    return Meta(
        since=window.since,
        until=window.until,
        as_of=filters.as_of,
        n_rows=n_rows,
        n_counts=n_counts,
        freshness=freshness(filters),
        explain=PagePath(f"{explain}?{query or asked.explicit().to_query()}"),
    )


def definition_of(metric: str) -> PagePath:
    """The place in the pages for people that says how a number is defined."""
    return PagePath(f"{address('api-docs-metrics')}#{metric}")


def summary_row(filters: Filters, summary: Summary) -> SummaryRow:
    now = summary.now
    return SummaryRow(
        meta=meta(filters, now.window, now.n_rows, now.n_counts, metric="summary"),
        previous=FiguresRow(
            since=summary.previous.window.since,
            until=summary.previous.window.until,
            **_figures(summary.previous),
        ),
        **_figures(now),
    )


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "runs": figures.runs,
        "results": figures.results,
        "counts": total_counts(figures.counts),
        "pass_rate": figures.pass_rate,
        "plan_pass_rate": figures.plan_pass_rate,
        "completion": figures.completion,
        "never_executed": figures.never_executed,
        "failing_now": figures.failing_now,
        "flaky": figures.flaky.cases,
        "time_lost_ms": figures.flaky.time_lost_ms,
    }


def pass_rates_row(filters: Filters, pass_rates: PassRates) -> PassRatesRow:
    return PassRatesRow(
        meta=meta(
            filters,
            filters.window(),
            pass_rates.n_rows,
            pass_rates.n_counts,
            metric="pass-rate",
        ),
        results=tuple(series_row(series) for series in pass_rates.series),
    )


def series_row(series: Series) -> SeriesRow:
    points = tuple(_point_row(point) for point in series.points)
    return SeriesRow(key=series.key, label=series.label, points=points)


def _point_row(point: Point) -> PointRow:
    counts, rate = point.counts, point.rate
    values: dict[str, Any] = {
        "t": point.t,
        **{status: getattr(counts, status) for status in counts.__slots__},
        "n": rate.n,
        "value": rate.value,
        "low": rate.low,
        "high": rate.high,
    }
    return (
        PointRow(**values)
        if point.run is None
        else RunPointRow(**values, run=point.run)
    )
