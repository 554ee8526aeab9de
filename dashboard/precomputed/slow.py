"""How long cases take, from what is kept."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.filters import Filters, Window
from dashboard.metrics import slow as metric
from dashboard.metrics.slow import SlowCase
from dashboard.precomputed.figures import Figure, precomputed


def slow_cases(filters: Filters, window: Window | None = None) -> list[SlowCase]:
    """Cases by the median duration of their final passed results, longest first."""
    if window is None or window == filters.window():
        return precomputed(SLOW, filters)
    return metric.slow_cases(filters, window)


def _by_duration(several: Sequence[list[SlowCase]]) -> list[SlowCase]:
    found = [case for cases in several for case in cases]
    return sorted(found, key=lambda case: (-case.p50_ms, case.case))


SLOW = Figure(
    name="slow",
    kind=list[SlowCase],
    compute=lambda filters, _: metric.slow_cases(filters),
    join=_by_duration,
)
