"""When each project said something last, which tells whether it runs at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from django.db.models import DateField, DateTimeField, Q
from django.db.models.expressions import RawSQL

from dashboard.column_store.selection import (
    EPOCH,
    chosen_results,
    from_microseconds,
    microseconds,
)
from dashboard.filters import Filters, Window, run_conditions
from dashboard.filters.selection import project_conditions
from dashboard.reading.scope import past
from ingest.contract import Detail
from ingest.models import Project, RunDay

_NEVER = np.iinfo(np.int64).min


class NewestFinal(NamedTuple):
    """The time of a project's newest final result before a moment."""

    project: int
    moment: datetime
    at: datetime


# Of the newest day that began before the moment: whole days of runs tell, and those that
# the moment cuts through are looked at by their results.
_DAYS = """
SELECT project_id, moment, max(last_at) FILTER (WHERE last_at < moment),
       array_agg(run_id) FILTER (WHERE last_at >= moment)
  FROM ({projects}) AS projects(project_id)
 CROSS JOIN unnest(%s::timestamptz[]) AS moments(moment)
 CROSS JOIN LATERAL ({newest}) AS newest
 CROSS JOIN LATERAL ({days}) AS of_day
 GROUP BY project_id, moment
"""
_RESULTS = """
SELECT asked.project_id, asked.moment, max(found.at)
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[])
       AS asked(project_id, moment, run_id)
  JOIN ingest_run run ON run.id = asked.run_id
 CROSS JOIN LATERAL (
       SELECT r.at FROM ingest_result r
        WHERE r.project_id = run.project_id AND r.partition_on = run.partition_on
          AND r.run_id = run.id AND r.is_final AND r.removed_at IS NULL
          AND r.at < asked.moment) AS found
 GROUP BY asked.project_id, asked.moment
"""


def newest_finals(filters: Filters, moments: Sequence[datetime]) -> list[NewestFinal]:
    """Of each chosen project before each moment, whatever else the filters choose: of
    all branches and of manual runs too.
    """
    return _of_results(filters, moments) if past() else _of_days(filters, moments)


def _of_results(filters: Filters, moments: Sequence[datetime]) -> list[NewestFinal]:
    """The days of runs of the past are told by all of their results, which columns hold."""
    ends = sorted(moments)
    projects = Filters(
        project=filters.project, connection=filters.connection, tool=filters.tool
    )
    window = Window(since=EPOCH, until=ends[-1])
    until = np.asarray([microseconds(moment) for moment in ends])
    found: dict[int, np.ndarray] = {}
    for part in chosen_results(projects, window, ~Q(detail=Detail.COUNTS)):
        newest = found.setdefault(part.project, np.full(len(ends), _NEVER))
        times = part.results.times[part.is_final]
        np.maximum.at(newest, np.searchsorted(until, times, side="right"), times)
    return [
        NewestFinal(project, moment, from_microseconds(at))
        for project, newest in found.items()
        for moment, at in zip(ends, np.maximum.accumulate(newest).tolist(), strict=True)
        if at != _NEVER
    ]


def _of_days(filters: Filters, moments: Sequence[datetime]) -> list[NewestFinal]:
    """One query, two where a moment cuts a run."""
    sql, of_projects, of_days = _days_sql(filters)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*of_projects, list(moments), *of_days])
        rows = cursor.fetchall()
        newest = {(project, moment): at for project, moment, at, _ in rows}
        if cut := [(p, m, run) for p, m, _, runs in rows for run in runs or ()]:
            cursor.execute(
                _RESULTS, [list(column) for column in zip(*cut, strict=True)]
            )
            for project, moment, at in cursor.fetchall():
                before = newest[project, moment]
                newest[project, moment] = max(before, at) if before else at
    return [NewestFinal(*key, at) for key, at in newest.items() if at]


def _days_sql(filters: Filters) -> tuple[str, Sequence[Any], Sequence[Any]]:
    """The SQL, with the parameters before and after the moments."""
    projects = Project.objects.filter(project_conditions(filters)).values("pk")
    moment = RawSQL("moments.moment", (), DateTimeField())
    counted = RunDay.objects.filter(
        run_conditions(Filters(), of="run"),
        project_id=RawSQL("projects.project_id", ()),
        first_at__lt=moment,
    ).exclude(run__detail=Detail.COUNTS)
    newest = (
        counted.filter(
            day__lte=RawSQL(
                "(moments.moment AT TIME ZONE 'UTC')::date", (), DateField()
            )
        )
        .order_by("-day")
        .values("day")[:1]
    )
    of_day = counted.filter(day=RawSQL("newest.day", (), DateField()))
    newest_sql, of_newest = newest.query.sql_with_params()
    days_sql, of_days = of_day.values("run_id", "last_at").query.sql_with_params()
    projects_sql, of_projects = projects.query.sql_with_params()
    sql = _DAYS.format(projects=projects_sql, newest=newest_sql, days=days_sql)
    return sql, of_projects, [*of_newest, *of_days]
