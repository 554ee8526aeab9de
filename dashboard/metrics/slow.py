"""How long cases take: percentiles of the durations of their passed results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q

from dashboard.filters import Filters, Window, result_conditions
from ingest.contract import Status
from ingest.models import STATUS_CODES, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowCase:
    """Percentiles in ms of the `n` known durations among `passed` final results.

    `previous_p50_ms` is that of the window before, None without a duration there.
    """

    case: int
    project: int
    p50_ms: int
    p95_ms: int
    n: int
    passed: int
    previous_p50_ms: int | None


# One scan of both windows: the sort by case is what it costs, and is done once.
_PERCENTILES = """
, figures AS (
    SELECT case_id, project_id,
           count(*) FILTER (WHERE is_now) AS passed,
           count(duration_ms) FILTER (WHERE is_now) AS n,
           percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration_ms)
               FILTER (WHERE is_now) AS now,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms)
               FILTER (WHERE NOT is_now) AS before
      FROM passed GROUP BY case_id, project_id)
SELECT case_id, project_id, floor(now[1] + 0.5)::bigint AS p50,
       floor(now[2] + 0.5)::bigint, n, passed, floor(before + 0.5)::bigint
  FROM figures WHERE n > 0 ORDER BY p50 DESC, case_id
"""


def slow_cases(filters: Filters, window: Window | None = None) -> list[SlowCase]:
    """Cases by the median duration of their final passed results, longest first.

    Percentiles are interpolated (percentile_cont) and rounded half up to whole ms.
    Unknown durations are left out; outages and manual runs are not.
    """
    rows, params = _passed(filters, window or filters.window())
    with connection.cursor() as cursor:
        cursor.execute(f"WITH passed AS ({rows}) {_PERCENTILES}", params)
        return [
            SlowCase(
                case=case,
                project=project,
                p50_ms=p50,
                p95_ms=p95,
                n=n,
                passed=passed,
                previous_p50_ms=before,
            )
            for case, project, p50, p95, n, passed, before in cursor.fetchall()
        ]


def _passed(filters: Filters, window: Window) -> tuple[str, Sequence[Any]]:
    """SQL of the final passed results of the window and of the one before it."""
    both = Window(since=window.previous.since, until=window.until)
    is_now = ExpressionWrapper(Q(at__gte=window.since), output_field=BooleanField())
    results = Result.objects.filter(
        result_conditions(replace(filters, status=()), both),
        is_final=True,
        status=STATUS_CODES[Status.PASSED],
    ).annotate(is_now=is_now)
    columns = results.values_list("case_id", "project_id", "duration_ms", "is_now")
    return columns.query.sql_with_params()
