"""Percentiles of durations, in fractions, so that nothing is rounded before its time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from tests.dashboard.metrics.oracle.rows import Execution


@dataclass(frozen=True)
class Slow:
    case: int
    p50_ms: int
    p95_ms: int
    n: int
    previous_p50_ms: int | None


def percentile(values: list[int], share: Fraction) -> int:
    """Between the neighbours of its place, rounded half up."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    exact = ordered[below] + (place - below) * (ordered[above] - ordered[below])
    return floor(exact + Fraction(1, 2))


def slow(found: Iterable[Execution], before: Iterable[Execution]) -> list[Slow]:
    """Cases with a known duration, by median, longest first, then by id."""
    half, previous = Fraction(1, 2), durations(before)
    rows = [
        Slow(
            case,
            percentile(own, half),
            percentile(own, Fraction(95, 100)),
            len(own),
            percentile(previous[case], half) if case in previous else None,
        )
        for case, own in durations(found).items()
    ]
    return sorted(rows, key=lambda row: (-row.p50_ms, row.case))


def durations(found: Iterable[Execution]) -> dict[int, list[int]]:
    """Known durations of final passed results by case, of every run."""
    known: dict[int, list[int]] = defaultdict(list)
    for execution in found:
        final = execution.final
        if final.status == "passed" and final.duration_ms is not None:
            known[execution.case].append(final.duration_ms)
    return dict(known)
