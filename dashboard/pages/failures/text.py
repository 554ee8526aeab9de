"""Sentences of the page of failures."""

from __future__ import annotations

from collections.abc import Sequence

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
        said = (door, Piece(text=" without any message."))
        return Verdict(glyph="fail", sentence=Sentence(bold=said, rest=tuple(tail)))
    fewest = _fewest(results, MOST_OF_THEM * failures)
    verb = "explains" if fewest == 1 else "explain"
    fact = Piece(text=f"{plural(fewest, 'message')} {verb} ")
    share = _share(sum(results[:fewest]) / failures)
    rest = (*_largest(results, failures), *_silent(silent), *tail)
    bold = (fact, share, Piece(text=" of "), door, Piece(text="."))
    return Verdict(glyph="fail", sentence=Sentence(bold=bold, rest=rest))


def _fewest(results: Sequence[int], enough: float) -> int:
    held = 0
    for number, one in enumerate(results, 1):
        held += one
        if held >= enough:
            return number
    return len(results)


def _largest(results: Sequence[int], failures: int) -> list[Piece]:
    if len(results) == 1:
        return []
    share = _share(results[0] / failures)
    return [Piece(text=" The most frequent one alone "), share, Piece(text=".")]


def _share(share: float) -> Piece:
    return Piece(text=percent(share), metric="share", value=share)


def _silent(silent: Number) -> list[Piece]:
    if not silent.value:
        return []
    verb = "says" if silent.value == 1 else "say"
    failures = piece(silent, plural(int(silent.value), "failure"))
    return [Piece(text=" "), failures, Piece(text=f" {verb} nothing.")]
