"""The series that may end in a failure, as SQL, and which of them nobody runs any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce

from dashboard.filters import Filters, Window, result_conditions
from dashboard.metrics.newest_finals import newest_finals
from ingest.contract import RunKind, Status
from ingest.models import (
    DECIDED_CODES,
    NOT_PASSED_CODES,
    STATUS_CODES,
    Result,
)

PASSED = STATUS_CODES[Status.PASSED]
_SERIES = "case_id, configuration, branch"

# Newest first in each series: `number` 1 is its newest result, `passes` and `failures`
# count from that one to this, `next_at` is the time of the one after this. Of equal
# times the run's id at its tool decides: ours would tell which arrived first.
_PLACED = f"""
placed AS (
    SELECT *, row_number() OVER newest AS number, lag(at) OVER newest AS next_at,
           count(*) FILTER (WHERE status = {PASSED}) OVER newest AS passes,
           count(*) FILTER (WHERE status <> {PASSED}) OVER newest AS failures
      FROM decided
    WINDOW newest AS (PARTITION BY {_SERIES}
                      ORDER BY at DESC, external_id COLLATE "C" DESC
                      ROWS UNBOUNDED PRECEDING))"""
# Of `ends`, each the result that a series ended with at a moment. The gaps are those
# between the results of the time that is looked at, as long before the moment. In
# microseconds, which no rounding touches.
_RETIRED = """
project_ends AS (
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
               AS each(project_id, moment, newest_at)),
quiet AS (
    SELECT ends.*, project_ends.newest_at - ends.at AS age
      FROM ends JOIN project_ends USING (project_id, moment)
     WHERE project_ends.newest_at > ends.at + interval '168 hours'),
retired AS (
    SELECT quiet.moment, quiet.case_id, quiet.configuration, quiet.branch
      FROM quiet LEFT JOIN placed AS earlier
        ON earlier.case_id = quiet.case_id AND earlier.branch = quiet.branch
       AND earlier.configuration = quiet.configuration
       AND earlier.number > quiet.number AND earlier.at >= quiet.moment - %s
     GROUP BY quiet.moment, quiet.case_id, quiet.configuration, quiet.branch, quiet.age
    HAVING extract(epoch FROM quiet.age) * 1000000 > coalesce(
           4 * percentile_cont(0.5) WITHIN GROUP (ORDER BY (
               extract(epoch FROM earlier.next_at - earlier.at) * 1000000
               )::double precision),
           extract(epoch FROM interval '336 hours') * 1000000))"""
_ENDS = f"""
ends AS (SELECT *, %s::timestamptz AS moment FROM placed
          WHERE number = 1 AND status <> {PASSED})"""


def failing_series_sql(filters: Filters, window: Window) -> tuple[str, Sequence[Any]]:
    """SQL of `decided`, `placed`, `ends` and `retired`, to stand between WITH and a
    query: the results of the series that may fail at the end of a window, those that
    the failing ones end with, and which of these are retired.
    """
    ends, length = (_ENDS, [window.until]), window.until - window.since
    return failing_series_at(filters, window, ends, [window.until], length)


def failing_series_at(
    filters: Filters,
    window: Window,
    ends: tuple[str, Sequence[Any]],
    moments: Sequence[datetime],
    length: timedelta,
) -> tuple[str, Sequence[Any]]:
    """The same of `ends` of one's own: results of `placed` with their `moment`, before
    which a time of `length` is looked at.
    """
    rows, params = _decided(filters, window)
    newest = newest_finals(filters, moments)
    columns = [list(column) for column in zip(*newest, strict=True)] or [[], [], []]
    sql = f"decided AS ({rows}), {_PLACED}, {ends[0]}, {_RETIRED}"
    return sql, [*params, *ends[1], *columns, length]


def _decided(filters: Filters, window: Window) -> tuple[str, Sequence[Any]]:
    """The decided final results that make up the series.

    Only of cases with a result that did not pass: no other can be failing, and they
    are few. Without a configuration it is 0, so that it equals itself.
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
            "run__configuration__alias_of_id", "run__configuration_id", 0
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
