"""Sentences of the page of failures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from dashboard.ui.parts import Number, Piece, Verdict
from dashboard.ui.text.numbers import percent, plural
from dashboard.ui.text.verdicts import Words, compose_verdict, piece

MOST_OF_THEM = 0.8


def failures_verdict(
    results: Sequence[int], silent: Number, total: Number, *, tail: Words = ()
) -> Verdict:
    """ "12 messages explain 80% of 1,240 failures."

    `results` are those of each message, largest first; `silent` failures have none.
    The fewest messages that hold 80 % of all failures are told, or all of them where
    too many failures are silent.
    """
    failures = sum(results) + int(silent.value or 0)
    door = piece(total, plural(failures, "failure"))
    if not results:
        return compose_verdict("fail", (door, " without any message."), tail)
    sums = list(accumulate(results))
    enough = min(MOST_OF_THEM * failures, sums[-1])
    fewest = next(place for place, held in enumerate(sums, 1) if held >= enough)
    messages = plural(fewest, "message") + (
        " explains " if fewest == 1 else " explain "
    )
    share, rest = _share(sums[fewest - 1] / failures), _silent(silent)
    if len(results) > 1:
        largest = _share(results[0] / failures)
        rest = (" The most frequent one alone ", largest, ".", *rest)
    return compose_verdict("fail", (messages, share, " of ", door, "."), (*rest, *tail))


def _silent(silent: Number) -> Words:
    if not silent.value:
        return ()
    failures = piece(silent, plural(int(silent.value), "failure"))
    return " ", failures, f" {'says' if silent.value == 1 else 'say'} nothing."


def _share(share: float) -> Piece:
    return Piece(text=percent(share), metric="share", value=share)
