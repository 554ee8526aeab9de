"""How long whole runs take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BigIntegerField, Case, F, Func, Q, Value, When

from dashboard.filters import Filters, Window
from dashboard.metrics.summary import runs_begun
from ingest.models import Run
from ingest.parse import LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDurations:
    """Percentiles in ms of the `n` known durations of runs, None without any."""

    median_ms: int | None
    p95_ms: int | None
    n: int


_BETWEEN_MS = Func(
    F("finished_at") - F("started_at"),
    template="greatest(0, floor(extract(epoch FROM %(expressions)s) * 1000))::bigint",
    output_field=BigIntegerField(),
)
# What `run_duration_ms` says, of a row in the database.
RUN_DURATION_MS = Case(
    When(duration_ms__isnull=False, then=F("duration_ms")),
    When(finished_at__lte=F("started_at") + Value(LONGEST), then=_BETWEEN_MS),
    output_field=BigIntegerField(),
)


def run_duration_ms(run: Run) -> int | None:
    """As the vendor states it, else from start to finish; None where neither is known,
    or both are too far apart to be believed.
    """
    if run.duration_ms is not None or not (run.started_at and run.finished_at):
        return run.duration_ms
    between = max(timedelta(), run.finished_at - run.started_at)
    return between // timedelta(milliseconds=1) if between <= LONGEST else None


def run_durations(filters: Filters) -> tuple[RunDurations, RunDurations]:
    """Of the runs that began in the window, and in the one before it; one query.

    Percentiles are interpolated (as percentile_cont) and rounded half up.
    """
    window = filters.window()
    both = Window(since=window.previous.since, until=window.until)
    runs = runs_begun(filters, both).annotate(known_ms=RUN_DURATION_MS)
    found = runs.filter(known_ms__isnull=False).aggregate(
        now=ArrayAgg("known_ms", filter=Q(at__gte=window.since), default=[]),
        before=ArrayAgg("known_ms", filter=Q(at__lt=window.since), default=[]),
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
