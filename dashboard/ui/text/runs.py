"""Sentences of a run page: its rate and the balance of its threads."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.metrics.reconciliation import RunReconciliation
from dashboard.ui.parts import Piece, Sentence
from dashboard.ui.text import numbers
from dashboard.ui.text.numbers import percent, plural
from dashboard.ui.text.times import clock, duration


def difference_words(totals: RunReconciliation) -> str:
    """ "failed 20, here 19; passed 344, here 343": the statuses that differ."""
    return "; ".join(
        f"{word.replace('_', ' ')} {numbers.count(stated)}, "
        f"here {numbers.count(totals.ours[word])}"
        for word, stated in totals.vendor.items()
        if totals.ours[word] != stated
    )


def balance(
    ends_ms: Sequence[tuple[str, int]], slowest_ms: Sequence[int]
) -> Sentence | None:
    """How evenly threads end. `ends_ms` are (name, end), `slowest_ms` the durations of
    the slowest thread's tests. None with fewer than two threads.

    Uneven: the last ends at least 30 s and a tenth of the run after the next one. Tests
    to move: the longest ones whose sum reaches the gap, shared by all other threads.
    """
    if len(ends_ms) < 2:
        return None
    ordered = sorted(ends_ms, key=lambda item: item[1])
    (name, last), (_, before) = ordered[-1], ordered[-2]
    gap = last - before
    if gap < 30_000 or gap < last / 10:
        return Sentence(bold=(Piece(text=_spread(ordered[0][1], last)),))
    gain = gap * (len(ends_ms) - 1) // len(ends_ms)
    moved = _longest(slowest_ms, gain)
    fact = f"{sentence_case(name)} finished {duration(gap)} after the next slowest."
    advice = (
        f" Spread its {plural(moved, 'longest test')} to save about {_about(gain)}."
    )
    return Sentence(bold=(Piece(text=fact),), rest=(Piece(text=advice),))


def _spread(first_ms: int, last_ms: int) -> str:
    if last_ms - first_ms > max(30_000, last_ms / 10):
        return f"Threads ended between {clock(first_ms)} and {clock(last_ms)}."
    return f"Threads ended within {duration(last_ms - first_ms)} of each other."


def _longest(durations_ms: Sequence[int], enough_ms: int) -> int:
    total = 0
    for number, length in enumerate(sorted(durations_ms, reverse=True), 1):
        total += length
        if total >= enough_ms:
            return number
    return max(len(durations_ms), 1)


def _about(duration_ms: int) -> str:
    minutes = round(duration_ms / 60_000)
    return plural(minutes, "minute") if minutes else duration(duration_ms)


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def run_summary(
    passed: int,
    decided: int,
    *,
    before: float | None = None,
    before_run: Piece | None = None,
    href: str = "",
) -> Sentence | None:
    """ "90.8% of 315 finished tests passed, 94.0% in run #4181."; None undecided.

    `href` leads to the finished tests.
    """
    if not decided:
        return None
    finished = plural(decided, "finished test")
    rest = [
        Piece(text=" of "),
        Piece(text=finished, href=href, metric="decided", value=decided)
        if href
        else Piece(text=finished),
        Piece(text=" passed"),
    ]
    if before is not None and before_run is not None:
        rest += [Piece(text=", "), _rate(before), Piece(text=" in run "), before_run]
    return Sentence(bold=(_rate(passed / decided),), rest=(*rest, Piece(text=".")))


def _rate(rate: float) -> Piece:
    return Piece(text=percent(rate), metric="pass_rate", value=rate)
