"""Milestones: how far they are, how they came there, and when they will be done."""

from dashboard.metrics.milestones.burn_up import (
    BurnUpDay,
    ScopeAdded,
    pace,
    scope_added_lately,
)
from dashboard.metrics.milestones.forecast import BandDay, Forecast
from dashboard.metrics.milestones.progress import Progress, progress, progress_of
from dashboard.metrics.milestones.risk import at_risk_milestones, without_window

__all__ = [
    "ScopeAdded",
    "BandDay",
    "BurnUpDay",
    "Forecast",
    "Progress",
    "scope_added_lately",
    "at_risk_milestones",
    "without_window",
    "pace",
    "progress",
    "progress_of",
]
