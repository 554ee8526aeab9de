"""The tiles of a test: each figure with what makes it believable below."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.metrics.rates import pass_rate
from dashboard.pages.cases.page_data import PageData
from dashboard.ui import links
from dashboard.ui.number_links import rate_title
from dashboard.ui.parts import Delta, Piece
from dashboard.ui.text import deltas, numbers, times

_FEW_RUNS_POINTS = 30
_UNKNOWN = ((numbers.DASH, ""),)
_NOT_LOADED = (Piece(text="did not load"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and its interval in per cent, for the interval mark."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKpi:
    """One tile of a test: its value and the line below may each hold doors.

    `parts` are (text, unit) pairs. `is_text` prints the value smaller, as words.
    """

    label: str
    parts: tuple[tuple[str, str], ...]
    metric: str = ""
    value: float | None = None
    href: str = ""
    title: str = ""
    glyph: str = ""
    delta: Delta | None = None
    interval: Interval | None = None
    line: tuple[Piece, ...] = ()
    is_text: bool = False


def tiles(found: PageData) -> tuple[CaseKpi, ...]:
    builders = (_pass_rate, _executions, _flaky, _median, _time_lost, _first_seen)
    return tuple(build(found) for build in builders)


def _pass_rate(found: PageData) -> CaseKpi:
    rate = pass_rate(found.counts)
    before = pass_rate(found.counts_before)
    text = f"from {numbers.percent(before.value)}" if before.n else "nothing before"
    return CaseKpi(
        label="Pass rate",
        parts=numbers.percent_parts(rate.value),
        metric="pass_rate",
        value=rate.value,
        href=_results(found, *links.DECIDED_WORDS) if rate.n else "",
        title=rate_title(rate),
        delta=deltas.rate_delta(rate.value, before.value),
        line=(Piece(text=text),),
    )


def _executions(found: PageData) -> CaseKpi:
    counts = found.counts
    return CaseKpi(
        label="Executions",
        parts=numbers.count_parts(counts.total),
        metric="results",
        value=counts.total,
        href=_results(found) if counts.total else "",
        line=(
            _count(found, "failed"),
            Piece(text=" failed, "),
            _count(found, "error"),
            Piece(text=" error"),
        ),
    )


def _count(found: PageData, status: str) -> Piece:
    number: int = getattr(found.counts, status)
    return Piece(
        text=numbers.count(number),
        href=_results(found, status) if number else "",
        metric=status,
        value=number,
    )


def _flaky(found: PageData) -> CaseKpi:
    """The flake rate in per cent; without any event its upper bound, never "stable"."""
    label, glyph = "Flaky score", "flaky"
    if found.histories is None:
        return CaseKpi(label=label, parts=_UNKNOWN, glyph=glyph, line=_NOT_LOADED)
    one = found.flakiness
    if one is None or not one.n:
        line = (Piece(text="no automated result decided"),)
        return CaseKpi(label=label, parts=_UNKNOWN, glyph=glyph, line=line)
    if one.upper_bound is not None:
        below = numbers.percent_parts(one.upper_bound)
        return CaseKpi(
            label=label,
            glyph=glyph,
            parts=(("<\N{NO-BREAK SPACE}" + below[0][0], below[0][1]),),
            metric="flaky_upper_bound",
            value=one.upper_bound,
            title=f"No flake event in {numbers.plural(one.n, 'result')}",
            line=(Piece(text=f"none seen in {numbers.count(one.n)} (95 %)"),),
        )
    low, high = round(100 * one.low), round(100 * one.high)
    few = ", few runs" if 100 * (one.high - one.low) > _FEW_RUNS_POINTS else ""
    events = numbers.plural(one.k, "flake event")
    return CaseKpi(
        label=label,
        glyph=glyph,
        parts=((f"{100 * one.rate:.0f}", ""),),
        metric="rate",
        value=one.rate,
        title=f"{events} in {numbers.plural(one.n, 'result')}, {one.evidence or ''}",
        interval=Interval(
            estimate=100 * one.rate, low=100 * one.low, high=100 * one.high
        ),
        line=(Piece(text=f"{low}{numbers.DASH}{high}{few}"),),
    )


def _median(found: PageData) -> CaseKpi:
    label = "Median duration"
    if found.slow is None:
        return CaseKpi(label=label, parts=_UNKNOWN, line=_NOT_LOADED)
    one = found.duration
    if one is None:
        line = (Piece(text="no passed result with a duration"),)
        return CaseKpi(label=label, parts=_UNKNOWN, metric="p50_ms", line=line)
    delta = None
    if one.previous_p50_ms is not None:
        delta = deltas.duration_delta(one.p50_ms, one.previous_p50_ms)
    return CaseKpi(
        label=label,
        parts=times.duration_parts(one.p50_ms),
        metric="p50_ms",
        value=one.p50_ms,
        href=_results(found, "passed"),
        title=f"of {numbers.plural(one.n, 'passed result')} with a known duration",
        delta=delta,
        line=(Piece(text=f"95th: {times.duration(one.p95_ms)}"),),
    )


def _time_lost(found: PageData) -> CaseKpi:
    label = "Time lost"
    if found.histories is None:
        return CaseKpi(label=label, parts=_UNKNOWN, line=_NOT_LOADED)
    one = found.flakiness
    if one is None:
        line = (Piece(text="no automated result decided"),)
        return CaseKpi(label=label, parts=_UNKNOWN, metric="time_lost_ms", line=line)
    text = f"in {numbers.plural(one.k, 'flake event')}" if one.k else "no flake event"
    if one.unknown_durations:
        missing = numbers.plural(one.unknown_durations, "duration")
        text += f", {missing} unknown"
    return CaseKpi(
        label=label,
        parts=times.duration_parts(one.time_lost_ms),
        metric="time_lost_ms",
        value=one.time_lost_ms,
        href=links.attempts(found.state.filters) if one.time_lost_ms else "",
        title="Machine time of the attempts of its flake events that did not pass or "
        "ran again",
        line=(Piece(text=text),),
    )


def _first_seen(found: PageData) -> CaseKpi:
    at = found.case.first_seen_at
    there = at.astimezone(found.state.zone)
    first = found.first
    line: tuple[Piece, ...] = ()
    if first is not None:
        number = Piece(text=f"#{first.external_id[:12]}", href=links.run(first.run))
        line = (Piece(text="run "), number)
        if first.commit:
            line += (Piece(text=f", commit {first.commit[:7]}"),)
    return CaseKpi(
        label="First seen",
        parts=((f"{times.day(there.date())} {there.year}", ""),),
        title=times.timestamp(at, found.state.zone),
        line=line,
        is_text=True,
    )


def _results(found: PageData, *statuses: str) -> str:
    return links.results(found.state.filters, statuses)
