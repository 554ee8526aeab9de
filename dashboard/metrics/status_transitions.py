"""Cases that turned since a moment: from passing to failing, or from failing to passing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from dashboard.filters import Filters, Window
from dashboard.metrics.failing_series import failing_series_sql


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyFailing:
    """A failing case with the streak of its series that fails longest, as FailingCase.

    `newest_run` and `newest_at` are of the streak's last result.
    """

    case: int
    project: int
    since: datetime
    since_run: int
    streak: int
    newest_run: int
    newest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCase:
    """A case that passes again in all its series, with the one that had failed longest.

    It passes from `since` and the run `since_run` on. Before that, from `failed_since`
    and `failed_run` on, `streak` results in a row did not pass.
    """

    case: int
    project: int
    since: datetime
    since_run: int
    failed_since: datetime
    failed_run: int
    streak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTransitions:
    """`newly_failing` by since, `fixed` by how long they had failed, longest first;
    then by id.
    """

    newly_failing: tuple[NewlyFailing, ...]
    fixed: tuple[FixedCase, ...]


# `passing` results of a series have no failure after them. The streak of failures before
# those has exactly as many passes after it, so it is the current one where `passing`
# is 0. A series that ends in failures and is retired tells nothing.
_SQL = """
, counted AS (
    SELECT *, count(*) FILTER (WHERE failures = 0) OVER (
                  PARTITION BY case_id, configuration, branch) AS passing
      FROM placed),
series AS (
    SELECT case_id, project_id, configuration, branch, passing,
           min(at) FILTER (WHERE failures = 0) AS passes_since,
           (array_agg(run_id ORDER BY at, external_id COLLATE "C")
               FILTER (WHERE failures = 0))[1] AS passes_run,
           min(at) FILTER (WHERE failures > 0) AS fails_since,
           (array_agg(run_id ORDER BY at, external_id COLLATE "C")
               FILTER (WHERE failures > 0))[1] AS fails_run,
           (array_agg(external_id ORDER BY at, external_id COLLATE "C")
               FILTER (WHERE failures > 0))[1] AS fails_run_id,
           count(*) FILTER (WHERE failures > 0) AS streak,
           max(at) FILTER (WHERE failures > 0) AS newest_at,
           (array_agg(run_id ORDER BY at DESC, external_id COLLATE "C" DESC)
               FILTER (WHERE failures > 0))[1] AS newest_run
      FROM counted WHERE passes <= passing
     GROUP BY case_id, project_id, configuration, branch, passing),
judged AS (
    SELECT series.*, bool_or(passing = 0) OVER (PARTITION BY case_id) AS is_failing
      FROM series LEFT JOIN retired USING (case_id, configuration, branch)
     WHERE retired.moment IS NULL),
longest AS (
    SELECT DISTINCT ON (case_id) * FROM judged
     WHERE CASE WHEN is_failing THEN passing = 0
                ELSE streak > 0 AND passes_since >= %s END
     ORDER BY case_id, fails_since, streak DESC, fails_run_id COLLATE "C")
SELECT is_failing, case_id, project_id, passes_since, passes_run,
       fails_since, fails_run, streak, newest_run, newest_at
  FROM longest WHERE NOT is_failing OR fails_since >= %s
 ORDER BY fails_since, case_id
"""


def status_transitions(
    filters: Filters, window: Window, since: datetime
) -> StatusTransitions:
    """What turned at or after `since`, in the series of the window.

    A case is newly failing when the streak of the series that fails longest began at or
    after `since`. It is fixed when none of its series fails and, in at least one, the
    results that pass now began after a failure and at or after `since`.
    """
    series, params = failing_series_sql(filters, window)
    failing, fixed = [], []
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {series} {_SQL}", [*params, since, since])
        for is_failing, case, project, *rest in cursor.fetchall():
            if is_failing:
                failing.append(_failing(case, project, *rest[2:]))
            else:
                fixed.append(_fixed(case, project, *rest[:5]))
    return StatusTransitions(newly_failing=tuple(failing), fixed=tuple(fixed))


def _failing(
    case: int,
    project: int,
    since: datetime,
    run: int,
    streak: int,
    newest_run: int,
    newest_at: datetime,
) -> NewlyFailing:
    return NewlyFailing(
        case=case,
        project=project,
        since=since,
        since_run=run,
        streak=streak,
        newest_run=newest_run,
        newest_at=newest_at,
    )


def _fixed(
    case: int,
    project: int,
    since: datetime,
    run: int,
    failed_since: datetime,
    failed_run: int,
    streak: int,
) -> FixedCase:
    return FixedCase(
        case=case,
        project=project,
        since=since,
        since_run=run,
        failed_since=failed_since,
        failed_run=failed_run,
        streak=streak,
    )
