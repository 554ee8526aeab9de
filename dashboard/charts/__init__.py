"""Rows -> Plotly figures. Colours are CSS tokens ("var(--fail)"): the browser resolves
them when it draws, so that charts follow the theme.
"""

from dashboard.charts.daily import DayOutcomes, daily_outcomes, rate_range
from dashboard.charts.parts import Figure, MilestoneMark
from dashboard.charts.scatter import Point, sampled, scatter

__all__ = [
    "DayOutcomes",
    "Figure",
    "MilestoneMark",
    "Point",
    "daily_outcomes",
    "rate_range",
    "sampled",
    "scatter",
]
