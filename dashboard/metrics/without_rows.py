"""What stands in numbers without rows behind it: runs whose vendor gives totals only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import Count, F, Q, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from dashboard.filters import Filters, run_conditions
from ingest.contract import Detail, Status
from ingest.models import RunDay


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutRows:
    """`results` of the asked statuses in `runs` that have totals only."""

    results: int
    runs: int


def without_rows(filters: Filters) -> WithoutRows:
    """Of the list's window, or of all times. Single cases and words cannot be told."""
    if filters.case or filters.q or filters.latest or filters.signature:
        return WithoutRows(results=0, runs=0)
    first, *others = filters.status or map(str, Status)
    counted: Combinable = F(first)
    for status in others:
        counted = counted + F(status)
    window = filters.list_window()
    inside = Q(first_at__gte=window.since, last_at__lt=window.until) if window else Q()
    days = RunDay.objects.filter(
        run_conditions(replace(filters, status=()), of="run"),
        inside,
        run__detail=Detail.COUNTS,
    ).annotate(counted=counted)
    sums = days.filter(counted__gt=0).aggregate(
        results=Coalesce(Sum("counted"), 0), runs=Count("run_id", distinct=True)
    )
    return WithoutRows(**sums)
