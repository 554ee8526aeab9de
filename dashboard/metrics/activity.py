"""Runs by project and day, and the newest run of each project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Count, Q
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsBegun:
    """Runs that began in the window, by project and UTC day of their start, and how
    many began in the window before.
    """

    by_day: Mapping[tuple[int, date], int]
    previous: int

    @property
    def total(self) -> int:
        return sum(self.by_day.values())


def runs_by_day(filters: Filters, window: Window) -> RunsBegun:
    """One query."""
    both = Window(since=window.previous.since, until=window.until)
    rows = (
        runs_begun(filters, both)
        .annotate(day=TruncDate("at", tzinfo=UTC), is_now=Q(at__gte=window.since))
        .values_list("project_id", "day", "is_now")
        .annotate(runs=Count("pk"))
    )
    by_day: dict[tuple[int, date], int] = {}
    previous = 0
    for project, day, is_now, runs in rows.order_by():
        if is_now:
            by_day[project, day] = runs
        else:
            previous += runs
    return RunsBegun(by_day=by_day, previous=previous)


def runs_by_status(filters: Filters, window: Window) -> Mapping[str, int]:
    """Of the runs that began in the window."""
    runs = runs_begun(filters, window).values_list("status")
    return dict(runs.annotate(runs=Count("pk")).order_by())


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
