"""Runs by project and day, and the newest run of each project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Count
from django.db.models.functions import TruncDate

from dashboard.filters import Filters, Window, run_conditions
from dashboard.metrics.summary import runs_begun
from ingest.contract import Counts
from ingest.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestRun:
    """The run of a project that began last; `counts` are of all its final results."""

    id: int
    name: str
    at: datetime
    detail: str
    counts: Counts


def runs_by_day(filters: Filters, window: Window) -> Mapping[tuple[int, date], int]:
    """Runs that began in the window, by project and UTC day of their start."""
    days = runs_begun(filters, window).annotate(day=TruncDate("at", tzinfo=UTC))
    counted = days.values_list("project_id", "day").annotate(runs=Count("pk"))
    return {(project, day): runs for project, day, runs in counted.order_by()}


def newest_runs(filters: Filters, window: Window) -> Mapping[int, NewestRun]:
    """By project, of the runs that began in the window."""
    newest = (
        runs_begun(filters, window)
        .order_by("project_id", "-at", "-pk")
        .distinct("project_id")
    )
    return {
        run.project_id: NewestRun(
            id=run.pk, name=run.name, at=run.at, detail=run.detail, counts=run.counts
        )
        for run in newest
    }


def newest_start(filters: Filters) -> datetime | None:
    """When the newest run of all times that passes the filters began."""
    runs = Run.objects.filter(run_conditions(filters)).order_by("-at")
    return runs.values_list("at", flat=True).first()
