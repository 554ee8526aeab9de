"""Rates with how sure they are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Self

from ingest.contract import Counts

# The 97.5 % quantile of the normal distribution: intervals cover 95 %.
Z = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`value`, `low` and `high` are 0-1, None without any case (`n` = 0)."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    @classmethod
    def of(cls, hits: int, n: int) -> Self:
        """hits / n with its 95 % Wilson interval."""
        if n == 0:
            return cls(value=None, low=None, high=None, n=0)
        low, high = wilson(hits, n)
        return cls(value=hits / n, low=low, high=high, n=n)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson interval of hits / n, n > 0: low ≤ hits / n ≤ high, exactly 0 at
    no hit and exactly 1 at n hits.

    Centre (p + z²/2n) / (1 + z²/n), half-width z / (1 + z²/n) · √(p(1−p)/n + z²/4n²).
    """
    p, z2 = hits / n, Z * Z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # Rounding may carry a bound past the rate, or keep it from 0 or 1, by 1e-17.
    low = min(max(centre - half, 0.0), p) if hits else 0.0
    high = max(min(centre + half, 1.0), p) if hits < n else 1.0
    return low, high


def decided_count(counts: Counts) -> int:
    return counts.passed + counts.failed + counts.error


def not_passed_count(counts: Counts) -> int:
    return counts.failed + counts.error


def pass_rate(counts: Counts) -> Rate:
    """passed / (passed + failed + error)."""
    return Rate.of(counts.passed, decided_count(counts))


def pass_share(counts: Counts) -> float | None:
    """Its value alone."""
    decided = decided_count(counts)
    return counts.passed / decided if decided else None


def plan_pass_rate(counts: Counts, never_executed: int = 0) -> float | None:
    """passed / all in scope, None without any."""
    scope = counts.total + never_executed
    return counts.passed / scope if scope else None


def completion(counts: Counts, never_executed: int = 0) -> float | None:
    """decided / all in scope, None without any."""
    scope = counts.total + never_executed
    return decided_count(counts) / scope if scope else None
