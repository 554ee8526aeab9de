"""Failures grouped by what they say: one group for each masked message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet

from dashboard.filters import Filters, Window
from dashboard.filters.signatures import KEY, failures, unsigned_messages
from dashboard.filters.state import BEGINNING
from ingest import masking
from ingest.models import Result

# Inside the queries: failures without a message, and messages still to be signed.
_NONE, _UNSIGNED = UUID(int=0), UUID(int=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Final results that did not pass and say the same but for ids and numbers.

    `signature` is the hash of the masked message by the rules of version `masking`;
    both are None for the one group of failures without a message. `message` is the
    newest one as it came. `results` of `cases` in `runs`; `share` is that of all
    failures which the filters choose. `projects` are their ids.
    """

    signature: UUID | None
    masking: int | None
    message: str
    results: int
    share: float
    cases: int
    runs: int
    first_at: datetime
    last_at: datetime
    projects: tuple[int, ...]


_KEY = ", ".join(KEY)
# Messages without a signature get it from the arrays, which are empty in most cases.
_TOLD = f"""
WITH told AS (
    SELECT f.*, CASE WHEN coalesce(t.message, '') = '' THEN %s
                     WHEN t.masking = %s THEN t.signature
                     ELSE coalesce(old.signature, %s) END AS signature
      FROM ({{failures}}) f
      LEFT JOIN ingest_resulttext t USING ({_KEY})
      LEFT JOIN unnest(%s::text[], %s::uuid[]) AS old(message, signature)
             ON t.masking IS DISTINCT FROM %s AND old.message = t.message)
"""
_GROUPS = f"""
, sums AS (
    SELECT signature, count(*) AS results, count(DISTINCT case_id) AS cases,
           count(DISTINCT run_id) AS runs, min(at) AS first_at, max(at) AS last_at,
           array_agg(DISTINCT project_id) AS projects
      FROM told GROUP BY signature),
newest AS (
    SELECT DISTINCT ON (signature) signature, {_KEY} FROM told
     ORDER BY signature, at DESC, external_id COLLATE "C" DESC, ordinal DESC)
SELECT s.signature, coalesce(t.message, ''), s.results, s.cases, s.runs,
       s.first_at, s.last_at, s.projects, sum(s.results) OVER ()
  FROM sums s JOIN newest n USING (signature)
  LEFT JOIN ingest_resulttext t USING ({_KEY})
 ORDER BY s.signature = %s, s.cases DESC, s.results DESC, s.signature::text
"""
_DAYS = """
SELECT signature, (at AT TIME ZONE 'UTC')::date, count(*)
  FROM told WHERE signature = ANY(%s) OR signature = %s GROUP BY 1, 2
"""
_KNOWN = f"""
SELECT s.signature FROM unnest(%s::uuid[]) AS s(signature)
 WHERE EXISTS (
       SELECT FROM ingest_resulttext t JOIN ({{failures}}) f USING ({_KEY})
        WHERE t.signature = s.signature)
"""


def failure_groups(filters: Filters) -> list[FailureGroup]:
    """The groups of the window, by cases, then results, both descending; failures
    without a message, which nothing tells apart, are one group and the last.

    Every final result that did not pass is in exactly one group: also those of manual
    runs, of outages and of excluded runs, as in every rate. `filters.message` leaves
    groups whose newest message contains it; shares stay those of all failures.
    """
    groups = [_group(row) for row in _rows(filters, _GROUPS, [_NONE])]
    return naming(groups, filters.message)


def naming(groups: Sequence[FailureGroup], text: str) -> list[FailureGroup]:
    """Those whose message contains the text, whatever the case of its letters."""
    wanted = text.casefold()
    return [group for group in groups if wanted in group.message.casefold()]


def failure_days(
    filters: Filters, signatures: Collection[UUID | None]
) -> dict[UUID | None, dict[date, int]]:
    """Results of each of these groups by UTC day of the window."""
    found: dict[UUID | None, dict[date, int]] = {s: {} for s in signatures}
    if signatures:
        keys = [signature or _NONE for signature in signatures]
        for signature, day, results in _rows(filters, _DAYS, [keys, _UNSIGNED]):
            found[None if signature == _NONE else signature][day] = results
    return found


def known_before(filters: Filters, signatures: Collection[UUID]) -> set[UUID]:
    """Those of the signatures that a failure before the window had, under the same
    filters. What is past its retention or not signed yet is not looked at.
    """
    if not signatures:
        return set()
    before = Window(since=BEGINNING, until=filters.window().since)
    chosen = failures(filters, before).values_list(*KEY)
    sql, params = chosen.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN.format(failures=sql), [[*signatures], *params])
        return {signature for (signature,) in cursor.fetchall()}


def _rows(
    filters: Filters, query: str, params: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Rows of a query over `told`; asked again when messages were still unsigned."""
    chosen = failures(filters, filters.window())
    rows = _asked(chosen, query, params)
    if any(row[0] == _UNSIGNED for row in rows):
        rows = _asked(chosen, query, params, *unsigned_messages(chosen))
    # What was stored between the two looks waits for the next one.
    return [row for row in rows if row[0] != _UNSIGNED]


def _asked(
    chosen: QuerySet[Result],
    query: str,
    params: Sequence[Any],
    messages: Sequence[str] = (),
    signatures: Sequence[UUID] = (),
) -> list[tuple[Any, ...]]:
    columns = (*KEY, "case_id", "at", "external_id")
    named = chosen.annotate(external_id=F("run__external_id")).values_list(*columns)
    sql, of_failures = named.query.sql_with_params()
    version = masking.VERSION
    told = [
        *(_NONE, version, _UNSIGNED, *of_failures),
        *([*messages], [*signatures], version),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_TOLD.format(failures=sql) + query, [*told, *params])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _group(row: tuple[Any, ...]) -> FailureGroup:
    signature, message, results, cases, runs, first_at, last_at, projects, total = row
    is_silent = signature == _NONE
    return FailureGroup(
        signature=None if is_silent else signature,
        masking=None if is_silent else masking.VERSION,
        message=message,
        results=results,
        share=float(results / total),
        cases=cases,
        runs=runs,
        first_at=first_at,
        last_at=last_at,
        projects=tuple(sorted(projects)),
    )
