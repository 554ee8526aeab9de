"""The stand-up, as the API gives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.addresses import address
from dashboard.api import schema
from dashboard.api.conditional import ConditionalView
from dashboard.api.encoding import as_json
from dashboard.api.metrics import ACCEPTS
from dashboard.api.queries import one_of, parse_filters
from dashboard.api.schema_fields import serializer_of
from dashboard.api.schema_parameters import parameters
from dashboard.api.shapes import Meta, meta
from dashboard.api.views import reader
from dashboard.filters import Filters
from dashboard.lists import PagePath
from dashboard.lists.standup import (
    FixedRow,
    NewlyFailingRow,
    NewlyFlakyRow,
    fixed_rows,
    newly_failing_rows,
    newly_flaky_rows,
)
from dashboard.metrics.milestones import Progress
from dashboard.metrics.standup import StaleTool, Standup, period
from dashboard.metrics.tallies import rows_and_counts, tallies
from dashboard.precomputed.standup import standup
from dashboard.readers import ForSignedIn


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneAtRiskRow:
    """A milestone that is `overdue` or probably will be: `p10` to `p90` are the days
    between which 80 % of its simulated futures end, null where there is no forecast;
    `passed` of `total` cases in scope have passed.
    """

    id: int
    name: str
    due_at: datetime | None
    overdue: bool
    p10: str | None
    p90: str | None
    on_time_probability: float | None
    passed: int
    total: int
    url: PagePath


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleToolRow:
    """A connection that is not fresh: `state` is stale or failing."""

    id: int
    name: str
    tool: str
    state: str
    last_success_at: datetime | None
    last_error: ForSignedIn[str]
    url: PagePath


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupRow:
    """What began between `meta.since` and `meta.until`; milestones as they are now."""

    meta: Meta
    newly_failing: tuple[NewlyFailingRow, ...]
    fixed: tuple[FixedRow, ...]
    newly_flaky: tuple[NewlyFlakyRow, ...]
    milestones_at_risk: tuple[MilestoneAtRiskRow, ...]
    stale: tuple[StaleToolRow, ...]


class StandupView(ConditionalView):
    """What began to fail, was fixed or became flaky, and what is at risk or stale."""

    @schema.describe_answer(
        "read_standup", serializer_of(StandupRow), parameters(ACCEPTS)
    )
    def get(self, request: Request) -> Response:
        one_of(request.query_params, "format", ("json",))
        filters = parse_filters(request.query_params, ACCEPTS, also={"format"})
        counted = rows_and_counts(tallies(filters, period(filters)))
        row = _row(filters, standup(filters), *counted)
        return Response(as_json(row, reader(request)))


def _row(filters: Filters, standup: Standup, n_rows: int, n_counts: int) -> StandupRow:
    return StandupRow(
        meta=meta(filters, standup.window, n_rows, n_counts, metric="stand-up"),
        newly_failing=tuple(newly_failing_rows(standup.groups, standup.newly_failing)),
        fixed=tuple(fixed_rows(standup.fixed)),
        newly_flaky=tuple(newly_flaky_rows(standup.newly_flaky)),
        milestones_at_risk=tuple(map(_at_risk, standup.milestones_at_risk)),
        stale=tuple(map(_stale, standup.stale)),
    )


def _at_risk(progress: Progress) -> MilestoneAtRiskRow:
    forecast = progress.forecast
    return MilestoneAtRiskRow(
        id=progress.milestone,
        name=progress.name,
        due_at=progress.due_at,
        overdue=progress.is_overdue,
        p10=forecast.p10.isoformat() if forecast else None,
        p90=forecast.p90.isoformat() if forecast else None,
        on_time_probability=forecast.on_time_probability if forecast else None,
        passed=progress.counts.passed,
        total=progress.scope,
        url=PagePath(address("milestone", progress.milestone)),
    )


def _stale(tool: StaleTool) -> StaleToolRow:
    return StaleToolRow(
        id=tool.connection,
        name=tool.name,
        tool=tool.vendor,
        state=tool.state,
        last_success_at=tool.last_success_at,
        last_error=tool.error,
        url=PagePath(f"{address('sync')}#connection-{tool.connection}"),
    )
