"""What flaky tests cost: the sentence, and the bar of where the time goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard.filters import Window
from dashboard.lists.flaky_choice import NEW, SETTLED
from dashboard.metrics.flaky import FlakyCase, flaky_totals
from dashboard.metrics.time_lost import cost_of, prices
from dashboard.pages.flaky.page_data import MOST_PARTS, PageData
from dashboard.ui import links
from dashboard.ui.notes_and_mutes import muted_title
from dashboard.ui.parts import Number, Piece, Sentence, Verdict
from dashboard.ui.text import flaky as flaky_text
from dashboard.ui.text import numbers, times
from dashboard.ui.text.flaky import FIRST
from dashboard.ui.text.flaky import money as money_words

# Parts smaller than this are drawn together.
SMALLEST_PERCENT = 1.2
# A part that holds a duration is at least this wide.
NAMED_PERCENT, NAMED = 6.0, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeShare:
    """A part of the bar of time lost: `percent` of its width; `text` may be ""."""

    percent: float
    text: str
    title: str
    href: str
    is_hot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBar:
    """Where the time goes, longest first; `rest` is all that is too small to draw."""

    subtitle: str
    shares: tuple[TimeShare, ...]
    rest: TimeShare | None = None


def verdict(found: PageData) -> Verdict | None:
    """None when it did not load."""
    if found.flaky is None:
        return None
    totals = flaky_totals(found.flaky)
    filters = found.asked.page.filters
    flaky = Number(
        text=numbers.count(totals.cases),
        metric="flaky",
        value=totals.cases,
        href=links.flaky(filters),
    )
    return flaky_text.flaky_verdict(
        flaky,
        totals.time_lost_ms,
        window_length(filters.window()),
        share=_share(found, totals.time_lost_ms),
        moves=_moves(found),
    )


def window_length(window: Window) -> str:
    """ "30 days", at least one."""
    days = round((window.until - window.since) / timedelta(days=1))
    return numbers.plural(max(days, 1), "day")


def _share(found: PageData, lost_ms: int) -> Number | None:
    costliest = found.costliest
    if len(costliest) <= FIRST or not lost_ms:
        return None
    share = sum(case.time_lost_ms for case in costliest[:FIRST]) / lost_ms
    return Number(text=f"{100 * share:.0f}%", metric="share", value=share)


def _moves(found: PageData) -> tuple[Piece, ...]:
    states = found.states
    if states is None:
        return ()
    filters = found.asked.page.filters
    new, settled = len(states.new), len(states.settled)
    return flaky_text.flaky_moves(
        Number(
            text=numbers.count(new),
            metric="flaky_new",
            value=new,
            href=links.flaky(filters, state=NEW),
        ),
        Number(
            text=numbers.count(settled),
            metric="flaky_settled",
            value=settled,
            href=links.flaky(filters, state=SETTLED),
        ),
    )


def time_bar(found: PageData) -> TimeBar | None:
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
    return f"{text}; {numbers.plural(unknown, 'unknown duration')} not counted"


def _part(found: PageData, case: FlakyCase, place: int, total_ms: int) -> TimeShare:
    percent = 100 * case.time_lost_ms / total_ms
    lost = times.duration(case.time_lost_ms)
    muted = muted_title(found.asked.page, case.case, found.noted)
    is_named = place < NAMED and percent >= NAMED_PERCENT
    return TimeShare(
        percent=percent,
        text=lost if is_named else "",
        title=f"{case.name}: {lost}" + (f". {muted}" if muted else ""),
        href=links.case(case.case),
        is_hot=place < FIRST,
    )


def _rest(found: PageData, rest: Sequence[FlakyCase], total_ms: int) -> TimeShare:
    lost_ms = sum(case.time_lost_ms for case in rest)
    others = numbers.plural(len(rest), "other")
    text = f"{others}, {times.duration(lost_ms)}"
    percent = 100 * lost_ms / total_ms
    return TimeShare(
        percent=percent,
        text=text if percent >= 2 * NAMED_PERCENT else f"+{len(rest)}",
        title=text,
        href=found.asked.page.with_filters(sort="-lost"),
    )


def money(found: PageData) -> Sentence | None:
    """What the time is worth at the prices that are set; None without any."""
    totals = flaky_totals(found.flaky or ())
    cost = cost_of(totals.time_lost_ms, totals.events, prices())
    if cost is None or not totals.cases:
        return None
    parts = []
    if cost.machine is not None:
        lost = times.duration(totals.time_lost_ms)
        parts.append(f"{money_words(cost.machine)} for {lost} of machines")
    if cost.triage is not None:
        events = numbers.plural(totals.events, "flake event")
        parts.append(f"{money_words(cost.triage)} for looking at {events}")
    return Sentence(
        bold=(Piece(text=f"Worth {money_words(cost.total)}"),),
        rest=(Piece(text=f" at your prices: {', '.join(parts)}."),),
    )


def left_out_sentence(found: PageData) -> Sentence | None:
    """How many runs flakiness leaves out, and why; None without any."""
    runs, excluded = found.left_out or (0, 0)
    if not runs:
        return None
    outages = runs - excluded
    reasons = [numbers.plural(outages, "outage")] if outages else []
    reasons += [f"{numbers.count(excluded)} excluded by a person"] if excluded else []
    filters = found.asked.page.filters
    return Sentence(
        bold=(),
        rest=(
            Piece(
                text=numbers.plural(runs, "run"),
                href=links.runs_left_out(filters),
                metric="runs_left_out",
                value=runs,
            ),
            Piece(text=f" left out: {', '.join(reasons)}."),
        ),
    )
