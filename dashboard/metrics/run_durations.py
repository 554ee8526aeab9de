"""How long whole runs take."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from dashboard.filters import Filters, Window
from dashboard.metrics.summary import runs_begun


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDurations:
    """Percentiles in ms of the `n` known durations of runs, None without any."""

    median_ms: int | None
    p95_ms: int | None
    n: int


def run_durations(filters: Filters) -> tuple[RunDurations, RunDurations]:
    """Of the runs that began in the window, and in the one before it; one query.

    Percentiles are interpolated (as percentile_cont) and rounded half up.
    """
    window = filters.window()
    both = Window(since=window.previous.since, until=window.until)
    known = runs_begun(filters, both).filter(duration_ms__isnull=False)
    found = known.aggregate(
        now=ArrayAgg("duration_ms", filter=Q(at__gte=window.since), default=[]),
        before=ArrayAgg("duration_ms", filter=Q(at__lt=window.since), default=[]),
    )
    return _durations(found["now"]), _durations(found["before"])


def _durations(known: list[int]) -> RunDurations:
    ordered = sorted(known)
    return RunDurations(
        median_ms=_percentile(ordered, 50),
        p95_ms=_percentile(ordered, 95),
        n=len(ordered),
    )


def _percentile(ordered: list[int], percent: int) -> int | None:
    if not ordered:
        return None
    # In hundredths of a ms, so that no float decides which way a half is rounded.
    place, part = divmod((len(ordered) - 1) * percent, 100)
    following = ordered[min(place + 1, len(ordered) - 1)]
    exact = 100 * ordered[place] + part * (following - ordered[place])
    return (exact + 50) // 100
