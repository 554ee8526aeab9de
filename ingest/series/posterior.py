"""How often a case flakes, as far as its events tell: a Beta posterior and its rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, overload

import numpy as np
from scipy.special import betaincinv

# The prior Beta(0.17, 1.36): most cases hardly flake, a few do so often.
PRIOR_EVENTS, PRIOR_CLEAN = 0.17, 1.36
INTERVAL = (0.025, 0.975)
# Flaky: this many events and a flake rate that is surely not below this share.
LEAST_EVENTS, LEAST_LOW = 2, 0.01
# The share of doubt that is left in "below x %".
DOUBT = 0.05


class Posterior(NamedTuple):
    """A flake rate's mean, and its 2.5 % and 97.5 % quantiles."""

    mean: float
    low: float
    high: float


@overload
def mean_rate(k: int, n: int) -> float: ...


@overload
def mean_rate(k: np.ndarray, n: np.ndarray) -> np.ndarray: ...


def mean_rate(k: Any, n: Any) -> Any:
    """The mean flake rate of k events in n: (0.17 + k) / (1.53 + n)."""
    events = PRIOR_EVENTS + k
    return events / (events + PRIOR_CLEAN + n - k)


class PosteriorColumns(NamedTuple):
    """The same of many rates, each a column."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def posteriors(k: Sequence[int], n: Sequence[int]) -> list[Posterior]:
    """The flake rates of many cases: Beta(0.17 + k, 1.36 + n − k) of k events in n."""
    found = posterior_columns(np.asarray(k, dtype=int), np.asarray(n, dtype=int))
    columns = (column.tolist() for column in found)
    return [*map(Posterior._make, zip(*columns, strict=True))]


def posterior_columns(k: np.ndarray, n: np.ndarray) -> PosteriorColumns:
    """The same in columns."""
    # Many cases have the same few events in as many runs, and a quantile takes long.
    different, places = different_pairs(k, n)
    events = PRIOR_EVENTS + different[0]
    clean = PRIOR_CLEAN + different[1] - different[0]
    low, high = (betaincinv(events, clean, share) for share in INTERVAL)
    return PosteriorColumns(mean_rate(k, n), low[places], high[places])


def different_pairs(
    k: np.ndarray, n: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """The pairs of whole numbers that there are, and of each its place among them."""
    pairs, places = np.unique(k.astype(np.int64) * 2**31 + n, return_inverse=True)
    return (pairs >> 31, pairs & (2**31 - 1)), places


def is_flaky(k: int, low: float, *, is_proven: bool) -> bool:
    """(k ≥ 2 and low ≥ 0.01), or proven."""
    return is_proven or (k >= LEAST_EVENTS and low >= LEAST_LOW)


def are_flaky(k: np.ndarray, n: np.ndarray, is_proven: np.ndarray) -> np.ndarray:
    """The same of many cases."""
    found = is_proven.copy()
    asked = np.flatnonzero(~is_proven & (k >= LEAST_EVENTS))
    found[asked] = posterior_columns(k[asked], n[asked]).low >= LEAST_LOW
    return found


def upper_bound(n: int) -> float | None:
    """What the flake rate of a case without any event in n is below, by 95 %.

    1 − 0.05^(1/n); None when n is 0, because nothing is known then.
    """
    return 1 - float(DOUBT ** (1 / n)) if n else None
