"""Which run was before another one, and how runs stand against it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from dashboard.metrics.suites import SuiteRun, first_of_suite, is_surely_of_suite
from ingest.contract import Detail, Status
from ingest.models import DECIDED_CODES, STATUS_CODES, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBefore:
    """`newly_failing` cases passed in the run `base` and not in this one, `fixed` the
    other way round; `new_failures` were not decided in base.
    """

    run: int
    base: int
    newly_failing: int
    new_failures: int
    fixed: int


# How many runs that are alike are looked at for one of the same suite.
NEAREST = 50
# A run `b` of the same project, kind, source, configuration and branch as `r`; an alias
# of a configuration is the same one.
_RUN = """ingest_run r
      LEFT JOIN ingest_configuration c ON c.id = r.configuration_id"""
_ALIKE = """b.project_id = r.project_id AND b.removed_at IS NULL
                     AND b.id <> r.id AND b.branch = r.branch AND b.kind = r.kind
                     AND b.source_id IS NOT DISTINCT FROM r.source_id
                     AND coalesce((SELECT alias_of_id FROM ingest_configuration
                                    WHERE id = b.configuration_id), b.configuration_id)
                         IS NOT DISTINCT FROM coalesce(c.alias_of_id, c.id)"""
# Runs before are found from the index of a branch's runs, newest first. The planner
# expects few runs there and would read and sort them all, were the order one that the
# index does not have: so runs that finished at the same moment are told apart after.
_BEFORE = f"""
    SELECT last.*, row_number() OVER newest_first AS place FROM (
           SELECT b.* FROM ingest_run b
            WHERE {_ALIKE}
              AND b.finished_at < coalesce(r.started_at, r.finished_at, r.at)
              AND NOT EXISTS (SELECT 1 FROM dashboard_runjudgement said
                               WHERE said.run_id = b.id AND said.verdict = 'uncounted')
            ORDER BY b.finished_at DESC FETCH FIRST (%(most)s) ROWS WITH TIES) AS last
    WINDOW newest_first AS (
           ORDER BY last.finished_at DESC, last.external_id COLLATE "C" DESC)
     ORDER BY place LIMIT %(most)s"""
_AFTER = f"""
    SELECT b.*, row_number() OVER oldest_first AS place FROM ingest_run b
     WHERE {_ALIKE} AND coalesce(b.started_at, b.finished_at, b.at) > r.finished_at
    WINDOW oldest_first AS (
           ORDER BY coalesce(b.started_at, b.finished_at, b.at),
                    b.external_id COLLATE "C")
     ORDER BY place LIMIT %(most)s"""


def _of_suite(run: str) -> str:
    """The columns that SuiteRun is made of."""
    total = " + ".join(f"{run}.{status}" for status in Status)
    plain = ", ".join(f"{run}.{name}" for name in ("id", "name", "commit", "branch"))
    return f"{plain}, {total}, {run}.detail <> '{Detail.COUNTS}'"


_COLUMNS = f"{_of_suite('r')}, {_of_suite('near')}"
_FIELDS = ("id", "name", "commit", "branch", "total", "has_rows")
_SQL = """
WITH asked AS MATERIALIZED (
    SELECT r.id, r.project_id, r.partition_on, base.id AS base_id,
           base.partition_on AS base_partition
      FROM unnest(%s::bigint[], %s::bigint[]) AS pairs(run_id, base_id)
      JOIN ingest_run r ON r.id = pairs.run_id
      JOIN ingest_run base ON base.id = pairs.base_id
     WHERE r.detail <> %s AND base.detail <> %s),
wanted AS (
    SELECT id, true AS is_head, project_id, partition_on, id AS run_id FROM asked
     UNION ALL
    SELECT id, false, project_id, base_partition, base_id FROM asked),
-- Grouped and not joined: the planner takes each run for a row or two.
paired AS (
    SELECT wanted.id, bool_or(found.status = %s) FILTER (WHERE is_head) AS head,
           bool_or(found.status = %s) FILTER (WHERE NOT is_head) AS base
      FROM wanted CROSS JOIN LATERAL (
           SELECT case_id, status FROM ingest_result r
            WHERE r.project_id = wanted.project_id
              AND r.partition_on = wanted.partition_on AND r.run_id = wanted.run_id
              AND is_final AND removed_at IS NULL AND status = ANY(%s)) AS found
     GROUP BY wanted.id, found.case_id)
SELECT asked.id, asked.base_id, count(*) FILTER (WHERE paired.base AND NOT head),
       count(*) FILTER (WHERE paired.base IS NULL AND NOT head),
       count(*) FILTER (WHERE NOT paired.base AND head)
  FROM asked LEFT JOIN paired USING (id)
 GROUP BY asked.id, asked.base_id
"""


def previous_run(run: Run) -> Run | None:
    """The run of the same suite that ended last before `run` began (before it ended,
    when its start is unknown), of the same project, kind, source, configuration and
    branch, among the 50 nearest of these. None: it is the first of its suite.
    """
    return _only(_BEFORE, run)


def next_run(run: Run) -> Run | None:
    """The first such run that began after `run` ended."""
    return _only(_AFTER, run)


def alike(run: Run) -> QuerySet[Run]:
    """Other runs of the same project, kind, source, configuration and branch."""
    ids = RawSQL(  # nosec B611 # names of ours; values are parameters
        # OFFSET keeps it one question: with statistics of a table that was small a
        # moment ago the planner would ask it anew for each run there is.
        f"SELECT b.id FROM {_RUN} JOIN ingest_run b ON {_ALIKE} "
        "WHERE r.id = %s OFFSET 0",
        [run.pk],
    )
    return Run.objects.filter(pk__in=ids)


def _only(near: str, run: Run) -> Run | None:
    found = _nearest_of_suite(near, [run.pk]).get(run.pk)
    return Run.objects.filter(pk=found).first() if found else None


def _nearest_of_suite(near: str, runs: Collection[int]) -> dict[int, int]:
    """For each run the nearest of its suite, by id, among those that the SQL `near`
    gives, nearest first; five queries at most, one where names are the same.
    """
    nearest = _candidates(near, runs, 1)
    sure = {
        run.id: other.id
        for run, (other, *_) in nearest.items()
        if is_surely_of_suite(run, other)
    }
    others = [run.id for run in nearest if run.id not in sure]
    if not others:
        return sure
    return sure | first_of_suite(_candidates(near, others, NEAREST).items())


def _candidates(
    near: str, runs: Collection[int], most: int
) -> dict[SuiteRun, list[SuiteRun]]:
    """The nearest of each run that has any."""
    sql = f"SELECT {_COLUMNS} FROM {_RUN} CROSS JOIN LATERAL ({near}) AS near"
    found: dict[SuiteRun, list[SuiteRun]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"{sql} WHERE r.id = ANY(%(runs)s) ORDER BY r.id, near.place",
            {"runs": list(runs), "most": most},
        )
        for row in cursor.fetchall():
            run, other = (
                SuiteRun(**dict(zip(_FIELDS, values, strict=True)))
                for values in (row[: len(_FIELDS)], row[len(_FIELDS) :])
            )
            found.setdefault(run, []).append(other)
    return found


def runs_before(runs: Collection[int]) -> dict[int, RunBefore]:
    """Of the runs that can be compared, by id; six queries at most.

    The run before is previous_run's, the categories are those of `compare`. Runs without
    one before them, and pairs of which one has totals only, are left out.
    """
    return compared(bases_of(runs))


def bases_of(runs: Collection[int]) -> dict[int, int]:
    """The run before each that has one, whatever they have of tests."""
    return _nearest_of_suite(_BEFORE, runs) if runs else {}


def compared(bases: Mapping[int, int]) -> dict[int, RunBefore]:
    """Runs by id against the ones before them; one query."""
    if not bases:
        return {}
    passed = STATUS_CODES[Status.PASSED]
    pairs = [list(bases), list(bases.values())]
    params: list[Any] = [*pairs, Detail.COUNTS, Detail.COUNTS]
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [*params, passed, passed, DECIDED_CODES])
        return {
            run: RunBefore(
                run=run,
                base=base,
                newly_failing=newly,
                new_failures=fresh,
                fixed=fixed,
            )
            for run, base, newly, fresh, fixed in cursor.fetchall()
        }
