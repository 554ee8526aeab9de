"""The day on which a pass rate fell, and who moved it, in exact numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

# The chance of more than 10.83 is one in a thousand (chi-square, one degree).
LEAST_GAIN = Decimal("10.83")


@dataclass(frozen=True)
class Day:
    """Decided results of a UTC day."""

    day: date
    passed: int
    failed: int


@dataclass(frozen=True)
class Fall:
    """Passed and decided results before `day`, and from it on."""

    day: date
    before: tuple[int, int]
    after: tuple[int, int]


def fall(days: Sequence[Day]) -> Fall | None:
    """Of the cuts after which the rate is lower the likeliest, the first of equal ones.

    A rate falls on a day that has one.
    """
    days = [day for day in days if day.passed + day.failed]
    cuts = [cut for cut in range(1, len(days)) if _is_lower(days[cut:], days[:cut])]
    if not cuts:
        return None
    likelihoods = [likelihood(days[:cut]) * likelihood(days[cut:]) for cut in cuts]
    best = max(likelihoods)
    if 2 * _log(best / likelihood(days)) < LEAST_GAIN:
        return None
    cut = cuts[likelihoods.index(best)]
    return Fall(days[cut].day, sums(days[:cut]), sums(days[cut:]))


def _is_lower(after: Sequence[Day], before: Sequence[Day]) -> bool:
    return Fraction(*sums(after)) < Fraction(*sums(before))


def sums(days: Sequence[Day]) -> tuple[int, int]:
    return sum(d.passed for d in days), sum(d.passed + d.failed for d in days)


def likelihood(days: Sequence[Day]) -> Fraction:
    """Of just these results, when each passes with the share that did."""
    hits, n = sums(days)
    if n == 0:
        return Fraction(1)
    return Fraction(hits, n) ** hits * Fraction(n - hits, n) ** (n - hits)


def _log(ratio: Fraction) -> Decimal:
    return Decimal(ratio.numerator).ln() - Decimal(ratio.denominator).ln()


def contributions(
    now: Mapping[Hashable, Counter[str]], before: Mapping[Hashable, Counter[str]]
) -> dict[Hashable, Fraction]:
    """Points of the pooled rate that each group's failures gave or took."""
    return {
        group: 100 * (_lost(before, group) - _lost(now, group))
        for group in {*now, *before}
    }


def pooled(counts: Mapping[Hashable, Counter[str]]) -> Fraction:
    passed = sum(own["passed"] for own in counts.values())
    return Fraction(passed, _decided(counts))


def _lost(counts: Mapping[Hashable, Counter[str]], group: Hashable) -> Fraction:
    own = counts.get(group, Counter())
    return Fraction(own["failed"] + own["error"], _decided(counts))


def _decided(counts: Mapping[Hashable, Counter[str]]) -> int:
    return sum(own["passed"] + own["failed"] + own["error"] for own in counts.values())
