"""What the database tells about cases that may have flaked, in columns and few rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from dashboard.filters import Filters, Window, result_conditions
from dashboard.models import RunJudgement, Verdict
from ingest.contract import RunKind
from ingest.models import DECIDED_CODES, Result


def is_left_out(path: str = "") -> Q:
    """Runs left out of flakiness: outages that nobody put back, and runs that a person
    excluded, from flakiness or from every number. `path` ends in "__" when other rows
    are chosen by their run.
    """
    return is_outage(path) | is_judged_apart(path)


def is_outage(path: str = "") -> Q:
    """Outages that nobody put back."""
    return Q(**{f"{path}is_outage": True}) & ~_judged(path, Verdict.KEPT)


def is_judged_apart(path: str = "") -> Q:
    """Runs that a person excluded, from flakiness or from every number."""
    return _judged(path, Verdict.EXCLUDED, Verdict.UNCOUNTED)


def _judged(path: str, *verdicts: Verdict) -> Q:
    judged = RunJudgement.objects.filter(verdict__in=verdicts).values("run_id")
    return Q(**{f"{path}pk__in": judged})


def finals(
    filters: Filters, window: Window, cases: Collection[int] | None
) -> QuerySet[Any]:
    """The final results that make up series, decided or not; of these cases, if any."""
    chosen = Result.objects.filter(
        result_conditions(filters, window), is_final=True, run__kind=RunKind.AUTOMATED
    ).exclude(is_left_out("run__"))
    return chosen if cases is None else chosen.filter(case_id__in=cases)


def finals_of_candidates(
    queryset: QuerySet[Any], filters: Filters, window: Window
) -> QuerySet[Any]:
    """Those of cases with a final that did not pass or is a repeat: no other can have
    an event, and they are few.
    """
    found = _candidates(filters, window)
    if not found:
        return queryset.none()
    projects, cases = zip(*found, strict=True)
    return queryset.filter(RawSQL(_OF_PAIRS, [list(projects), list(cases)], _BOOLEAN))


# Pairs, or every case would be looked up in each of the projects; and as two values:
# the planner knows how many there are, and reads no long list.
_OF_PAIRS = """
(ingest_result.project_id, ingest_result.case_id) IN (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[]))
"""
_BOOLEAN = BooleanField()


# Said as the partial indexes say it, so that they serve.
_CANDIDATES = """
SELECT project_id, case_id FROM ingest_result
 WHERE at >= %s AND at < %s AND status IN (2, 3) AND is_final AND removed_at IS NULL {of}
UNION
SELECT project_id, case_id FROM ingest_result
 WHERE at >= %s AND at < %s AND attempt > 1 AND is_final AND removed_at IS NULL {of}
"""


def _candidates(filters: Filters, window: Window) -> list[tuple[int, int]]:
    span: list[Any] = [window.since, window.until]
    of_project = ""
    if filters.project:
        of_project = "AND project_id = ANY(%s)"
        span.append(list(filters.project))
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES.format(of=of_project), [*span, *span])
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Decided final results in no order: `outcomes` are the letters P F E, `times`
    microseconds since 1970. `durations_ms` are of those alone that did not pass, in
    the same order; an unknown one is -1.
    """

    outcomes: np.ndarray
    cases: np.ndarray
    runs: np.ndarray
    times: np.ndarray
    durations_ms: np.ndarray


# All in one row of binary columns: a tuple for each result, or only a number for each of
# its columns, takes longer to make than all that is done with them. The aggregates read
# their rows in one and the same order.
_COLUMNS = """
SELECT string_agg(CASE status WHEN 1 THEN 'P' WHEN 2 THEN 'F' ELSE 'E' END, ''),
       string_agg(int8send(case_id), ''),
       string_agg(int8send(run_id), ''),
       string_agg(timestamptz_send(at), ''),
       string_agg(int8send(coalesce(duration_ms, -1)), '') FILTER (WHERE status <> 1)
  FROM finals
"""
# PostgreSQL counts time from 2000 on.
_FROM_1970 = 946_684_800_000_000


def decided_finals(queryset: QuerySet[Any]) -> Columns:
    """The decided ones among final results."""
    rows = queryset.filter(status__in=DECIDED_CODES).values_list(
        "case_id", "at", "run_id", "status", "duration_ms"
    )
    row = _rows_of_query(rows, _COLUMNS) or [(None,) * 5]
    outcomes, cases, runs, times, durations_ms = row[0]
    return Columns(
        outcomes=np.frombuffer((outcomes or "").encode(), dtype="S1"),
        cases=_integers(cases),
        runs=_integers(runs),
        times=_integers(times) + _FROM_1970,
        durations_ms=_integers(durations_ms),
    )


def _integers(sent: bytes | None) -> np.ndarray:
    """Of eight bytes each, the highest first."""
    return np.frombuffer(sent or b"", dtype=">i8").astype(np.int64)


class RepeatedExecution(NamedTuple):
    """An execution of several attempts. `at` is its final's time in microseconds since
    1970; `lost_ms` sums the `lost_attempts` that did not pass or were repeats, of
    which `unknown` have no duration. `outcomes` are the letters P F E of its decided attempts
    in their order; `has_passed`: the final one did.
    """

    case: int
    project: int
    run: int
    at: int
    is_mixed: bool
    is_marked: bool
    lost_ms: int
    unknown: int
    lost_attempts: int
    outcomes: str
    has_passed: bool


_REPEATED = """
, attempts AS (
    SELECT case_id, run_id, status, attempt, duration_ms, is_marked_retry FROM finals
    UNION ALL
    SELECT other.case_id, other.run_id, other.status, other.attempt, other.duration_ms,
           other.is_marked_retry
      FROM finals
      JOIN ingest_result other
        ON other.project_id = finals.project_id
       AND other.partition_on = finals.partition_on
       AND other.run_id = finals.run_id AND other.case_id = finals.case_id
       AND NOT other.is_final AND other.removed_at IS NULL),
told AS (
    SELECT case_id, run_id,
           bool_or(status = 1) AND bool_or(status IN (2, 3)) AS is_mixed,
           bool_or(is_marked_retry) AS is_marked,
           coalesce(sum(duration_ms) FILTER (
               WHERE status IN (2, 3) OR attempt > 1), 0)::bigint AS lost_ms,
           count(*) FILTER (WHERE (status IN (2, 3) OR attempt > 1)
                              AND duration_ms IS NULL) AS unknown,
           count(*) FILTER (WHERE status IN (2, 3) OR attempt > 1) AS lost_attempts,
           coalesce(string_agg(
               CASE status WHEN 1 THEN 'P' WHEN 2 THEN 'F' ELSE 'E' END, ''
               ORDER BY attempt) FILTER (WHERE status IN (1, 2, 3)), '') AS outcomes
      FROM attempts GROUP BY case_id, run_id)
SELECT case_id, project_id, run_id, (extract(epoch FROM at) * 1000000)::bigint,
       is_mixed, is_marked, lost_ms, unknown, lost_attempts,
       outcomes, status = 1
  FROM finals JOIN told USING (case_id, run_id)
"""


def repeated_executions(queryset: QuerySet[Any]) -> list[RepeatedExecution]:
    """The executions of several attempts among final results, decided or not."""
    rows = queryset.filter(attempt__gt=1).values_list(
        "case_id",
        "project_id",
        "at",
        "run_id",
        "partition_on",
        "status",
        "attempt",
        "duration_ms",
        "is_marked_retry",
    )
    return [RepeatedExecution(*row) for row in _rows_of_query(rows, _REPEATED)]


def _rows_of_query(rows: QuerySet[Any], sql: str) -> list[tuple[Any, ...]]:
    """The answer to `sql`, which calls the rows `finals`; empty when none is chosen."""
    try:
        finals, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"WITH finals AS ({finals}) {sql}", params)
        return list(cursor.fetchall())


class RunFacts(NamedTuple):
    """What tells series apart, and orders them; `configuration` is what it counts as."""

    project: int
    configuration: int | None
    branch: str
    external_id: str
    commit: str


_RUNS = """
SELECT run.id, run.project_id, coalesce(of.alias_of_id, of.id), run.branch,
       run.external_id, run.commit
  FROM ingest_run run LEFT JOIN ingest_configuration of ON of.id = run.configuration_id
 WHERE run.id = ANY(%s)
"""


def run_facts(runs: Iterable[int]) -> dict[int, RunFacts]:
    with connection.cursor() as cursor:
        cursor.execute(_RUNS, [list(runs)])
        return {run: RunFacts(*facts) for run, *facts in cursor.fetchall()}
