"""What flaky tests cost, and how a flake rate reads."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.ui.parts import Number, Piece, Sentence, Verdict
from dashboard.ui.text.numbers import DASH, plural
from dashboard.ui.text.times import duration
from dashboard.ui.text.verdicts import piece

FIRST = 5
# An interval wider than this many points comes from few runs.
WIDE_POINTS = 30.0


def flaky_verdict(
    flaky: Number,
    lost_ms: int,
    days: str,
    *,
    share: Number | None = None,
    moves: Sequence[Piece] = (),
) -> Verdict:
    """ "61 flaky tests cost 41h 20m in 30 days. The first 5 account for 27% of it."

    `share` is that of the FIRST costliest, None where they are all; `moves` is a last
    sentence on what is new and what has settled.
    """
    number = int(flaky.value or 0)
    tail = tuple(moves)
    if not number:
        fact = Piece(text=f"No test is flaky in {days}.")
        return Verdict(glyph="fixed", sentence=Sentence(bold=(fact,), rest=tail))
    tests = piece(flaky, plural(number, "flaky test"))
    bold = (tests, *_cost(lost_ms), Piece(text=f" in {days}."))
    rest = (*_of_first(share), *tail)
    return Verdict(glyph="flaky", sentence=Sentence(bold=bold, rest=rest))


def _cost(lost_ms: int) -> tuple[Piece, ...]:
    if not lost_ms:
        return ()
    lost = Piece(text=duration(lost_ms), metric="time_lost_ms", value=lost_ms)
    return Piece(text=" cost "), lost


def _of_first(share: Number | None) -> tuple[Piece, ...]:
    if share is None:
        return ()
    return (
        Piece(text=f" The first {FIRST} account for "),
        piece(share),
        Piece(text=" of it."),
    )


def flaky_moves(new: Number | None, settled: Number | None) -> tuple[Piece, ...]:
    """ " 9 are new this week, 14 have settled."; nothing of what is none."""
    told: list[tuple[Number, str]] = []
    if new is not None and new.value:
        told.append(
            (new, "is new this week" if new.value == 1 else "are new this week")
        )
    if settled is not None and settled.value:
        told.append((settled, "has settled" if settled.value == 1 else "have settled"))
    pieces: list[Piece] = []
    for place, (number, words) in enumerate(told):
        pieces += (
            Piece(text=", " if place else " "),
            piece(number),
            Piece(text=f" {words}"),
        )
    return (*pieces, Piece(text=".")) if pieces else ()


def flake_score(rate: float) -> str:
    """A flake rate 0-1 in per cent without the sign: 12, and 0.4 below one."""
    percent = 100 * rate
    if percent >= 0.95:
        return f"{percent:.0f}"
    return f"{max(percent, 0.1):.1f}" if percent > 0 else "0"


def money(amount: float) -> str:
    """1,234.50 in whatever currency prices are in."""
    return f"{amount:,.2f}"


def flake_bounds(low: float, high: float) -> str:
    """ "79-93" with an en dash; ", few runs" when they are far apart."""
    text = f"{flake_score(low)}{DASH}{flake_score(high)}"
    return f"{text}, few runs" if 100 * (high - low) > WIDE_POINTS else text
