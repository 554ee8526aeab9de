"""Roll-ups: recomputed from the rows for what was touched, never added to."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from ingest.contract import Status
from ingest.models import STATUS_CODES, Project, Run, RunDay
from ingest.partitions import existing_months, oldest_month

COLUMNS = [str(status) for status in Status]

_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE r.status = {STATUS_CODES[status]})::int AS {status}"
    for status in Status
)
_TOTALS = ", ".join(f"run.{status}" for status in Status)

# What RunDay must hold, from the facts alone: the final results of each run by day,
# and the totals of runs without rows at their start. The days under which their rows are
# filed are given, too: by them the planner leaves all other months alone.
_FROM_FACTS = f"""
SELECT run.project_id, run.id AS run_id, (r.at AT TIME ZONE 'UTC')::date AS day,
       min(r.at) AS first_at, max(r.at) AS last_at, {_COUNTS}
  FROM ingest_run run
  JOIN ingest_result r ON r.project_id = run.project_id
   AND r.partition_on = run.partition_on AND r.run_id = run.id
   AND r.partition_on = ANY(%(days)s)
 WHERE run.id = ANY(%(runs)s) AND run.removed_at IS NULL
   AND r.is_final AND r.removed_at IS NULL
 GROUP BY 1, 2, 3
UNION ALL
SELECT run.project_id, run.id, (run.at AT TIME ZONE 'UTC')::date, run.at, run.at,
       {_TOTALS}
  FROM ingest_run run
 WHERE run.id = ANY(%(runs)s) AND run.removed_at IS NULL AND run.detail = 'counts'
"""

# In one message: a round trip for each takes as long as what they do.
_REBUILD = f"""
DELETE FROM ingest_runday WHERE run_id = ANY(%(runs)s);
INSERT INTO ingest_runday (project_id, run_id, day, first_at, last_at,
                           {", ".join(COLUMNS)})
{_FROM_FACTS};
UPDATE ingest_project SET version = version + 1 WHERE id = ANY(%(projects)s)
"""


def rebuild_run_days(run_ids: Iterable[int]) -> None:
    """Make RunDay of these runs what their rows say, and mark their projects changed."""
    given = _places(list(run_ids))
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_REBUILD, given)


def rebuild_all() -> int:
    """Rebuild the runs whose rows still exist; gives their number."""
    done = 0
    for runs in _runs_with_rows():
        rebuild_run_days(runs)
        done += len(runs)
    return done


def differences(sample: int | None = None) -> Iterator[str]:
    """A sentence for each roll-up row that the facts do not bear out; `sample`: of that
    many runs alone, the newest and some of all.
    """
    for runs in _runs_with_rows() if sample is None else [_some_runs(sample)]:
        stored, computed = _stored(runs), _computed(runs)
        for run, day in sorted(stored.keys() | computed.keys()):
            here, there = stored.get((run, day)), computed.get((run, day))
            if here != there:
                yield f"run {run} on {day}: stored {here}, rows say {there}"


def rebuild_case_times(project: Project) -> None:
    """Widen first and last times of all the project's cases to all of their results.

    They are never narrowed: the rows of dropped months are gone, their cases were seen.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ingest_case c SET first_seen_at = least(c.first_seen_at, t.first),
                                     last_seen_at = greatest(c.last_seen_at, t.last)
              FROM (SELECT case_id, min(at) AS first, max(at) AS last
                      FROM ingest_result WHERE project_id = %(project)s
                     GROUP BY case_id) t
             WHERE c.id = t.case_id
               AND (t.first < c.first_seen_at OR t.last > c.last_seen_at)
            """,
            {"project": project.pk},
        )


def _some_runs(number: int) -> list[int]:
    """Half of them the newest, the others drawn from all."""
    half = (number + 1) // 2
    kept = Run.objects.filter(partition_on__gte=oldest_month())
    newest = list(kept.order_by("-pk").values_list("pk", flat=True)[:half])
    if not newest:
        return []
    # Ids have gaps, and few runs are looked for among perhaps a million.
    among = newest[0] + 1
    drawn = random.sample(range(among), min(among, half * 10))  # nosec B311 # no secret
    others = kept.filter(pk__in=drawn).values_list("pk", flat=True)[:half]
    return sorted({*newest, *others})


def _runs_with_rows() -> Iterator[list[int]]:
    """Ids of runs in months whose partitions exist, in chunks; older ones are frozen."""
    months = list(existing_months())
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM ingest_run WHERE id > %s "
                "AND date_trunc('month', partition_on)::date = ANY(%s) "
                "ORDER BY id LIMIT 500",
                [last, months],
            )
            runs = [run for (run,) in cursor.fetchall()]
        if not runs:
            return
        yield runs
        last = runs[-1]


def _places(runs: Sequence[int]) -> dict[str, list[Any]]:
    """The runs, their projects, and the days under which their rows are filed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT project_id, partition_on FROM ingest_run WHERE id = ANY(%s)",
            [list(runs)],
        )
        found = cursor.fetchall()
    return {
        "runs": list(runs),
        "projects": list({project for project, _ in found}),
        "days": list({day for _, day in found}),
    }


def _stored(runs: Sequence[int]) -> dict[tuple[int, date], tuple[object, ...]]:
    rows = RunDay.objects.filter(run__in=runs).values_list(
        "run_id", "day", "first_at", "last_at", *COLUMNS
    )
    return {(row[0], row[1]): row[2:] for row in rows}


def _computed(runs: Sequence[int]) -> dict[tuple[int, date], tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_FROM_FACTS, _places(runs))
        return {(row[1], row[2]): tuple(row[3:]) for row in cursor.fetchall()}
