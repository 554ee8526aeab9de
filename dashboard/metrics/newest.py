"""The newest results of each of many cases, read from the index of their histories."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Collate

from ingest.models import Result

# By time, then by the vendor's id of the run: ours tells the order of arrival only.
# In code points, so that every server sorts alike.
_NEWEST_FIRST = (
    F("at").desc(),
    Collate("run__external_id", "C").desc(),
    F("ordinal").desc(),
)
# The planner takes each case for a few rows and would sort them all; a limit that it
# cannot see lets it read the index from its end and stop.
_SQL = """
SELECT asked.id, found.*
  FROM (SELECT id, project_id FROM ingest_case WHERE id = ANY(%s)) AS asked
 CROSS JOIN LATERAL ({results} LIMIT (SELECT %s::bigint)) AS found
 ORDER BY asked.id, found."at" DESC, found.external_id COLLATE "C" DESC,
          found."ordinal" DESC
"""


def newest(
    results: QuerySet[Result],
    cases: Collection[int],
    columns: Sequence[str],
    *,
    last: int,
) -> list[tuple[Any, ...]]:
    """The case and `columns`, which hold "at" and "ordinal", of the `last` newest of
    these results of each case, newest first; one query.
    """
    if not cases:
        return []
    chosen = (
        results.filter(
            project_id=RawSQL("asked.project_id", ()), case_id=RawSQL("asked.id", ())
        )
        .annotate(external_id=F("run__external_id"))
        .order_by(*_NEWEST_FIRST)
        .values_list(*columns, "external_id")
    )
    sql, params = chosen.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(results=sql), [[*cases], *params, last])
        return [row[:-1] for row in cursor.fetchall()]
