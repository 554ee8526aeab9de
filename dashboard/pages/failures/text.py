"""Sentences of the page of failures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from dashboard.ui.parts import Number, Piece, Sentence, Verdict
from dashboard.ui.text.numbers import percent, plural
from dashboard.ui.text.verdicts import piece

MOST_OF_THEM = 0.8


def failures_verdict(
    results: Sequence[int], silent: Number, total: Number, *, tail: Sequence[Piece] = ()
) -> Verdict:
    """ "12 messages explain 80% of 1,240 failures."

    `results` are those of each message, largest first; `silent` failures have none.
    The fewest messages that hold 80 % of all failures are told, or all of them where
    too many failures are silent.
    """
    failures = sum(results) + int(silent.value or 0)
    door = piece(total, plural(failures, "failure"))
    if not results:
        silence = (door, Piece(text=" without any message."))
        return Verdict(glyph="fail", sentence=Sentence(bold=silence, rest=tuple(tail)))
    sums = list(accumulate(results))
    enough = min(MOST_OF_THEM * failures, sums[-1])
    fewest = next(place for place, held in enumerate(sums, 1) if held >= enough)
    verb = "explains" if fewest == 1 else "explain"
    bold = (
        Piece(text=f"{plural(fewest, 'message')} {verb} "),
        _share(sums[fewest - 1] / failures),
        Piece(text=" of "),
        door,
        Piece(text="."),
    )
    rest: list[Piece] = []
    if len(results) > 1:
        rest += Piece(text=" The most frequent one alone "), _share(sums[0] / failures)
        rest += (Piece(text="."),)
    if silent.value:
        verb = "says" if silent.value == 1 else "say"
        words = plural(int(silent.value), "failure")
        rest += Piece(text=" "), piece(silent, words), Piece(text=f" {verb} nothing.")
    return Verdict(glyph="fail", sentence=Sentence(bold=bold, rest=(*rest, *tail)))


def _share(share: float) -> Piece:
    return Piece(text=percent(share), metric="share", value=share)
