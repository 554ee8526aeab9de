"""The series that may end in a failure, as SQL, and which of them nobody runs any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, DateField, DateTimeField, F, OuterRef, Subquery, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from dashboard.filters import Filters, Window, result_conditions, run_conditions
from ingest.contract import Detail, RunKind, Status
from ingest.models import (
    DECIDED_CODES,
    NOT_PASSED_CODES,
    STATUS_CODES,
    Result,
    RunDay,
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
asked AS (SELECT DISTINCT project_id, moment FROM ends),
project_ends AS (
    SELECT asked.project_id, asked.moment, ({newest}) AS newest_at FROM asked),
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
    ends = _ENDS, [window.until]
    return failing_series_at(filters, window, ends, window.until - window.since)


def failing_series_at(
    filters: Filters, window: Window, ends: tuple[str, Sequence[Any]], length: Any
) -> tuple[str, Sequence[Any]]:
    """The same of `ends` of one's own: results of `placed` with their `moment`, before
    which a time of `length` is looked at.
    """
    rows, params = _decided(filters, window)
    newest, of_newest = _newest_of_project()
    sql = f"decided AS ({rows}), {_PLACED}, {ends[0]}, {_RETIRED.format(newest=newest)}"
    return sql, [*params, *ends[1], *of_newest, length]


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


def _newest_of_project() -> tuple[str, Sequence[Any]]:
    """The time of the newest final result of `asked.project_id` before `asked.moment`,
    whatever the filters choose of the project: it tells whether the project runs.

    From the days of runs; of the day that the moment lies in, results are looked at.
    """
    moment: Any = RawSQL("asked.moment", (), DateTimeField())
    days = RunDay.objects.filter(
        run_conditions(Filters(), of="run"),
        project_id=RawSQL("asked.project_id", ()),
        first_at__lt=moment,
        day__lte=RawSQL("(asked.moment AT TIME ZONE 'UTC')::date", (), DateField()),
    ).exclude(run__detail=Detail.COUNTS)
    before = Result.objects.filter(
        project_id=OuterRef("project_id"),
        partition_on=OuterRef("run__partition_on"),
        run_id=OuterRef("run_id"),
        is_final=True,
        removed_at__isnull=True,
        at__lt=moment,
    )
    newest = days.filter(
        day=Subquery(days.order_by("-day").values("day")[:1])
    ).annotate(
        newest_at=Case(
            When(last_at__lt=moment, then=F("last_at")),
            default=Subquery(before.order_by("-at").values("at")[:1]),
        )
    )
    of_last_day = newest.order_by("-newest_at").values("newest_at")[:1]
    return of_last_day.query.sql_with_params()
