"""The rows that a pushed run has of some cases already, without reading the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from ingest.models import PushedRun, Run
from ingest.partitions import month_suffix
from ingest.upsert.blocks import array
from ingest.upsert.rows import Stored, stored_values

# By case and time, as the index of a case's history has them, one case after the other.
# The planner has no statistics of what is just being filled, and one that takes a run for
# empty reads all rows of it for each case. So it is not told: OFFSET hides what is
# wanted, "+ 0" the run, of which no other index is of use.
_FIND = """
WITH run AS MATERIALIZED (
    SELECT p.rows_from, p.rows_until,
           (SELECT max(ordinal) FROM ingest_result{month}
             WHERE run_id = p.run_id) AS last
      FROM ingest_pushedrun p WHERE p.run_id = %(run)s
)
SELECT run.*, r.*
  FROM run LEFT JOIN (
       (SELECT case_id, coalesce(run.rows_from, '-infinity') AS begins,
               coalesce(run.rows_until, 'infinity') AS ends
          FROM run, unnest(%(cases)s::bigint[]) AS t(case_id) OFFSET 0) wanted
       CROSS JOIN LATERAL (
       SELECT kept.case_id, attempt, ordinal, recorded_at, removed_at, at, duration_ms,
              thread_id, status, is_final, is_marked_retry, has_own_time, raw_status
         FROM ingest_result{month} AS kept
        WHERE kept.case_id = wanted.case_id
          AND kept.at BETWEEN wanted.begins AND wanted.ends AND run_id + 0 = %(run)s
       OFFSET 0) r
       ) ON true
"""


class Found(NamedTuple):
    """`rows` by case and attempt, without their texts; `next_ordinal` is of the run;
    between `rows_from` and `rows_until` lie the times of all its rows, as far as known.
    """

    rows: dict[tuple[int, int], Stored]
    next_ordinal: int
    rows_from: datetime | None
    rows_until: datetime | None


def stored_of_cases(run: Run, cases: Iterable[int]) -> Found:
    """The rows of these cases in a run that was pushed and is locked."""
    given: dict[str, int | str] = {"run": run.pk, "cases": array(set(cases))}
    with connection.cursor() as cursor:
        cursor.execute(_FIND.format(month=month_suffix(run.partition_on)), given)
        found = cursor.fetchall()
    rows_from, rows_until, last, *_ = found[0]
    stored = {
        (case, attempt): Stored(
            case,
            ordinal,
            attempt,
            recorded_at,
            removed_at,
            stored_values(values),
        )
        for case, attempt, ordinal, recorded_at, removed_at, *values in (
            row[3:] for row in found if row[3] is not None
        )
    }
    return Found(stored, 0 if last is None else last + 1, rows_from, rows_until)


def widen_times(run: Run, found: Found, times: Sequence[datetime]) -> None:
    """Store between which times the rows of the run lie, now that these came to it."""
    if found.rows_from is None or found.rows_until is None:
        return
    first, last = min(found.rows_from, *times), max(found.rows_until, *times)
    if (first, last) != (found.rows_from, found.rows_until):
        PushedRun.objects.filter(pk=run.pk).update(rows_from=first, rows_until=last)
