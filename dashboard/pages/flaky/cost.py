"""What flaky tests cost: the sentence, and the bar of where the time goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from dashboard import words
from dashboard.contexts import Number, Piece, Sentence, Verdict
from dashboard.contexts.flaky import TimeBar, TimeShare
from dashboard.filters import Window
from dashboard.lists.flaky_choice import NEW, SETTLED
from dashboard.metrics.flaky import FlakyCase, flaky_totals
from dashboard.metrics.time_lost import cost_of, prices
from dashboard.pages import doors
from dashboard.pages.flaky.material import MOST_PARTS, Material
from dashboard.pages.remarks import muted_title
from dashboard.words.flaky import FIRST
from dashboard.words.flaky import money as money_words

# Parts smaller than this are drawn together.
SMALLEST_PERCENT = 1.2
# A part that holds a duration is at least this wide.
NAMED_PERCENT, NAMED = 6.0, 4


def verdict(found: Material) -> Verdict | None:
    """None when it did not load."""
    if found.flaky is None:
        return None
    totals = flaky_totals(found.flaky)
    filters = found.asked.page.filters
    flaky = Number(
        text=words.count(totals.cases),
        metric="flaky",
        value=totals.cases,
        href=doors.flaky(filters),
    )
    return words.flaky_verdict(
        flaky,
        totals.time_lost_ms,
        window_length(filters.window()),
        share=_share(found, totals.time_lost_ms),
        moves=_moves(found),
    )


def window_length(window: Window) -> str:
    """ "30 days", at least one."""
    days = round((window.until - window.since) / timedelta(days=1))
    return words.plural(max(days, 1), "day")


def _share(found: Material, lost_ms: int) -> Number | None:
    costliest = found.costliest
    if len(costliest) <= FIRST or not lost_ms:
        return None
    share = sum(case.time_lost_ms for case in costliest[:FIRST]) / lost_ms
    return Number(text=f"{100 * share:.0f}%", metric="share", value=share)


def _moves(found: Material) -> tuple[Piece, ...]:
    states = found.states
    if states is None:
        return ()
    filters = found.asked.page.filters
    new, settled = len(states.new), len(states.settled)
    return words.flaky_moves(
        Number(
            text=words.count(new),
            metric="flaky_new",
            value=new,
            href=doors.flaky(filters, state=NEW),
        ),
        Number(
            text=words.count(settled),
            metric="flaky_settled",
            value=settled,
            href=doors.flaky(filters, state=SETTLED),
        ),
    )


def time_bar(found: Material) -> TimeBar | None:
    """None where no time is known to be lost."""
    totals = flaky_totals(found.flaky or ())
    if not totals.time_lost_ms:
        return None
    costliest = found.costliest
    total = totals.time_lost_ms
    drawn = [
        case
        for case in costliest[:MOST_PARTS]
        if 100 * case.time_lost_ms / total >= SMALLEST_PERCENT
    ]
    rest = costliest[len(drawn) :]
    return TimeBar(
        subtitle=_subtitle(totals.unknown_durations),
        shares=tuple(
            _part(found, case, place, total) for place, case in enumerate(drawn)
        ),
        rest=_rest(found, rest, total) if rest else None,
    )


def _subtitle(unknown: int) -> str:
    text = "machine time of flaky executions, per test"
    if not unknown:
        return text
    return f"{text}; {words.plural(unknown, 'unknown duration')} not counted"


def _part(found: Material, case: FlakyCase, place: int, total_ms: int) -> TimeShare:
    percent = 100 * case.time_lost_ms / total_ms
    lost = words.duration(case.time_lost_ms)
    muted = muted_title(found.asked.page, case.case, found.noted)
    is_named = place < NAMED and percent >= NAMED_PERCENT
    return TimeShare(
        percent=percent,
        text=lost if is_named else "",
        title=f"{case.name}: {lost}" + (f". {muted}" if muted else ""),
        href=doors.case(case.case),
        is_hot=place < FIRST,
    )


def _rest(found: Material, rest: Sequence[FlakyCase], total_ms: int) -> TimeShare:
    lost_ms = sum(case.time_lost_ms for case in rest)
    others = words.plural(len(rest), "other")
    text = f"{others}, {words.duration(lost_ms)}"
    percent = 100 * lost_ms / total_ms
    return TimeShare(
        percent=percent,
        text=text if percent >= 2 * NAMED_PERCENT else f"+{len(rest)}",
        title=text,
        href=found.asked.page.with_filters(sort="-lost"),
    )


def money(found: Material) -> Sentence | None:
    """What the time is worth at the prices that are set; None without any."""
    totals = flaky_totals(found.flaky or ())
    cost = cost_of(totals.time_lost_ms, totals.events, prices())
    if cost is None or not totals.cases:
        return None
    parts = []
    if cost.machine is not None:
        lost = words.duration(totals.time_lost_ms)
        parts.append(f"{money_words(cost.machine)} for {lost} of machines")
    if cost.triage is not None:
        events = words.plural(totals.events, "flake event")
        parts.append(f"{money_words(cost.triage)} for looking at {events}")
    return Sentence(
        bold=(Piece(text=f"Worth {money_words(cost.total)}"),),
        rest=(Piece(text=f" at your prices: {', '.join(parts)}."),),
    )


def left_out_sentence(found: Material) -> Sentence | None:
    """How many runs flakiness leaves out, and why; None without any."""
    runs, excluded = found.left_out or (0, 0)
    if not runs:
        return None
    outages = runs - excluded
    reasons = [words.plural(outages, "outage")] if outages else []
    reasons += [f"{words.count(excluded)} excluded by a person"] if excluded else []
    filters = found.asked.page.filters
    return Sentence(
        bold=(),
        rest=(
            Piece(
                text=words.plural(runs, "run"),
                href=doors.runs_left_out(filters),
                metric="runs_left_out",
                value=runs,
            ),
            Piece(text=f" left out: {', '.join(reasons)}."),
        ),
    )
