"""The tiles with the key figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from dashboard.metrics.flaky import FlakyTotals
from dashboard.metrics.flaky_history import FlakyHistory
from dashboard.metrics.rates import pass_rate
from dashboard.metrics.tallies import rows_and_counts
from dashboard.ui import freshness, links
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.number_links import bridged, rate_title
from dashboard.ui.parts import Delta, Link, Trend
from dashboard.ui.text import deltas, numbers, times
from dashboard.ui.text.verdicts import StaleTool
from ingest.contract import Counts

NOT_LOADED = "did not load"
# These say something without any result.
OF_RUNS = ("runs", "median_run_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One tile. `parts` are (text, unit) pairs: (("41", "h"), ("20", "m")).

    The whole tile is a link to `href`; `metric` and `value` name the number for the
    API, unrounded. `note` stands beside the delta. `is_stale` puts the triangle into
    the label; `link` offers a way out when the figure is empty.
    """

    label: str
    parts: tuple[tuple[str, str], ...]
    href: str
    metric: str
    value: float | None
    glyph: str = ""
    delta: Delta | None = None
    note: str = ""
    link: Link | None = None
    title: str = ""
    state: Literal["ready", "loading", "empty"] = "ready"
    is_stale: bool = False
    trend: Trend | None = None


def tiles(
    found: ActivityData, last: str = "", last_link: Link | None = None
) -> tuple[Kpi, ...]:
    """The six tiles; `last` says when the last run was, where the window has none."""
    builders = (pass_rate_tile, runs, _results, failing, flaky, time_lost)
    return emptied(found, [build(found) for build in builders], last, last_link)


def emptied(
    found: ActivityData, made: list[Kpi], last: str, last_link: Link | None
) -> tuple[Kpi, ...]:
    """The tiles, those without anything behind them as zeros. Runs are the second."""
    if found.now is not None and not found.counts.total:
        made = [kpi if kpi.metric in OF_RUNS else _empty(kpi) for kpi in made]
    if found.runs is not None and not found.runs.total:
        made[1] = replace(_empty(made[1]), note=last, link=last_link)
    return tuple(made)


def pass_rate_tile(found: ActivityData) -> Kpi:
    if found.now is None:
        return unknown(found, "Pass rate", "pass_rate")
    rate, before = pass_rate(found.counts), pass_rate(found.counts_before)
    stale = freshness.stale_tools(found.connections, found.state.filters.now)
    return Kpi(
        label="Pass rate",
        parts=numbers.percent_parts(rate.value),
        href=links.results(found.state.filters, links.DECIDED_WORDS),
        metric="pass_rate",
        value=rate.value,
        delta=None if stale else deltas.rate_delta(rate.value, before.value),
        note=_without(stale) or _from(numbers.percent(before.value), before.n),
        title=rate_title(rate),
        is_stale=bool(stale),
        trend=_line(pass_rate(counts).value for counts in _days(found)),
    )


def runs(found: ActivityData) -> Kpi:
    if found.runs is None:
        return unknown(found, "Runs", "runs")
    number, before = found.runs.total, found.runs.previous
    per_day = dict.fromkeys(found.days, 0)
    for (_, day), runs in found.runs.by_day.items():
        per_day[day] += runs
    return Kpi(
        label="Runs",
        parts=numbers.count_parts(number),
        href=links.runs(found.state.filters),
        metric="runs",
        value=number,
        delta=deltas.share_delta(number, before),
        note=_from(numbers.count(before), before),
        trend=_bars(per_day.values()),
    )


def _results(found: ActivityData) -> Kpi:
    if found.now is None:
        return unknown(found, "Results", "results")
    n_rows, _ = rows_and_counts(found.now)
    number, before = found.counts.total, found.counts_before.total
    return Kpi(
        label="Results",
        parts=numbers.count_parts(number),
        href=links.results(found.state.filters),
        metric="results",
        value=number,
        delta=deltas.share_delta(number, before),
        note=_rows_note(found, n_rows) or _from_count(number, before),
        title=_rows_title(found, n_rows),
        trend=_bars(counts.total for counts in _days(found)),
    )


def _rows_note(found: ActivityData, n_rows: int) -> str:
    """Where the number of rows behind the door is another."""
    without = found.without
    return f"{numbers.count(n_rows)} rows" if without and without.results else ""


def _rows_title(found: ActivityData, n_rows: int) -> str:
    rows, without = numbers.plural(n_rows, "row"), found.without
    if without is None or not without.results:
        return rows
    runs = numbers.plural(without.runs, "run")
    return f"{rows}, and {numbers.count(without.results)} in {runs} without rows"


def failing(found: ActivityData) -> Kpi:
    if found.failing is None:
        return unknown(found, "Failing now", "failing_now")
    number = sum(found.failing.now.values())
    before = sum(found.failing.previous.values())
    return Kpi(
        label="Failing now",
        glyph="fail",
        parts=numbers.count_parts(number),
        href=links.failing(found.state.filters),
        metric="failing_now",
        value=number,
        delta=deltas.count_delta(number, before),
        note=_among_rows(found) or f"from {numbers.count(before)}",
        trend=_line(
            found.failing.by_day,
            colour="fail",
            # Far enough below that a small change looks small.
            floor=0.6 * min(found.failing.by_day),
        ),
    )


def _among_rows(found: ActivityData) -> str:
    """What a zero says nothing about."""
    return "totals tell no tests apart" if found.has_only_totals else ""


def flaky(found: ActivityData) -> Kpi:
    if found.flaky is None:
        return unknown(found, "Flaky tests", "flaky")
    number = sum(total.cases for total in found.flaky.now.values())
    before = sum(total.cases for total in found.flaky.previous.values())
    return Kpi(
        label="Flaky tests",
        glyph="flaky",
        parts=numbers.count_parts(number),
        href=links.flaky(found.state.filters),
        metric="flaky",
        value=number,
        delta=deltas.count_delta(number, before),
        note=_among_rows(found) or f"from {numbers.count(before)}",
        trend=_line(found.flaky.by_day, colour="flaky", floor=_floor(found.flaky)),
    )


def _floor(history: FlakyHistory) -> float:
    return 0.6 * min(number for number in history.by_day if number is not None)


def time_lost(found: ActivityData, label: str = "Time lost to flaky tests") -> Kpi:
    if found.flaky is None:
        return unknown(found, label, "time_lost_ms")
    now = found.flaky.now.values()
    lost_ms = sum(total.time_lost_ms for total in now)
    before_ms = sum(total.time_lost_ms for total in found.flaky.previous.values())
    return Kpi(
        label=label,
        parts=times.duration_parts(lost_ms),
        href=links.flaky(found.state.filters),
        metric="time_lost_ms",
        value=lost_ms,
        delta=deltas.duration_delta(lost_ms, before_ms),
        note=f"from {times.duration(before_ms)}",
        title=_lost_title(now),
        trend=_bars(found.flaky.lost_by_day),
    )


def _lost_title(totals: Iterable[FlakyTotals]) -> str:
    """What the time is of, and what is not in it."""
    several = list(totals)
    cases = numbers.plural(sum(total.cases for total in several), "flaky test")
    unknown = sum(total.unknown_durations for total in several)
    title = f"machine time of the flakes of {cases}"
    if not unknown:
        return title
    attempts = numbers.plural(unknown, "attempt")
    return f"{title}; {attempts} of unknown duration left out"


def _days(found: ActivityData) -> list[Counts]:
    return [found.by_day.get(day, Counts()) for day in found.days]


def _line(
    values: Iterable[float | None], *, colour: str = "ink", floor: float | None = None
) -> Trend:
    drawn = bridged(tuple(values))
    return Trend(kind="line", values=drawn, colour=colour, floor=floor)


def _bars(values: Iterable[float]) -> Trend:
    return Trend(kind="bars", values=tuple(float(value) for value in values))


def _from(before: str, n: int) -> str:
    return f"from {before}" if n else "nothing before"


def _from_count(number: int, before: int) -> str:
    """A figure in thousands has the whole number beside it."""
    if number < 10_000:
        return _from(numbers.count(before), before)
    return f"{numbers.count(number)} rows"


def _without(stale: list[StaleTool]) -> str:
    """The data that a stale tool did not give yet is missing from the figure."""
    return f"without {stale[0].name}, {stale[0].age} old" if stale else ""


def _empty(kpi: Kpi) -> Kpi:
    nothing: Delta | None = None
    return replace(
        kpi, state="empty", delta=nothing, note="", is_stale=False, trend=None
    )


def unknown(found: ActivityData, label: str, metric: str) -> Kpi:
    return Kpi(
        label=label,
        parts=((numbers.DASH, ""),),
        href="",
        metric=metric,
        value=None,
        state="empty",
        note=NOT_LOADED,
        link=Link(text="Try again", href=found.state.href),
    )
