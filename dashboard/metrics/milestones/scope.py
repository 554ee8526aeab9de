"""Which tests stand behind a milestone's numbers, and what rules for each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from dashboard.filters import Filters, Window
from dashboard.metrics.milestones.finals import ENTERED, RULING, Sql, finals
from ingest.contract import Status
from ingest.models import STATUS_CODES, STATUS_OF_CODE, Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the tests in scope: those whose ruling result is of one of `projects`,
    or of `run`; `is_added`: those that came into scope in the window, which then says
    nothing of results.
    """

    projects: tuple[int, ...] = ()
    run: int | None = None
    is_added: bool = False


def cases_in_scope(filters: Filters, part: Part) -> QuerySet[Case]:
    """The cases that count for the milestones of the filters, one for each test.

    Of cases that are the same test, the one whose result rules. `status` is that of the
    ruling result; `q` and `case` are left to the list.
    """
    sql, params = _ruling_sql(filters, part)
    conditions, more = _conditions(filters, part)
    chosen = RawSQL(  # nosec B611 # names of ours; values are parameters
        f"WITH {sql} SELECT case_id FROM ruling{conditions}", [*params, *more]
    )
    return Case.objects.filter(pk__in=chosen)


def ruling_statuses(
    filters: Filters, part: Part, cases: Collection[int]
) -> Mapping[int, Status]:
    """The status that counts for each of some cases; one query."""
    sql, params = _ruling_sql(filters, part)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {sql} SELECT case_id, status FROM ruling WHERE case_id = ANY(%s)",  # nosec B608 # names of ours; values are parameters
            [*params, list(cases)],
        )
        return {case: STATUS_OF_CODE[code] for case, code in cursor.fetchall()}


def _ruling_sql(filters: Filters, part: Part) -> Sql:
    of_results = replace(filters, q="", case=(), status=())
    if part.is_added:
        of_results = replace(of_results, since=None, until=None, window_days=None)
    sql, params = finals(filters.milestone, of_results)
    return f"{sql}, {ENTERED}, {RULING}", params


def _conditions(filters: Filters, part: Part) -> Sql:
    said: list[str] = []
    params: list[Any] = []
    if filters.status:
        said.append("status = ANY(%s)")
        params.append([STATUS_CODES[Status(word)] for word in filters.status])
    if part.projects:
        said.append("project_id = ANY(%s)")
        params.append(list(part.projects))
    if part.run is not None:
        said.append("run_id = %s")
        params.append(part.run)
    if part.is_added and (window := filters.list_window()) is not None:
        sql, times = _added_sql(window)
        said.append(sql)
        params += times
    return (f" WHERE {' AND '.join(said)}" if said else ""), params


def _added_sql(window: Window) -> Sql:
    sql = (
        "(milestone_id, test) IN (SELECT milestone_id, test FROM entered "
        "WHERE at >= %s AND at < %s)"
    )
    return sql, [window.since, window.until]
