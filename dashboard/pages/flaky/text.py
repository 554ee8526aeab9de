"""Sentences of the page of flaky tests, and how a flake rate reads."""

from __future__ import annotations

from datetime import timedelta

from dashboard.filters import Window
from dashboard.lists.flaky_choice import NEW, SETTLED
from dashboard.metrics.time_lost import cost_of, prices
from dashboard.pages.flaky.page_data import PageData
from dashboard.ui import links
from dashboard.ui.flake_evidence import lost_total
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Piece, Sentence, Verdict
from dashboard.ui.text.numbers import count, plural, score_range, whole_percent
from dashboard.ui.text.times import duration
from dashboard.ui.text.verdicts import Words, compose_verdict, piece, pieces

# So many of the costliest tests are told apart from the rest.
FIRST = 5
# An interval wider than this many points comes from few runs.
WIDE_POINTS = 30.0


def flake_bounds(low: float, high: float) -> str:
    """ "79-93" with an en dash; ", few runs" when they are far apart."""
    text = score_range(low, high)
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
    days, moves = window_length(data.filters.window()), _moves(data)
    if not flaky:
        return compose_verdict("fixed", (f"No test is flaky in {days}.",), moves)
    number = counted("flaky", flaky, links.flaky(data.filters))
    lost = piece(lost_total(data.totals, data.filters))
    cost: Words = (" cost ", lost) if lost_ms else ()
    bold = (piece(number, plural(flaky, "flaky test")), *cost, f" in {days}.")
    return compose_verdict("flaky", bold, (*_share_of_first(data), *moves))


def _share_of_first(data: PageData) -> Words:
    lost_ms = data.totals.time_lost_ms
    if len(data.costliest) <= FIRST or not lost_ms:
        return ()
    value = sum(case.time_lost_ms for case in data.costliest[:FIRST]) / lost_ms
    share = Piece(text=whole_percent(value), metric="share", value=value)
    return f" The first {FIRST} account for ", share, " of it."


def _moves(data: PageData) -> Words:
    """ " 9 are new this week, 14 have settled."; nothing of what is none."""
    if data.states is None:
        return ()
    parts: list[str | Piece] = []
    for state, number, one, many in (
        (NEW, len(data.states.new), "is new this week", "are new this week"),
        (SETTLED, len(data.states.settled), "has settled", "have settled"),
    ):
        if number:
            href = links.flaky(data.filters, state=state)
            door = counted(f"flaky_{state}", number, href)
            words = f" {one if number == 1 else many}"
            parts += ", " if parts else " ", piece(door), words
    return (*parts, ".") if parts else ()


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
        bold=pieces((f"Worth {cost.total:,.2f}",)),
        rest=pieces((f" at your prices: {', '.join(parts)}.",)),
    )


def left_out(data: PageData) -> tuple[Piece, ...]:
    """How many runs flakiness leaves out, and why; nothing without any."""
    runs, excluded = data.left_out or (0, 0)
    if not runs:
        return ()
    outages = runs - excluded
    reasons = [plural(outages, "outage")] if outages else []
    reasons += [f"{count(excluded)} excluded by a person"] if excluded else []
    door = counted("runs_left_out", runs, links.runs_left_out(data.filters))
    text = f" left out: {', '.join(reasons)}."
    return pieces((piece(door, plural(runs, "run")), text))
