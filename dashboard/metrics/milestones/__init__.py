"""Milestones: how far they are, how they came there, and when they will be done."""

from dashboard.metrics.milestones.burn_up import (
    BurnUpDay,
    ScopeAdded,
    pace,
    scope_added_lately,
)
from dashboard.metrics.milestones.forecast import BandDay, Forecast
from dashboard.metrics.milestones.progress import Progress
from dashboard.metrics.milestones.risk import without_window

__all__ = [
    "ScopeAdded",
    "BandDay",
    "BurnUpDay",
    "Forecast",
    "Progress",
    "scope_added_lately",
    "without_window",
    "pace",
]
