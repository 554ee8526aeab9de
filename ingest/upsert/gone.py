"""Cases of which no result is left: marked, so that lists and counts leave them out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from ingest.models import Case, Result, Run
from ingest.models.runs import key_hash
from ingest.upsert.blocks import array


def mark_gone(run: Run, now: datetime) -> None:
    """Mark the cases that lost their last result when rows of the run were removed."""
    removed = Result.objects.filter(
        project=run.project_id,
        partition_on=run.partition_on,
        run=run.pk,
        removed_at=now,
    )
    cases = list(removed.values_list("case_id", flat=True).distinct())
    if not cases:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ingest_case c SET gone_at = %s
             WHERE c.id = ANY(%s) AND c.gone_at IS NULL AND NOT EXISTS (
                   SELECT FROM ingest_result r
                    WHERE r.project_id = c.project_id AND r.case_id = c.id
                      AND r.removed_at IS NULL)
            """,
            [now, cases],
        )


def mark_back(project: int, cases: Iterable[int]) -> None:
    """Take the mark from cases that have results again."""
    gone = Case.objects.filter(project=project, gone_at__isnull=False)
    # Hardly any project has one, and a run has a thousand cases to look up.
    if not gone.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ingest_case SET gone_at = NULL "
            "WHERE project_id = %s AND gone_at IS NOT NULL AND id = ANY(%s::bigint[])",
            [project, array(set(cases))],
        )


def mark_as_run(project: int, keys: Iterable[str]) -> None:
    """Mark tests that were listed by these keys and of which results with parameters
    came in: those are cases of their own.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH locked AS (
                SELECT id FROM ingest_case
                 WHERE project_id = %s AND key_hash = ANY(%s::uuid[])
                   AND declared_at IS NOT NULL AND gone_at IS NULL
                 ORDER BY id FOR UPDATE)
            UPDATE ingest_case c SET gone_at = clock_timestamp()
              FROM locked WHERE locked.id = c.id
            """,
            [project, [key_hash(key).hex for key in keys]],
        )
