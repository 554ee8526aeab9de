"""Rows whose time was changed while somebody pages through a list in its order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from ingest.models.results import ORDINALS

# A change is numbered before its transaction ends, so that numbers are not quite in the
# order of times.
LONGEST_TRANSACTION = timedelta(minutes=10)

# The newest changes alone are looked at: back to the first that is older than that.
_SINCE = """
 WHERE change.id > coalesce((SELECT old.id FROM {table} old
                              WHERE old.recorded_to <= %(long_before)s
                              ORDER BY old.id DESC LIMIT 1), 0)
   AND change.recorded_to > %(since)s
"""
_RUNS = f"""
SELECT DISTINCT ON (run.id) run.id,
       coalesce((change.values ->> 'started_at')::timestamptz, run.recorded_at) AS was
  FROM ingest_runchange change JOIN ingest_run run ON run.id = change.run_id
{_SINCE.format(table="ingest_runchange")}
   AND change.values ? 'started_at'
 ORDER BY run.id, change.recorded_to, change.id
"""
# The first change tells where a row was, also of one that is back there by now.
_RESULTS = f"""
SELECT row_id, was FROM (
    SELECT DISTINCT ON (change.run_id, change.ordinal)
           change.run_id * {ORDINALS}::bigint + change.ordinal AS row_id,
           change.at AS was, result.at AS now
      FROM ingest_resultchange change
      JOIN ingest_run run ON run.id = change.run_id
      JOIN ingest_result result
        ON result.project_id = change.project_id
       AND result.partition_on = run.partition_on
       AND result.run_id = change.run_id AND result.ordinal = change.ordinal
{_SINCE.format(table="ingest_resultchange")}
     ORDER BY change.run_id, change.ordinal, change.recorded_to, change.id) changed
 WHERE was <> now
"""


def moved_runs(since: datetime) -> dict[int, Any]:
    """The times that runs had at that moment, by id, of those that have another now."""
    return _asked(_RUNS, since)


def moved_results(since: datetime) -> dict[int, Any]:
    """The same of results, by the id that the API gives them."""
    return _asked(_RESULTS, since)


def _asked(sql: str, since: datetime) -> dict[int, Any]:
    values = {"since": since, "long_before": since - LONGEST_TRANSACTION}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return dict(cursor.fetchall())
