"""Rows -> Plotly figures. Colours are CSS tokens ("var(--fail)"): the browser resolves
them when it draws, so that charts follow the theme.
"""

from dashboard.charts.burn_up import burn_up_figure
from dashboard.charts.burn_up_labels import FutureDay, Growth, PastDay
from dashboard.charts.daily import DayOutcomes, daily_outcomes, rate_range
from dashboard.charts.parts import Figure, MilestoneMark
from dashboard.charts.scatter import Point, sampled, scatter

__all__ = [
    "DayOutcomes",
    "Figure",
    "FutureDay",
    "Growth",
    "MilestoneMark",
    "PastDay",
    "Point",
    "burn_up_figure",
    "daily_outcomes",
    "rate_range",
    "sampled",
    "scatter",
]
