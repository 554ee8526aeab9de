"""What became known of a time after somebody's look at it: late results and changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from dashboard.filters import Filters, run_conditions
from dashboard.filters.state import BEGINNING
from dashboard.reading.scope import present
from ingest.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceThen:
    """Final results of the time before the moment, or before an earlier end of what is
    looked at. `late` ones were recorded after it, `changed` ones were known then and say
    something else today, `gone` ones were taken back.
    """

    late: int = 0
    changed: int = 0
    gone: int = 0


# Results come late in runs that did, or that changed: these are few.
_LATE = """
SELECT run.id, count(*)
  FROM ingest_run run
 CROSS JOIN LATERAL (
       SELECT r.case_id FROM ingest_result r
        WHERE r.project_id = run.project_id AND r.partition_on = run.partition_on
          AND r.run_id = run.id AND r.is_final AND r.removed_at IS NULL
          AND coalesce(r.recorded_at, run.recorded_at) > %(as_of)s
          AND r.at >= %(since)s AND r.at < %(until)s) late
 WHERE run.removed_at IS NULL AND (%(run)s::bigint IS NULL OR run.id = %(run)s)
   AND (%(cases)s::bigint[] IS NULL OR late.case_id = ANY(%(cases)s))
   AND (run.recorded_at > %(as_of)s AND run.at < %(until)s
        OR run.id IN (SELECT run_id FROM ingest_runchange
                       WHERE recorded_to > %(as_of)s))
 GROUP BY run.id
"""
_CHANGED = """
SELECT was.run_id, count(*)
  FROM ingest_resultchange was
  JOIN ingest_run run ON run.id = was.run_id
  JOIN ingest_result r ON r.project_id = run.project_id
   AND r.partition_on = run.partition_on AND r.run_id = run.id
   AND r.ordinal = was.ordinal
 WHERE was.recorded_from <= %(as_of)s AND was.recorded_to > %(as_of)s AND was.is_final
   AND was.removed_at IS NULL AND was.at >= %(since)s AND was.at < %(until)s
   AND (r.removed_at IS NOT NULL) = %(is_gone)s
   AND (%(run)s::bigint IS NULL OR was.run_id = %(run)s)
   AND (%(cases)s::bigint[] IS NULL OR r.case_id = ANY(%(cases)s))
 GROUP BY was.run_id
"""


def since_then(filters: Filters, run: int | None = None) -> SinceThen:
    """Of the runs and tests that these filters of a past moment choose, in their window;
    of one run alone, if it is named.
    """
    if filters.as_of is None:
        return SinceThen()
    window = filters.list_window()
    values: dict[str, Any] = {
        "as_of": filters.as_of,
        "since": window.since if window else BEGINNING,
        "until": filters.until or filters.as_of,
        "run": run,
        "cases": list(filters.case) or None,
    }
    with present():
        late = _chosen(filters, _by_run(_LATE, values))
        changed = _chosen(filters, _by_run(_CHANGED, values | {"is_gone": False}))
        gone = _by_run(_CHANGED, values | {"is_gone": True})
    # What is gone today was chosen then.
    return SinceThen(late=late, changed=changed, gone=_chosen(filters, gone))


def _by_run(sql: str, values: Mapping[str, Any]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return dict(cursor.fetchall())


def _chosen(filters: Filters, by_run: Mapping[int, int]) -> int:
    """How many of these results are of runs that the filters choose."""
    if not by_run:
        return 0
    runs = Run.objects.filter(run_conditions(filters), pk__in=by_run)
    return sum(by_run[pk] for pk in runs.values_list("pk", flat=True))
