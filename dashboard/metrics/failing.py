"""Cases that fail now: a series of theirs whose newest decided final did not pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Coalesce

from dashboard.filters import Filters, Window, result_conditions
from ingest.contract import RunKind, Status
from ingest.models import DECIDED_CODES, NOT_PASSED_CODES, STATUS_CODES, Result

PASSED = STATUS_CODES[Status.PASSED]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingCase:
    """A case with the streak of its series that fails longest.

    `since` is the time of the streak's first result, `since_run` its run, `streak` the
    number of its results.
    """

    case: int
    project: int
    since: datetime
    since_run: int
    streak: int


# Newest first in each series: a result with no pass after it belongs to the streak. Of
# equal streaks the run's id at its tool decides: ours would tell which arrived first.
_STREAKS = """
, counted AS (
    SELECT *, count(*) FILTER (WHERE status = %s) OVER (
               PARTITION BY case_id, configuration, branch
               ORDER BY at DESC, external_id COLLATE "C" DESC
               ROWS UNBOUNDED PRECEDING) AS passes
      FROM decided),
streaks AS (
    SELECT case_id, project_id, min(at) AS since, count(*) AS streak,
           (array_agg(run_id ORDER BY at, external_id COLLATE "C"))[1] AS since_run,
           (array_agg(external_id ORDER BY at, external_id COLLATE "C"))[1] AS its_id
      FROM counted WHERE passes = 0
     GROUP BY case_id, project_id, configuration, branch),
longest AS (
    SELECT DISTINCT ON (case_id) case_id, project_id, since, since_run, streak
      FROM streaks ORDER BY case_id, since, streak DESC, its_id COLLATE "C")
SELECT case_id, project_id, since, since_run, streak FROM longest ORDER BY since, case_id
"""
_COUNT = """
, newest AS (
    SELECT DISTINCT ON (case_id, configuration, branch) case_id, project_id, status
      FROM decided
     ORDER BY case_id, configuration, branch, at DESC, external_id COLLATE "C" DESC)
SELECT project_id, count(DISTINCT case_id) FROM newest WHERE status <> %s
 GROUP BY project_id
"""


def failing_cases(filters: Filters) -> list[FailingCase]:
    """Those failing at the end of the window, longest first, then by id.

    Series are of one case in one configuration and branch, without manual runs; outages
    count.
    """
    rows, params = failing_series_sql(filters, filters.window())
    with connection.cursor() as cursor:
        cursor.execute(f"WITH decided AS ({rows}) {_STREAKS}", [*params, PASSED])
        return [
            FailingCase(
                case=case, project=project, since=since, since_run=run, streak=streak
            )
            for case, project, since, run, streak in cursor.fetchall()
        ]


def failing_by_project(
    filters: Filters, window: Window | None = None
) -> dict[int, int]:
    """Projects with cases that fail at the end of the window, and how many do."""
    rows, params = failing_series_sql(filters, window or filters.window())
    with connection.cursor() as cursor:
        cursor.execute(f"WITH decided AS ({rows}) {_COUNT}", [*params, PASSED])
        return dict(cursor.fetchall())


def failing_series_sql(filters: Filters, window: Window) -> tuple[str, Sequence[Any]]:
    """SQL of the decided final results that make up the series, and its parameters.

    Only of cases with a result that did not pass: no other can be failing, and they
    are few.
    """
    finals = Result.objects.filter(
        result_conditions(filters, window), is_final=True, run__kind=RunKind.AUTOMATED
    )
    bad = Result.objects.filter(
        at__gte=window.since,
        at__lt=window.until,
        is_final=True,
        removed_at__isnull=True,
        status__in=NOT_PASSED_CODES,
    )
    results = finals.filter(
        status__in=DECIDED_CODES, case_id__in=bad.values("case_id")
    ).annotate(
        configuration=Coalesce(
            "run__configuration__alias_of_id", "run__configuration_id"
        ),
        branch=F("run__branch"),
        external_id=F("run__external_id"),
    )
    columns = results.values_list(
        "project_id",
        "case_id",
        "configuration",
        "branch",
        "at",
        "external_id",
        "run_id",
        "status",
    )
    return columns.query.sql_with_params()
