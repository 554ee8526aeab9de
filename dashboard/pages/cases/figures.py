"""The tiles of a test: each figure with what makes it believable below."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboard.metrics.rates import pass_rate
from dashboard.pages.cases.page_data import PageData
from dashboard.ui import links
from dashboard.ui.flake_evidence import attempt_links, lost_number, retried
from dashboard.ui.number_links import rate_title
from dashboard.ui.parts import Delta, Piece
from dashboard.ui.text import deltas, numbers, times

# A wider interval is of too few results to rely on.
FEW_RUNS_POINTS = 30
NOT_LOADED = "did not load"
UNDECIDED = "no automated result decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKpi:
    """One tile of a test: its value and the line below may each hold doors.

     `parts` are (text, unit) pairs, `interval` an estimate, its lower and its upper bound
    . `is_text` prints the value smaller, as words.
    """

    label: str
    parts: tuple[tuple[str, str], ...] = ((numbers.DASH, ""),)
    metric: str = ""
    value: float | None = None
    href: str = ""
    title: str = ""
    glyph: str = ""
    delta: Delta | None = None
    interval: tuple[float, float, float] | None = None
    line: tuple[Piece, ...] = ()
    is_text: bool = False


def tiles(data: PageData) -> tuple[CaseKpi, ...]:
    builders = (_pass_rate, _executions, _flaky, _median, _time_lost, _first_seen)
    return tuple(build(data) for build in builders)


def _unknown(kpi: CaseKpi, why: str) -> CaseKpi:
    return replace(kpi, line=(Piece(text=why),))


def _pass_rate(data: PageData) -> CaseKpi:
    rate = pass_rate(data.counts)
    before = pass_rate(data.counts_before)
    text = f"from {numbers.percent(before.value)}" if before.n else "nothing before"
    return CaseKpi(
        label="Pass rate",
        parts=numbers.percent_parts(rate.value),
        metric="pass_rate",
        value=rate.value,
        href=_results(data, *links.DECIDED_WORDS) if rate.n else "",
        title=rate_title(rate),
        delta=deltas.rate_delta(rate.value, before.value),
        line=(Piece(text=text),),
    )


def _executions(data: PageData) -> CaseKpi:
    total = data.counts.total
    return CaseKpi(
        label="Executions",
        parts=numbers.count_parts(total),
        metric="results",
        value=total,
        href=_results(data) if total else "",
        line=(
            _count(data, "failed"),
            Piece(text=" failed, "),
            _count(data, "error"),
            Piece(text=" error"),
            *_on_retry(data),
        ),
    )


def _on_retry(data: PageData) -> tuple[Piece, ...]:
    """Of those that passed, how many needed a retry."""
    if data.flakiness is None or not data.flakiness.passed_on_retry:
        return ()
    number = retried(data.flakiness, attempt_links(data.state.filters))
    return (Piece(text=", "), number, Piece(text=" on retry"))


def _count(data: PageData, status: str) -> Piece:
    number: int = getattr(data.counts, status)
    return Piece(
        text=numbers.count(number),
        href=_results(data, status) if number else "",
        metric=status,
        value=number,
    )


def _flaky(data: PageData) -> CaseKpi:
    """The flake rate in per cent; without any event its upper bound, never "stable"."""
    kpi, one = CaseKpi(label="Flaky score", glyph="flaky"), data.flakiness
    if data.histories is None:
        return _unknown(kpi, NOT_LOADED)
    if one is None or not one.n:
        return _unknown(kpi, UNDECIDED)
    if one.upper_bound is not None:
        below = numbers.percent_above(one.upper_bound)
        return replace(
            kpi,
            parts=(("<\N{NO-BREAK SPACE}" + below[:-1], "%"),),
            metric="flaky_upper_bound",
            value=one.upper_bound,
            title=f"No flake event in {numbers.plural(one.n, 'result')}",
            line=(Piece(text=f"none seen in {numbers.count(one.n)} (95 %)"),),
        )
    few = ", few runs" if 100 * (one.high - one.low) > FEW_RUNS_POINTS else ""
    events = numbers.plural(one.k, "flake event")
    return replace(
        kpi,
        parts=((numbers.score(one.rate), ""),),
        metric="rate",
        value=one.rate,
        title=f"{events} in {numbers.plural(one.n, 'result')}, {one.evidence or ''}",
        interval=(one.rate, one.low, one.high),
        line=(Piece(text=f"{numbers.score_range(one.low, one.high)}{few}"),),
    )


def _median(data: PageData) -> CaseKpi:
    kpi, one = CaseKpi(label="Median duration"), data.duration
    if data.slow is None:
        return _unknown(kpi, NOT_LOADED)
    kpi = replace(kpi, metric="p50_ms")
    if one is None:
        return _unknown(kpi, "no passed result with a duration")
    before = one.previous_p50_ms
    return replace(
        kpi,
        parts=times.duration_parts(one.p50_ms),
        value=one.p50_ms,
        href=_results(data, "passed"),
        title=f"of {numbers.plural(one.n, 'passed result')} with a known duration",
        delta=None if before is None else deltas.duration_delta(one.p50_ms, before),
        line=(Piece(text=f"95th: {times.duration(one.p95_ms)}"),),
    )


def _time_lost(data: PageData) -> CaseKpi:
    kpi, one = CaseKpi(label="Time lost"), data.flakiness
    if data.histories is None:
        return _unknown(kpi, NOT_LOADED)
    kpi = replace(kpi, metric="time_lost_ms")
    if one is None:
        return _unknown(kpi, UNDECIDED)
    lost = lost_number(one, attempt_links(data.state.filters))
    text = f"in {numbers.plural(one.k, 'flake event')}" if one.k else "no flake event"
    if one.unknown_durations:
        text += f", {numbers.plural(one.unknown_durations, 'duration')} unknown"
    return replace(
        kpi,
        parts=times.duration_parts(one.time_lost_ms),
        value=one.time_lost_ms,
        href=lost.href,
        title=lost.title,
        line=(Piece(text=text),),
    )


def _first_seen(data: PageData) -> CaseKpi:
    at, first = data.case.first_seen_at, data.first
    there = at.astimezone(data.clock.zone)
    line: tuple[Piece, ...] = ()
    if first is not None:
        number = Piece(text=f"#{first.external_id[:12]}", href=links.run(first.run))
        commit = f", commit {first.commit[:7]}" if first.commit else ""
        line = (Piece(text="run "), number, Piece(text=commit))
    return CaseKpi(
        label="First seen",
        parts=((f"{times.day(there.date())} {there.year}", ""),),
        title=data.clock.timestamp(at),
        line=line,
        is_text=True,
    )


def _results(data: PageData, *statuses: str) -> str:
    return links.results(data.state.filters, statuses)
