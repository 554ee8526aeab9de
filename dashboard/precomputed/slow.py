"""How long cases take, from what is kept."""

from __future__ import annotations

from dashboard.filters import Filters, Window
from dashboard.metrics import slow as metric
from dashboard.metrics.slow import SlowCases
from dashboard.precomputed.figures import Figure, precomputed


def slow_cases(filters: Filters, window: Window | None = None) -> SlowCases:
    """Cases by the median duration of their final passed results, longest first."""
    if window is None or window == filters.window():
        return precomputed(SLOW, filters)
    return metric.slow_cases(filters, window)


SLOW = Figure(
    name="slow",
    kind=SlowCases,
    compute=lambda filters, _: metric.slow_cases(filters),
    join=metric.by_duration,
)
