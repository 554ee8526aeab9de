"""Which run was before another one, and how runs stand against it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

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


# A run `b` of the same project, source, configuration and branch as `r`; an alias of a
# configuration is the same one.
_RUN = """ingest_run r
      LEFT JOIN ingest_configuration c ON c.id = r.configuration_id"""
_ALIKE = """b.project_id = r.project_id AND b.removed_at IS NULL
                     AND b.id <> r.id AND b.branch = r.branch
                     AND b.source_id IS NOT DISTINCT FROM r.source_id
                     AND coalesce((SELECT alias_of_id FROM ingest_configuration
                                    WHERE id = b.configuration_id), b.configuration_id)
                         IS NOT DISTINCT FROM coalesce(c.alias_of_id, c.id)"""
# The run before is found from the index of a branch's runs, newest first. The planner
# expects a single run there and would read and sort them all, were the order one that
# the index does not have: so runs that finished at the same moment are told apart after.
_BEFORE = f"""{_RUN}
     CROSS JOIN LATERAL (
           SELECT last.* FROM (
                  SELECT b.* FROM ingest_run b
                   WHERE {_ALIKE}
                     AND b.finished_at < coalesce(r.started_at, r.finished_at, r.at)
                   ORDER BY b.finished_at DESC FETCH FIRST 1 ROW WITH TIES) AS last
            ORDER BY last.external_id COLLATE "C" DESC LIMIT 1) AS base"""
_AFTER = f"""
SELECT b.* FROM {_RUN}
 CROSS JOIN LATERAL (
       SELECT b.*, coalesce(b.started_at, b.finished_at, b.at) AS begins
         FROM ingest_run b WHERE {_ALIKE}) AS b
 WHERE r.id = %s AND b.begins > r.finished_at
 ORDER BY b.begins, b.external_id COLLATE "C" LIMIT 1
"""
_SQL = f"""
WITH asked AS MATERIALIZED (
    SELECT r.id, r.project_id, r.partition_on, base.id AS base_id,
           base.partition_on AS base_partition
      FROM {_BEFORE}
     WHERE r.id = ANY(%s) AND r.detail <> %s AND base.detail <> %s),
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
    """The run that ended last before `run` began (before it ended, when its start is
    unknown), of the same project, source, configuration and branch. One query.
    """
    return _only(f"SELECT base.* FROM {_BEFORE} WHERE r.id = %s", run)


def next_run(run: Run) -> Run | None:
    """The first run of the same kind that began after `run` ended. One query."""
    return _only(_AFTER, run)


def alike(run: Run) -> QuerySet[Run]:
    """Other runs of the same project, source, configuration and branch."""
    ids = RawSQL(
        f"SELECT b.id FROM {_RUN} JOIN ingest_run b ON {_ALIKE} WHERE r.id = %s",
        [run.pk],
    )
    return Run.objects.filter(pk__in=ids)


def _only(sql: str, run: Run) -> Run | None:
    return next(iter(Run.objects.raw(sql, [run.pk])), None)


def runs_before(runs: Collection[int]) -> dict[int, RunBefore]:
    """Of the runs that can be compared, by id; one query.

    The run before is previous_run's, the categories are those of `compare`. Runs without one before
    them, and pairs of which one has totals only, are left out.
    """
    if not runs:
        return {}
    passed = STATUS_CODES[Status.PASSED]
    params: list[Any] = [list(runs), Detail.COUNTS, Detail.COUNTS]
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
