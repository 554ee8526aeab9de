"""How often a case flakes, as far as its events tell: a Beta posterior and its rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

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


def mean_rate(k: int, n: int) -> float:
    """The mean flake rate of k events in n: (0.17 + k) / (1.53 + n)."""
    events = PRIOR_EVENTS + k
    return events / (events + PRIOR_CLEAN + n - k)


def posteriors(k: Sequence[int], n: Sequence[int]) -> list[Posterior]:
    """The flake rates of many cases: Beta(0.17 + k, 1.36 + n − k) of k events in n."""
    asked = list(zip(k, n, strict=True))
    # Many cases have the same few events in as many runs, and a quantile takes long.
    different = list(dict.fromkeys(asked))
    rates = dict(zip(different, _posteriors(different), strict=True))
    return [rates[one] for one in asked]


def _posteriors(asked: Sequence[tuple[int, int]]) -> Iterator[Posterior]:
    k, n = np.asarray(asked, dtype=float).reshape(-1, 2).T
    events, clean = PRIOR_EVENTS + k, PRIOR_CLEAN + n - k
    low, high = (betaincinv(events, clean, share).tolist() for share in INTERVAL)
    means = (mean_rate(*one) for one in asked)
    return map(Posterior._make, zip(means, low, high, strict=True))


def is_flaky(k: int, low: float, *, is_proven: bool) -> bool:
    """(k ≥ 2 and low ≥ 0.01), or proven."""
    return is_proven or (k >= LEAST_EVENTS and low >= LEAST_LOW)


def are_flaky(k: np.ndarray, n: np.ndarray, is_proven: np.ndarray) -> np.ndarray:
    """The same of many cases."""
    found = is_proven.copy()
    asked = np.flatnonzero(~is_proven & (k >= LEAST_EVENTS))
    rates = posteriors(k[asked].tolist(), n[asked].tolist())
    found[asked] = [rate.low >= LEAST_LOW for rate in rates]
    return found


def upper_bound(n: int) -> float | None:
    """What the flake rate of a case without any event in n is below, by 95 %.

    1 − 0.05^(1/n); None when n is 0, because nothing is known then.
    """
    return 1 - float(DOUBT ** (1 / n)) if n else None
