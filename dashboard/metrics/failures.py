"""Failures grouped by what they say: one group for each masked message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet

from dashboard.filters import Filters, Window
from dashboard.filters.signatures import KEY, failures, unsigned_messages
from dashboard.filters.state import BEGINNING
from dashboard.metrics.messages import HEAD, cut_message
from ingest import masking
from ingest.models import Result
from ingest.models.results import ORDINALS

# Inside the queries: failures without a message, and messages still to be signed.
_NONE, _UNSIGNED = UUID(int=0), UUID(int=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Final results that did not pass and say the same but for ids and numbers.

    `signature` is the hash of the masked message by the rules of version `masking`;
    both are None for the one group of failures without a message. `message` is the
    newest one as it came, cut as in lists, `newest` the API's id of its result.
    `results` of `cases` in `runs`; `share` is that of all failures which the filters
    choose. `projects` are their ids. `days` are the results by UTC day.
    """

    signature: UUID | None
    masking: int | None
    message: str
    newest: int
    results: int
    share: float
    cases: int
    runs: int
    first_at: datetime
    last_at: datetime
    projects: tuple[int, ...]
    days: Mapping[date, int]


_KEY = ", ".join(KEY)
_OF_TEXT = ", ".join(f"t.{name}" for name in KEY)
_OF_NEWEST = ", ".join(f"n.{name}" for name in KEY)
# Messages without a signature get it from the arrays, which are empty in most cases. They
# lie in the months of runs that the window touches: all texts there are would be read.
_TOLD = f"""
WITH months AS MATERIALIZED (
    SELECT min(run.partition_on) AS first, max(run.partition_on) AS last
      FROM ingest_runday JOIN ingest_run run ON run.id = run_id
     WHERE day BETWEEN (%s AT TIME ZONE 'UTC')::date AND (%s AT TIME ZONE 'UTC')::date),
told AS (
    SELECT f.*, CASE WHEN coalesce(t.message, '') = '' THEN %s
                     WHEN t.masking = %s THEN t.signature
                     ELSE coalesce(old.signature, %s) END AS signature
      FROM ({{failures}}) f
      LEFT JOIN (SELECT * FROM ingest_resulttext
                  WHERE partition_on >= (SELECT first FROM months)
                    AND partition_on <= (SELECT last FROM months)) t USING ({_KEY})
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
     ORDER BY signature, at DESC, external_id COLLATE "C" DESC, ordinal DESC),
by_day AS (
    SELECT signature, array_agg(day) AS days, array_agg(results) AS of_days
      FROM (SELECT signature, (at AT TIME ZONE 'UTC')::date AS day, count(*) AS results
              FROM told GROUP BY 1, 2) AS counted
     GROUP BY signature)
SELECT s.signature, coalesce(
           (SELECT left(t.message, %s) FROM ingest_resulttext t
             WHERE ({_OF_TEXT}) = ({_OF_NEWEST})), ''),
       n.run_id, n.ordinal,
       s.results, s.cases, s.runs, s.first_at, s.last_at, s.projects,
       d.days, d.of_days, sum(s.results) OVER ()
  FROM sums s JOIN newest n USING (signature) JOIN by_day d USING (signature)
 ORDER BY s.signature = %s, s.cases DESC, s.results DESC, s.signature::text
"""
# One after the other until the first is found: a join would read all texts there are. Runs
# without a result before the window are passed over, or of a new message all are read.
_KNOWN = f"""
WITH young AS MATERIALIZED (
    SELECT run_id FROM ingest_runday late
     WHERE day >= (%s AT TIME ZONE 'UTC')::date AND first_at >= %s AND NOT EXISTS (
           SELECT FROM ingest_runday d WHERE d.run_id = late.run_id AND d.first_at < %s))
SELECT s.signature FROM unnest(%s::uuid[]) AS s(signature)
 WHERE (SELECT true FROM ingest_resulttext t
         WHERE t.signature = s.signature AND t.run_id NOT IN (SELECT run_id FROM young)
           AND (SELECT true FROM ({{failures}}) f WHERE ({_OF_TEXT}) = ({_KEY}) LIMIT 1)
         LIMIT 1)
"""


def failure_groups(filters: Filters) -> list[FailureGroup]:
    """The groups of the window, by cases, then results, both descending; failures
    without a message, which nothing tells apart, are one group and the last.

    Every final result that did not pass is in exactly one group: also those of manual
    runs, of outages and of excluded runs, as in every rate. `filters.message` leaves
    groups whose newest message contains it; shares stay those of all failures.
    """
    groups = [_group(row) for row in _rows(filters)]
    return groups_containing(groups, filters.message)


def groups_containing(groups: Sequence[FailureGroup], text: str) -> list[FailureGroup]:
    """Those whose message contains the text, whatever the case of its letters, as far as
    it is shown.
    """
    wanted = text.casefold()
    return [group for group in groups if wanted in group.message.casefold()]


def known_before(filters: Filters, signatures: Collection[UUID]) -> set[UUID]:
    """Those of the signatures that a failure before the window had, under the same
    filters. What is past its retention or not signed yet is not looked at.
    """
    if not signatures:
        return set()
    since = filters.window().since
    before = Window(since=BEGINNING, until=since)
    chosen = failures(filters, before).values_list(*KEY)
    sql, params = chosen.query.sql_with_params()
    values = [since, since, since, [*signatures], *params]
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN.format(failures=sql), values)
        return {signature for (signature,) in cursor.fetchall()}


def _rows(filters: Filters) -> list[tuple[Any, ...]]:
    """Rows of the groups, asked for again when messages were still unsigned."""
    window = filters.window()
    chosen = failures(filters, window)
    rows = _asked(chosen, window)
    if any(row[0] == _UNSIGNED for row in rows):
        rows = _asked(chosen, window, *unsigned_messages(chosen))
    # What was stored between the two looks waits for the next one.
    return [row for row in rows if row[0] != _UNSIGNED]


def _asked(
    results: QuerySet[Result],
    window: Window,
    messages: Sequence[str] = (),
    signatures: Sequence[UUID] = (),
) -> list[tuple[Any, ...]]:
    columns = (*KEY, "case_id", "at", "external_id")
    named = results.annotate(external_id=F("run__external_id")).values_list(*columns)
    sql, of_failures = named.query.sql_with_params()
    version = masking.VERSION
    told = [
        *(window.since, window.until),
        *(_NONE, version, _UNSIGNED, *of_failures),
        *([*messages], [*signatures], version),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_TOLD.format(failures=sql) + _GROUPS, [*told, HEAD, _NONE])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _group(row: tuple[Any, ...]) -> FailureGroup:
    signature, head, run, ordinal, results, cases, runs = row[:7]
    first_at, last_at, projects, days, of_days, total = row[7:]
    newest = run * ORDINALS + ordinal
    is_silent = signature == _NONE
    return FailureGroup(
        signature=None if is_silent else signature,
        masking=None if is_silent else masking.VERSION,
        message=cut_message(head, newest),
        newest=newest,
        results=results,
        share=float(results / total),
        cases=cases,
        runs=runs,
        first_at=first_at,
        last_at=last_at,
        projects=tuple(sorted(projects)),
        days=dict(sorted(zip(days, of_days, strict=True))),
    )
