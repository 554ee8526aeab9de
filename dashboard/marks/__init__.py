"""The small marks drawn on the server: pure functions from values to SVG or HTML text.

Every text that comes from data is escaped here; the template tags mark the result safe.
"""

from __future__ import annotations

from dashboard.marks.bar import outcome_bar
from dashboard.marks.glyphs import GLYPHS, glyph
from dashboard.marks.interval import interval
from dashboard.marks.lanes import Lane, LaneItem, laid_out, lane, ticks
from dashboard.marks.lines import (
    day_bars,
    hour_bars,
    small_multiple,
    spark_bars,
    sparkline,
)
from dashboard.marks.outcomes import OUTCOMES, Outcome, by_status, grouped
from dashboard.marks.strip import StripCell, strip

__all__ = [
    "GLYPHS",
    "OUTCOMES",
    "Lane",
    "LaneItem",
    "Outcome",
    "StripCell",
    "by_status",
    "day_bars",
    "glyph",
    "grouped",
    "hour_bars",
    "interval",
    "laid_out",
    "lane",
    "outcome_bar",
    "small_multiple",
    "spark_bars",
    "sparkline",
    "strip",
    "ticks",
]
