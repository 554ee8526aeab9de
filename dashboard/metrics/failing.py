"""Cases that fail now: a series of theirs whose newest decided final did not pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from dashboard.filters import Filters, Window
from dashboard.metrics.failing_series import failing_series_sql
from dashboard.metrics.newest import SeriesKey


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingCase:
    """A case with the streak of its series that fails longest, in the `configuration`
    (the id of what it counts as, None for none) and `branch` of that series.

    `since` is the time of the streak's first result, `since_run` its run, `streak` the
    number of its results. `is_retired`: all its series that fail are ones that nobody
    runs any more, so that it failed when last run and does not fail now.
    """

    case: int
    project: int
    since: datetime
    since_run: int
    streak: int
    configuration: int | None
    branch: str
    is_retired: bool

    @property
    def series(self) -> SeriesKey:
        return SeriesKey(self.configuration, self.branch)


# Of equal streaks the run's id at its tool decides, as in a series.
_STREAKS = """
, streaks AS (
    SELECT case_id, project_id, configuration, branch, min(at) AS since,
           count(*) AS streak,
           (array_agg(run_id ORDER BY at, external_id COLLATE "C"))[1] AS since_run,
           (array_agg(external_id ORDER BY at, external_id COLLATE "C"))[1] AS its_id
      FROM placed WHERE passes = 0
     GROUP BY case_id, project_id, configuration, branch),
longest AS (
    SELECT DISTINCT ON (case_id) case_id, project_id, since, since_run, streak,
           configuration, branch, retired.moment IS NOT NULL AS is_retired
      FROM streaks LEFT JOIN retired USING (case_id, configuration, branch)
     ORDER BY case_id, is_retired, since, streak DESC, its_id COLLATE "C")
SELECT case_id, project_id, since, since_run, streak, nullif(configuration, 0), branch,
       is_retired
  FROM longest ORDER BY since, case_id
"""
_COUNT = """
SELECT project_id, count(DISTINCT case_id)
  FROM ends LEFT JOIN retired USING (case_id, configuration, branch)
 WHERE retired.moment IS NULL
 GROUP BY project_id
"""


def failing_when_last_run(filters: Filters) -> list[FailingCase]:
    """The cases that fail at the end of the window and those that would if somebody
    still ran them, longest first, then by id.

    Series are of one case in one configuration and branch, without manual runs; outages
    count.
    """
    series, params = failing_series_sql(filters, filters.window())
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {series} {_STREAKS}", params)
        return [
            FailingCase(
                case=case,
                project=project,
                since=since,
                since_run=run,
                streak=streak,
                configuration=configuration,
                branch=branch,
                is_retired=is_retired,
            )
            for (
                case,
                project,
                since,
                run,
                streak,
                configuration,
                branch,
                is_retired,
            ) in cursor.fetchall()
        ]


def failing_by_project(
    filters: Filters, window: Window | None = None
) -> dict[int, int]:
    """Projects with cases that fail at the end of the window, and how many do."""
    series, params = failing_series_sql(filters, window or filters.window())
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {series} {_COUNT}", params)
        return dict(cursor.fetchall())
