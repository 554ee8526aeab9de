"""How long runs took: percentiles of the durations that are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from tests.dashboard.metrics.oracle.rows import RunRow
from tests.dashboard.metrics.oracle.slow import percentile


@dataclass(frozen=True)
class RunDurations:
    median_ms: int | None
    p95_ms: int | None
    n: int


def run_durations(
    runs: Iterable[RunRow], since: datetime, until: datetime
) -> RunDurations:
    """Of the runs that began in that time, whatever they are and whoever judged them."""
    known = [
        run.duration_ms
        for run in runs
        if since <= run.at < until and run.duration_ms is not None
    ]
    if not known:
        return RunDurations(None, None, 0)
    return RunDurations(
        percentile(known, Fraction(1, 2)),
        percentile(known, Fraction(19, 20)),
        len(known),
    )
