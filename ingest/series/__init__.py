"""Pure definitions that reading and showing share; the words are of docs/metrics.md."""

from ingest.series.events import (
    Commits,
    Event,
    EventKind,
    Flakes,
    MixedRun,
    Series,
    flakes,
)
from ingest.series.outcomes import (
    Streak,
    StreakKind,
    expected_flips,
    flips,
    streaks,
)
from ingest.series.runs import (
    OUTAGE_LEAST_DECIDED,
    OUTAGE_SHARE,
    attempt_counts,
    attempts,
    day_of,
    is_outage,
    verdict,
)

__all__ = [
    "OUTAGE_LEAST_DECIDED",
    "OUTAGE_SHARE",
    "Commits",
    "Event",
    "EventKind",
    "Flakes",
    "MixedRun",
    "Series",
    "Streak",
    "StreakKind",
    "attempt_counts",
    "attempts",
    "day_of",
    "expected_flips",
    "flakes",
    "flips",
    "is_outage",
    "streaks",
    "verdict",
]
