"""The key figures of a window, from what is kept as far as it is."""

from __future__ import annotations

from dashboard.filters import Filters, Window
from dashboard.metrics.flaky import add_totals
from dashboard.metrics.summary import Figures, Summary, figures
from dashboard.precomputed.failing import failing_now
from dashboard.precomputed.flaky import flaky_by_project


def summary(filters: Filters) -> Summary:
    """Figures of the window, and of the one of the same length before it."""
    window = filters.window()
    return Summary(
        now=_figures(filters, window), previous=_figures(filters, window.previous)
    )


def _figures(filters: Filters, window: Window) -> Figures:
    return figures(
        filters,
        window,
        failing_now=failing_now(filters, window),
        flaky=add_totals(flaky_by_project(filters, window).values()),
    )
