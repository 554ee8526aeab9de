"""Sentences of the page of failures."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.contexts.parts import Number, Piece, Sentence, Verdict
from dashboard.words.numbers import percent, plural
from dashboard.words.verdicts import piece

MOST_OF_THEM = 0.8


def failures_verdict(
    results: Sequence[int], silent: int, total: Number, *, tail: Sequence[Piece] = ()
) -> Verdict:
    """ "12 messages explain 80% of 1,240 failures."

    `results` are those of each message, largest first; `silent` failures have none.
    The fewest messages that hold 80 % of all failures are told, or all of them where
    too many failures are silent.
    """
    failures = sum(results) + silent
    door = piece(total, plural(failures, "failure"))
    if not results:
        said = (door, Piece(text=" without any message."))
        return Verdict(glyph="fail", sentence=Sentence(bold=said, rest=tuple(tail)))
    fewest = _fewest(results, MOST_OF_THEM * failures)
    share = percent(sum(results[:fewest]) / failures)
    verb = "explains" if fewest == 1 else "explain"
    fact = Piece(text=f"{plural(fewest, 'message')} {verb} {share} of ")
    rest = (*_largest(results, failures), *_silent(silent), *tail)
    bold = (fact, door, Piece(text="."))
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
    share = percent(results[0] / failures)
    return [Piece(text=f" The most frequent one alone {share}.")]


def _silent(silent: int) -> list[Piece]:
    if not silent:
        return []
    verb = "says" if silent == 1 else "say"
    return [Piece(text=f" {plural(silent, 'failure')} {verb} nothing.")]
