"""A series as letters, oldest first: P passed, F failed, E error; streaks and flips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

# A streak of this length is no accident: something was broken and mended.
BREAKAGE_LEAST = 3

_NOT_PASSED = re.compile("[FE]+")


class StreakKind(Enum):
    """BREAKAGE: at the end of the series, or long. BEGINNING: before any pass, so that
    nobody knows what it followed. SHORT: one or two results between two passes.
    """

    BREAKAGE = 1
    BEGINNING = 2
    SHORT = 3


class Streak(NamedTuple):
    """A maximal stretch of results that did not pass: places `first` to `end - 1`."""

    kind: StreakKind
    first: int
    end: int


def streaks(outcomes: str) -> Iterator[Streak]:
    """The streaks of a series, oldest first."""
    for found in _NOT_PASSED.finditer(outcomes):
        first, end = found.span()
        yield Streak(_kind(first, end, len(outcomes)), first, end)


def _kind(first: int, end: int, length: int) -> StreakKind:
    # The order matters: a series without any pass is a breakage, not a beginning.
    if end == length:
        return StreakKind.BREAKAGE
    if first == 0:
        return StreakKind.BEGINNING
    is_long = end - first >= BREAKAGE_LEAST
    return StreakKind.BREAKAGE if is_long else StreakKind.SHORT


def flips(outcomes: str) -> int:
    """Pairs of neighbours of which exactly one passed."""
    alike = outcomes.replace("E", "F")
    return alike.count("PF") + alike.count("FP")


def not_passed(outcomes: str) -> int:
    return len(outcomes) - outcomes.count("P")


def pairs(outcomes: str) -> int:
    """Pairs of neighbours: one less than the results, and none without any."""
    return max(len(outcomes) - 1, 0)


def expected_flips(outcomes: str) -> float:
    """2·p·(1 − p)·(length − 1): the flips of a coin that passes as often, p.

    Few flips against it mean that something was broken and mended.
    """
    if not outcomes:
        return 0.0
    p = outcomes.count("P") / len(outcomes)
    return 2 * p * (1 - p) * pairs(outcomes)
