"""How far a milestone is, as the API gives it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import lists
from dashboard.api import schema
from dashboard.api.conditional import ConditionalView
from dashboard.api.encoding import as_json
from dashboard.api.queries import one_of, parse_filters
from dashboard.api.schema_fields import serializer_of
from dashboard.api.schema_parameters import parameters
from dashboard.api.shapes import Meta, meta
from dashboard.api.views import or_not_found, reader
from dashboard.filters import Accepts, Filters, Window, selected_projects
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.runs import CountsRow, total_counts
from dashboard.metrics.milestones import Forecast, Progress
from dashboard.precomputed.milestones import progress

ACCEPTS = Accepts(
    refused={
        **ONLY_LISTS,
        "milestone": "The path names the milestone.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnUpPoint:
    """Distinct cases at the end of the UTC day that begins at `t`; today as of now."""

    t: datetime
    scope: int
    decided: int
    passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRow:
    """UTC days by which 10, 50, 85, 90 and 95 % of the simulated futures are done.

    `on_time_probability` is null without a due date.
    """

    p10: date
    p50: date
    p85: date
    p90: date
    p95: date
    on_time_probability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRow:
    """`counts` are of distinct cases; `reason` says why `forecast` is null."""

    meta: Meta
    counts: CountsRow
    runs_without_rows: tuple[int, ...]
    burn_up: tuple[BurnUpPoint, ...]
    forecast: ForecastRow | None
    reason: str | None


class ProgressView(ConditionalView):
    """Distinct tests of a milestone by status, its burn-up and its forecast."""

    @schema.describe_answer(
        "read_milestone_progress",
        serializer_of(ProgressRow),
        parameters(ACCEPTS),
        errors=(404,),
    )
    def get(self, request: Request, pk: int) -> Response:
        one_of(request.query_params, "format", ("json",))
        filters = parse_filters(request.query_params, ACCEPTS, also={"format"})
        milestone = or_not_found(lists.one_row(lists.MILESTONES, pk), "milestone", pk)
        row = _row(progress(milestone.pk, filters), filters)
        return Response(as_json(row, reader(request)))


def _row(progress: Progress, filters: Filters) -> ProgressRow:
    return ProgressRow(
        meta=_meta(progress, filters),
        counts=total_counts(progress.counts),
        runs_without_rows=progress.runs_without_rows,
        burn_up=tuple(
            BurnUpPoint(
                t=datetime.combine(day.day, time(), UTC),
                scope=day.scope,
                decided=day.decided,
                passed=day.passed,
            )
            for day in progress.burn_up
        ),
        forecast=_forecast(progress.forecast),
        reason=progress.reason or None,
    )


def _meta(progress: Progress, filters: Filters) -> Meta:
    """From the first run's start until now, unless a window is asked for."""
    window = filters.list_window()
    if window is None:
        since = progress.starts_at or filters.now
        window = Window(since=min(since, filters.now), until=filters.now)
    used = selected_projects(filters).filter(
        milestone_members__milestone=progress.milestone
    )
    projects = tuple(sorted({*used.values_list("pk", flat=True)}))
    # 0 is no project: a milestone of none is not one of all.
    about = replace(filters, project=projects or (0,))
    asked = replace(filters, milestone=()).over(window).explicit()
    return meta(
        *(about, window, progress.n_rows, progress.n_counts),
        metric="milestone-progress",
        pk=progress.milestone,
        query=asked.to_query(),
    )


def _forecast(forecast: Forecast | None) -> ForecastRow | None:
    if forecast is None:
        return None
    return ForecastRow(
        p10=forecast.p10,
        p50=forecast.p50,
        p85=forecast.p85,
        p90=forecast.p90,
        p95=forecast.p95,
        on_time_probability=forecast.on_time_probability,
    )
