"""The newest results of each of many cases, read from the index of their histories."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Collate

from ingest.models import Result


class SeriesKey(NamedTuple):
    """Which series of a case: by the id of what its configuration counts as, None for
    none, and the branch.
    """

    configuration: int | None
    branch: str


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
  FROM ({asked}) AS asked
 CROSS JOIN LATERAL ({results} LIMIT (SELECT %s::bigint)) AS found
 ORDER BY asked.id, found."at" DESC, found.external_id COLLATE "C" DESC,
          found."ordinal" DESC
"""
_CASES = "SELECT id, project_id FROM ingest_case WHERE id = ANY(%s)"
# A configuration of 0 is none.
_SERIES = """
SELECT own.id, own.project_id, series.configuration, series.branch
  FROM unnest(%s::bigint[], %s::bigint[], %s::text[])
       AS series(case_id, configuration, branch)
  JOIN ingest_case own ON own.id = series.case_id
"""
# No join: the planner takes a branch for a few runs, and would look into each of them for
# the case before it looks at the case's newest results.
_IS_OF_SERIES = """
(SELECT own.branch = asked.branch
        AND coalesce(whole.alias_of_id, own.configuration_id, 0) = asked.configuration
   FROM ingest_run own LEFT JOIN ingest_configuration whole
        ON whole.id = own.configuration_id
  WHERE own.id = ingest_result.run_id)
"""


def newest(
    results: QuerySet[Result],
    cases: Collection[int] | Mapping[int, SeriesKey],
    columns: Sequence[str],
    *,
    last: int,
) -> list[tuple[Any, ...]]:
    """The case and `columns`, which hold "at" and "ordinal", of the `last` newest of
    these results of each case, newest first; one query. A mapping of `cases` says of
    each which series alone counts.
    """
    if not cases:
        return []
    results, asked, keys = _asked(results, cases)
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
        cursor.execute(_SQL.format(asked=asked, results=sql), [*keys, *params, last])
        return [row[:-1] for row in cursor.fetchall()]


def _asked(
    results: QuerySet[Result], cases: Collection[int] | Mapping[int, SeriesKey]
) -> tuple[QuerySet[Result], str, list[list[Any]]]:
    """The results narrowed to what is asked for, and the SQL and parameters of that."""
    if not isinstance(cases, Mapping):
        return results, _CASES, [[*cases]]
    of_series = results.filter(RawSQL(_IS_OF_SERIES, (), BooleanField()))  # nosec B611 # names of ours
    keys = cases.values()
    of_keys = [key.configuration or 0 for key in keys], [key.branch for key in keys]
    return of_series, _SERIES, [[*cases], *of_keys]
