"""Milestones: how far they are, how they came there, and when they will be done."""

from dashboard.metrics.milestones.burn_up import Added, BurnUpDay, added_lately, pace
from dashboard.metrics.milestones.forecast import BandDay, Forecast
from dashboard.metrics.milestones.progress import Progress, progress, progress_of
from dashboard.metrics.milestones.risk import at_risk_milestones, of_all_times

__all__ = [
    "Added",
    "BandDay",
    "BurnUpDay",
    "Forecast",
    "Progress",
    "added_lately",
    "at_risk_milestones",
    "of_all_times",
    "pace",
    "progress",
    "progress_of",
]
