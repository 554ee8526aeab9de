"""The rows behind what became known of a time after somebody's look at it."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

from dashboard.filters import Filters, run_conditions
from dashboard.filters.state import BEGINNING
from dashboard.lists.results import RESULTS, some_results
from ingest.models import Result, ResultChange, RunChange


def _late(filters: Filters) -> QuerySet[Result]:
    """Final results of the time before `until` that were recorded after it."""
    if filters.until is None:
        return Result.objects.none()
    changed = RunChange.objects.filter(recorded_to__gt=filters.until).values("run")
    return RESULTS.select(replace(filters, final=True)).filter(
        Q(run__recorded_at__gt=filters.until) | Q(run__in=changed),
        GreaterThan(Coalesce("recorded_at", "run__recorded_at"), filters.until),
    )


def _changed(filters: Filters) -> QuerySet[Result]:
    """Those that were final results of the time before `until`, and say something else."""
    if filters.until is None:
        return Result.objects.none()
    was = ResultChange.objects.filter(
        project_id=OuterRef("project_id"),
        run_id=OuterRef("run_id"),
        ordinal=OuterRef("ordinal"),
        recorded_from__lte=filters.until,
        recorded_to__gt=filters.until,
        is_final=True,
        removed_at=None,
        at__gte=filters.since or BEGINNING,
        at__lt=filters.until,
    )
    found = Result.objects.filter(
        run_conditions(filters, of="run"), Exists(was), removed_at=None
    )
    return found.filter(case_id__in=filters.case) if filters.case else found


RESULTS_LATE = some_results("late results", _late)
RESULTS_CHANGED = some_results("changed results", _changed)
