"""How numbers, times and verdicts read: pure functions from values to words."""

from __future__ import annotations

from dashboard.words.changes import (
    NOISE_POINTS,
    count_delta,
    duration_delta,
    points,
    rate_delta,
    share_delta,
)
from dashboard.words.numbers import (
    DASH,
    count,
    count_parts,
    percent,
    percent_parts,
    plural,
    rows_range,
)
from dashboard.words.runs import balance, run_summary
from dashboard.words.times import (
    age,
    ago,
    clock,
    day,
    day_range,
    duration,
    duration_parts,
    moment,
    timestamp,
    until,
    weekday,
)
from dashboard.words.verdicts import Cause, StaleTool, pass_rate_verdict, piece

__all__ = [
    "DASH",
    "NOISE_POINTS",
    "Cause",
    "StaleTool",
    "age",
    "ago",
    "balance",
    "clock",
    "count",
    "count_delta",
    "count_parts",
    "day",
    "day_range",
    "duration",
    "duration_delta",
    "duration_parts",
    "moment",
    "pass_rate_verdict",
    "percent",
    "percent_parts",
    "piece",
    "plural",
    "points",
    "rate_delta",
    "rows_range",
    "run_summary",
    "share_delta",
    "timestamp",
    "until",
    "weekday",
]
