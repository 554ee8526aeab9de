"""How long runs took: percentiles of the durations that are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from tests.dashboard.metrics.oracle.rows import RunRow
from tests.dashboard.metrics.oracle.slow import percentile

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class RunDurations:
    median_ms: int | None
    p95_ms: int | None
    n: int


def run_durations(
    runs: Iterable[RunRow], since: datetime, until: datetime
) -> RunDurations:
    """Of the runs that began in that time, whatever they are and whoever judged them."""
    begun = [run for run in runs if since <= run.at < until]
    known = [ms for run in begun if (ms := known_ms(run)) is not None]
    if not known:
        return RunDurations(None, None, 0)
    return RunDurations(
        percentile(known, Fraction(1, 2)),
        percentile(known, Fraction(19, 20)),
        len(known),
    )


def known_ms(run: RunRow) -> int | None:
    """What the tool says, else what lies between the start and the end."""
    if run.duration_ms is not None:
        return run.duration_ms
    if run.started_at is None or run.finished_at is None:
        return None
    seconds = Fraction((run.finished_at - run.started_at) // MICROSECOND, 10**6)
    if seconds > 366 * 24 * 3600:
        return None
    return max(0, floor(1000 * seconds))
