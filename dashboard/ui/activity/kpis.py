"""The tiles with the key figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from dashboard.metrics.flaky import add_totals
from dashboard.metrics.rates import pass_rate
from dashboard.metrics.tallies import rows_and_counts
from dashboard.ui import empty_states, links
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.flake_evidence import lost_total
from dashboard.ui.list_layout import counts_note
from dashboard.ui.number_links import rate_title, totals_only
from dashboard.ui.parts import Delta, Link, Trend
from dashboard.ui.text import deltas, numbers, times

Parts = tuple[tuple[str, str], ...]
# These say something without any result.
OF_RUNS = ("runs", "median_run_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One tile, which is a link to `href` as a whole unless it is empty.

    `metric` and `value` name the number for the API, unrounded. `note` stands beside
    the delta; `words` stand where there is no number. `is_stale` puts the triangle into
    the label; `link` offers a way out when the figure is empty.
    """

    label: str
    metric: str
    value: float | None
    words: str = ""
    href: str = ""
    glyph: str = ""
    delta: Delta | None = None
    note: str = ""
    link: Link | None = None
    title: str = ""
    is_empty: bool = False
    is_stale: bool = False
    trend: Trend | None = None

    @property
    def parts(self) -> Parts:
        """The number and its units: (("41", "h"), ("20", "m"))."""
        if self.value is None:
            return ((self.words or numbers.DASH, ""),)
        if self.metric == "pass_rate":
            return numbers.percent_parts(self.value)
        is_duration = self.metric.endswith("_ms")
        parts = times.duration_parts if is_duration else numbers.count_parts
        return parts(int(self.value))


Tile = Callable[[ActivityData], Kpi]


def tiles(activity: ActivityData, chosen: Iterable[Tile]) -> tuple[Kpi, ...]:
    """Those without anything behind them are zeros; that of runs says when the last
    one was.
    """
    return tuple(_emptied(activity, tile(activity)) for tile in chosen)


def _emptied(activity: ActivityData, kpi: Kpi) -> Kpi:
    empty = replace(kpi, is_empty=True, delta=None, note="", is_stale=False, trend=None)
    if kpi.metric == "runs" and activity.runs and not activity.runs.total:
        if activity.last_start is None:
            return empty
        last, link = empty_states.last_run(activity.state, activity.last_start)
        return replace(empty, note=last, link=link)
    has_results = activity.now is None or activity.counts.total
    return kpi if has_results or kpi.metric in OF_RUNS else empty


def not_loaded(activity: ActivityData, label: str, metric: str) -> Kpi:
    return Kpi(
        label=label,
        metric=metric,
        value=None,
        is_empty=True,
        note="did not load",
        link=Link(text="Try again", href=activity.state.href),
    )


def pass_rate_tile(activity: ActivityData) -> Kpi:
    if activity.now is None:
        return not_loaded(activity, "Pass rate", "pass_rate")
    rate, before = pass_rate(activity.counts), pass_rate(activity.counts_before)
    stale = activity.stale
    # The data that a stale tool did not give yet is missing from the figure.
    without = f"without {stale[0].name}, {stale[0].age} old" if stale else ""
    return Kpi(
        label="Pass rate",
        href=links.results(activity.filters, links.DECIDED_WORDS),
        metric="pass_rate",
        value=rate.value,
        delta=None if stale else deltas.rate_delta(rate.value, before.value),
        note=without or _from(numbers.percent(before.value), before.n),
        title=rate_title(rate),
        is_stale=bool(stale),
        trend=_line(pass_rate(counts).value for counts in activity.by_day.values()),
    )


def runs_tile(activity: ActivityData) -> Kpi:
    if activity.runs is None:
        return not_loaded(activity, "Runs", "runs")
    number, before = activity.runs.total, activity.runs.previous
    per_day = dict.fromkeys(activity.days, 0)
    for (_, day), runs in activity.runs.by_day.items():
        per_day[day] += runs
    return Kpi(
        label="Runs",
        href=links.runs(activity.filters),
        metric="runs",
        value=number,
        delta=deltas.share_delta(number, before),
        note=_from(numbers.count(before), before),
        trend=_bars(per_day.values()),
    )


def results_tile(activity: ActivityData) -> Kpi:
    if activity.now is None:
        return not_loaded(activity, "Results", "results")
    n_rows, _ = rows_and_counts(activity.now)
    number, before = activity.counts.total, activity.counts_before.total
    note, title = _from(numbers.count(before), before), numbers.plural(n_rows, "row")
    if number >= 10_000:
        # A figure in thousands has the whole number beside it.
        note = f"{numbers.count(number)} rows"
    without = activity.without
    if without and without.results:
        note = f"{numbers.count(n_rows)} rows"
        title += f", {counts_note(without)}"
    return Kpi(
        label="Results",
        href=links.results(activity.filters),
        metric="results",
        value=number,
        delta=deltas.share_delta(number, before),
        note=note,
        title=title,
        trend=_bars(counts.total for counts in activity.by_day.values()),
    )


def failing_tile(activity: ActivityData) -> Kpi:
    history = activity.failing
    if history is None:
        return not_loaded(activity, "Failing now", "failing_now")
    if activity.has_only_totals:
        return _totals_only(activity, "Failing now", "failing_now")
    tile = Kpi(
        label="Failing now",
        glyph="fail",
        href=links.failing(activity.filters),
        metric="failing_now",
        value=sum(history.now.values()),
    )
    return _of_cases(activity, tile, sum(history.previous.values()), history.by_day)


def flaky_tile(activity: ActivityData) -> Kpi:
    history = activity.flaky
    if history is None:
        return not_loaded(activity, "Flaky tests", "flaky")
    if activity.has_only_totals:
        return _totals_only(activity, "Flaky tests", "flaky")
    tile = Kpi(
        label="Flaky tests",
        glyph="flaky",
        href=links.flaky(activity.filters),
        metric="flaky",
        value=sum(total.cases for total in history.now.values()),
    )
    before = sum(total.cases for total in history.previous.values())
    return _of_cases(activity, tile, before, history.by_day)


def _of_cases(
    activity: ActivityData, tile: Kpi, before: int, by_day: tuple[int | None, ...]
) -> Kpi:
    # Far enough below that a small change looks small.
    floor = 0.6 * min(number for number in by_day if number is not None)
    return replace(
        tile,
        delta=deltas.count_delta(int(tile.value or 0), before),
        note=f"from {numbers.count(before)}",
        trend=_line(by_day, colour=tile.glyph, floor=floor),
    )


def time_lost_tile(
    activity: ActivityData, label: str = "Time lost to flaky tests"
) -> Kpi:
    history = activity.flaky
    if history is None:
        return not_loaded(activity, label, "time_lost_ms")
    if activity.has_only_totals:
        return _totals_only(activity, label, "time_lost_ms")
    now, before = list(history.now.values()), history.previous.values()
    lost_ms = sum(total.time_lost_ms for total in now)
    before_ms = sum(total.time_lost_ms for total in before)
    lost = lost_total(add_totals(now), activity.filters)
    return Kpi(
        label=label,
        href=lost.href or links.flaky(activity.filters),
        metric="time_lost_ms",
        value=lost_ms,
        delta=deltas.duration_delta(lost_ms, before_ms),
        note=f"from {times.duration(before_ms)}",
        title=lost.title,
        trend=_bars(history.lost_by_day),
    )


def _totals_only(activity: ActivityData, label: str, metric: str) -> Kpi:
    """What would be a zero that says nothing about; the tile leads to the runs."""
    words = totals_only(activity.filters)
    return Kpi(
        label=label,
        metric=metric,
        value=None,
        words=words.text,
        href=words.href,
        note=words.title,
    )


def _line(
    values: Iterable[float | None], *, colour: str = "ink", floor: float | None = None
) -> Trend:
    return Trend(kind="line", values=tuple(values), colour=colour, floor=floor)


def _bars(values: Iterable[float]) -> Trend:
    return Trend(kind="bars", values=tuple(float(value) for value in values))


def _from(before: str, n: int) -> str:
    return f"from {before}" if n else "nothing before"
