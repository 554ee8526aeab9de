"""Sentences of the page of flaky tests, and how a flake rate reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from dashboard.filters import Window
from dashboard.lists.flaky_choice import NEW, SETTLED
from dashboard.metrics.time_lost import cost_of, prices
from dashboard.pages.flaky.page_data import PageData
from dashboard.ui import links
from dashboard.ui.parts import Piece, Sentence, Verdict
from dashboard.ui.text.numbers import DASH, count, plural
from dashboard.ui.text.times import duration

# So many of the costliest tests are told apart from the rest.
FIRST = 5
# An interval wider than this many points comes from few runs.
WIDE_POINTS = 30.0


def flake_score(rate: float) -> str:
    """A flake rate 0-1 in per cent without the sign: 12, and 0.4 below one."""
    percent = 100 * rate
    if percent >= 0.95:
        return f"{percent:.0f}"
    return f"{max(percent, 0.1):.1f}" if percent > 0 else "0"


def flake_bounds(low: float, high: float) -> str:
    """ "79-93" with an en dash; ", few runs" when they are far apart."""
    text = f"{flake_score(low)}{DASH}{flake_score(high)}"
    return f"{text}, few runs" if 100 * (high - low) > WIDE_POINTS else text


def window_length(window: Window) -> str:
    """ "30 days", at least one."""
    days = round((window.until - window.since) / timedelta(days=1))
    return plural(max(days, 1), "day")


def verdict(data: PageData) -> Verdict | None:
    """ "61 flaky tests cost 41h 20m in 30 days. The first 5 account for 27% of it."

    None where it did not load.
    """
    if data.flaky is None:
        return None
    flaky, lost_ms = data.totals.cases, data.totals.time_lost_ms
    days = window_length(data.filters.window())
    if not flaky:
        fact = Piece(text=f"No test is flaky in {days}.")
        return Verdict(
            glyph="fixed", sentence=Sentence(bold=(fact,), rest=_moves(data))
        )
    bold = [
        Piece(
            text=plural(flaky, "flaky test"),
            metric="flaky",
            value=flaky,
            href=links.flaky(data.filters),
        )
    ]
    if lost_ms:
        lost = Piece(text=duration(lost_ms), metric="time_lost_ms", value=lost_ms)
        bold += Piece(text=" cost "), lost
    bold.append(Piece(text=f" in {days}."))
    rest = (*_share_of_first(data), *_moves(data))
    return Verdict(glyph="flaky", sentence=Sentence(bold=tuple(bold), rest=rest))


def _share_of_first(data: PageData) -> Sequence[Piece]:
    lost_ms = data.totals.time_lost_ms
    if len(data.costliest) <= FIRST or not lost_ms:
        return ()
    share = sum(case.time_lost_ms for case in data.costliest[:FIRST]) / lost_ms
    return (
        Piece(text=f" The first {FIRST} account for "),
        Piece(text=f"{100 * share:.0f}%", metric="share", value=share),
        Piece(text=" of it."),
    )


def _moves(data: PageData) -> tuple[Piece, ...]:
    """ " 9 are new this week, 14 have settled."; nothing of what is none."""
    if data.states is None:
        return ()
    pieces: list[Piece] = []
    for state, number, one, many in (
        (NEW, len(data.states.new), "is new this week", "are new this week"),
        (SETTLED, len(data.states.settled), "has settled", "have settled"),
    ):
        if not number:
            continue
        door = Piece(
            text=count(number),
            metric=f"flaky_{state}",
            value=number,
            href=links.flaky(data.filters, state=state),
        )
        words = Piece(text=f" {one if number == 1 else many}")
        pieces += Piece(text=", " if pieces else " "), door, words
    return (*pieces, Piece(text=".")) if pieces else ()


def money(data: PageData) -> Sentence | None:
    """What the time is worth at the prices that are set; None without any."""
    totals = data.totals
    cost = cost_of(totals.time_lost_ms, totals.events, prices())
    if cost is None or not totals.cases:
        return None
    parts = []
    if cost.machine is not None:
        lost = duration(totals.time_lost_ms)
        parts.append(f"{cost.machine:,.2f} for {lost} of machines")
    if cost.triage is not None:
        events = plural(totals.events, "flake event")
        parts.append(f"{cost.triage:,.2f} for looking at {events}")
    return Sentence(
        bold=(Piece(text=f"Worth {cost.total:,.2f}"),),
        rest=(Piece(text=f" at your prices: {', '.join(parts)}."),),
    )


def left_out(data: PageData) -> tuple[Piece, ...]:
    """How many runs flakiness leaves out, and why; nothing without any."""
    runs, excluded = data.left_out
    if not runs:
        return ()
    outages = runs - excluded
    reasons = [plural(outages, "outage")] if outages else []
    reasons += [f"{count(excluded)} excluded by a person"] if excluded else []
    door = Piece(
        text=plural(runs, "run"),
        metric="runs_left_out",
        value=runs,
        href=links.runs_left_out(data.filters),
    )
    return door, Piece(text=f" left out: {', '.join(reasons)}.")
