"""Milestones: how far they are, how they came there, and when they will be done."""

from dashboard.metrics.milestones.burn_up import BurnUpDay
from dashboard.metrics.milestones.forecast import BandDay, Forecast
from dashboard.metrics.milestones.progress import Progress, progress, progress_of
from dashboard.metrics.milestones.risk import at_risk_milestones, of_all_times

__all__ = [
    "BandDay",
    "BurnUpDay",
    "Forecast",
    "Progress",
    "at_risk_milestones",
    "of_all_times",
    "progress",
    "progress_of",
]
