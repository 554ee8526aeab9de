"""Quantiles of the Beta distribution from its continued fraction, by bisection."""

from __future__ import annotations

from math import exp, lgamma, log, log1p


def quantile(p: float, a: float, b: float) -> float:
    """The x below which the share p of Beta(a, b) lies."""
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        if distribution(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def distribution(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, DLMF 8.17.22."""
    if x in {0.0, 1.0}:
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - distribution(1 - x, b, a)
    scale = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    # Far more terms than it takes to converge at these sizes, from the last backwards.
    value = 1.0
    for m in range(200, 0, -1):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        value = 1 + even / (1 + odd / value)
    first = -(a + b) * x / (a + 1)
    return exp(scale) / a / (1 + first / value)
