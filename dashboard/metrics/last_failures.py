"""The newest failure of cases with what it said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection
from django.db.models import F

from dashboard.filters import Filters, result_conditions
from dashboard.metrics.flaky import is_left_out
from ingest.contract import RunKind
from ingest.models import NOT_PASSED_CODES, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class LastFailure:
    """The message of an attempt that did not pass, "" without any, its run and time."""

    case: int
    run: int
    at: datetime
    message: str


# A list shows two lines of it.
MOST_LETTERS = 400
_NEWEST = """
SELECT DISTINCT ON (case_id) case_id, run_id, at, left(coalesce(message, ''), %s)
  FROM failures LEFT JOIN ingest_resulttext t
 USING (project_id, partition_on, run_id, ordinal)
 ORDER BY case_id, coalesce(message, '') = '', at DESC, external_id COLLATE "C" DESC, attempt DESC
"""


def last_failures(
    cases: Collection[int], projects: Collection[int], filters: Filters
) -> dict[int, LastFailure]:
    """The newest attempt in the window that did not pass and has a message, by case;
    where none has one, the newest that did not pass.

    Of the runs that flakiness goes by. `projects` are those of the cases.
    """
    if not cases:
        return {}
    chosen = replace(filters, case=(), q="", status=())
    failures = (
        Result.objects.filter(result_conditions(chosen, filters.window()))
        .filter(project_id__in=projects, case_id__in=cases)
        .filter(status__in=NOT_PASSED_CODES, run__kind=RunKind.AUTOMATED)
        .exclude(is_left_out("run__"))
        .annotate(external_id=F("run__external_id"))
    )
    sql, params = failures.values_list(
        "case_id",
        "project_id",
        "partition_on",
        "run_id",
        "ordinal",
        "at",
        "external_id",
        "attempt",
    ).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"WITH failures AS ({sql}) {_NEWEST}", [*params, MOST_LETTERS])
        return {
            case: LastFailure(case=case, run=run, at=at, message=message)
            for case, run, at, message in cursor.fetchall()
        }
