"""How long cases had been failing when a run saw them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from ingest.contract import RunKind, Status
from ingest.models import NOT_PASSED_CODES, STATUS_CODES, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """Results in a row that did not pass, `since` the first to `until` the last.

    `is_listed`: filters on case, time, and the configuration and branch that the run
    names choose exactly these, so that the number can be a door.
    """

    case: int
    count: int
    since: datetime
    until: datetime
    is_listed: bool


# The last pass is found from the index of a case's history, newest first, so that only
# the streak itself is read. The outer conditions are those that a list can express.
_STREAKS = """
SELECT asked.case_id, asked.at, streak.listed, streak.count, streak.since
  FROM unnest(%s::bigint[], %s::timestamptz[]) AS asked(case_id, at)
  LEFT JOIN LATERAL (
       SELECT r.at FROM ingest_result r JOIN ingest_run run ON run.id = r.run_id
         LEFT JOIN ingest_configuration c ON c.id = run.configuration_id
        WHERE r.project_id = %s AND r.case_id = asked.case_id AND r.at < asked.at
          AND r.is_final AND r.removed_at IS NULL AND r.status = %s
          AND run.removed_at IS NULL AND run.kind = %s AND run.branch = %s
          AND NOT EXISTS (SELECT 1 FROM dashboard_runjudgement said
                           WHERE said.run_id = run.id AND said.verdict = 'uncounted')
          AND coalesce(c.alias_of_id, c.id) IS NOT DISTINCT FROM %s
        ORDER BY r.at DESC LIMIT 1) AS pass ON true
 CROSS JOIN LATERAL (
       SELECT count(*) AS listed, count(*) FILTER (WHERE own) AS count,
              min(at) FILTER (WHERE own) AS since
         FROM (SELECT r.at, run.kind = %s AND run.branch = %s AND
                      coalesce(c.alias_of_id, c.id) IS NOT DISTINCT FROM %s AS own
                 FROM ingest_result r JOIN ingest_run run ON run.id = r.run_id
                 LEFT JOIN ingest_configuration c ON c.id = run.configuration_id
                WHERE r.project_id = %s AND r.case_id = asked.case_id
                  AND r.at <= asked.at AND (pass.at IS NULL OR r.at > pass.at)
                  AND r.is_final AND r.removed_at IS NULL AND r.status = ANY(%s)
                  AND run.removed_at IS NULL
                  AND NOT EXISTS (SELECT 1 FROM dashboard_runjudgement said
                                   WHERE said.run_id = run.id
                                     AND said.verdict = 'uncounted')
                  AND (%s = '' OR run.branch = %s)
                  AND (%s::bigint IS NULL OR coalesce(c.alias_of_id, c.id) = %s)
              ) AS found) AS streak
 WHERE streak.count > 0
"""


def failing_streaks(run: Run, ends: Mapping[int, datetime]) -> dict[int, Streak]:
    """The streak of each case that ends with its result at the given time.

    Series as everywhere: one configuration and branch, those of `run`, without manual
    runs. Cases without such a streak are left out.
    """
    if not ends:
        return {}
    configuration = run.configuration
    series = configuration and (configuration.alias_of_id or configuration.pk)
    of_series = [str(RunKind.AUTOMATED), run.branch, series]
    params: list[Any] = [list(ends), list(ends.values())]
    params += [run.project_id, STATUS_CODES[Status.PASSED], *of_series, *of_series]
    params += [run.project_id, NOT_PASSED_CODES, run.branch, run.branch, series, series]
    with connection.cursor() as cursor:
        cursor.execute(_STREAKS, params)
        return {
            case: Streak(
                case=case,
                count=count,
                since=since,
                until=until,
                is_listed=listed == count,
            )
            for case, until, listed, count, since in cursor.fetchall()
        }
