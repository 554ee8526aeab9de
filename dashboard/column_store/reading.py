"""Results read from the tables, many at once, in the binary form of COPY."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import connection

from dashboard.column_store.columns import NAMES, ResultColumns
from ingest.partitions import next_month

# What each column is in SQL, and its type there.
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "cases": ("case_id", ">i8"),
    "runs": ("run_id", ">i8"),
    "ordinals": ("ordinal", ">i4"),
    "times": ("at", ">i8"),
    "durations_ms": ("coalesce(duration_ms, -1)", ">i8"),
    "statuses": ("status", ">i2"),
    "attempts": ("attempt", ">i4"),
    "is_final": ("is_final", "?"),
    "is_marked_retry": ("is_marked_retry", "?"),
    "recorded_at": ("recorded_at", ">i8"),
    "removed_at": ("coalesce(removed_at, '1970-01-01Z')", ">i8"),
}
_MONTH = ("date_trunc('month', partition_on)::date - date '1970-01-01'", ">i4")
_OF_MONTHS = {
    **_COLUMNS,
    "recorded_at": ("coalesce(recorded_at, with_run)", ">i8"),
    "days": _MONTH,
}
# Run by run, as their rows lie: of many projects one would be a small part of what a join
# reads. The table itself, whatever of it the reader of an answer sees: what of it is
# theirs is decided when runs are chosen.
_FROM = """
(SELECT id, recorded_at AS with_run FROM public.ingest_run
  WHERE {runs} AND partition_on >= %(first)s AND partition_on < %(end)s
  ORDER BY id) run
CROSS JOIN LATERAL (
 SELECT * FROM public.ingest_result
  WHERE run_id = run.id AND partition_on >= %(first)s AND partition_on < %(end)s
 OFFSET 0) result
"""
_OF_CHANGES = {
    **_COLUMNS,
    # Of these the result of today tells.
    "cases": ("0::bigint", ">i8"),
    "is_marked_retry": ("coalesce(is_marked_retry, false)", "?"),
    "recorded_at": ("recorded_from", ">i8"),
    "is_marked_known": ("is_marked_retry IS NOT NULL", "?"),
}
_HEADER_BYTES, _TRAILER_BYTES = 19, 2
# PostgreSQL counts time from 2000 on.
_FROM_1970 = 946_684_800_000_000
_TIMES = ("times", "recorded_at", "removed_at")


def results_of_project(
    project: int, months: Collection[date]
) -> dict[date, ResultColumns]:
    """The results of a project that are filed in these months, removed ones too, by
    month.
    """
    return _results_of("project_id = %(project)s", {"project": project}, months)


def results_of_runs(
    runs: Collection[int], months: Collection[date]
) -> dict[date, ResultColumns]:
    """The same of these runs alone."""
    return _results_of("id = ANY(%(runs)s)", {"runs": list(runs)}, months)


def _results_of(
    runs: str, params: dict[str, Any], months: Collection[date]
) -> dict[date, ResultColumns]:
    if not months:
        return {}
    rows = _rows(
        _OF_MONTHS,
        _FROM.format(runs=runs),
        {**params, "first": min(months), "end": next_month(max(months))},
    )
    days = rows["days"].astype("M8[D]")
    return {month: _results(rows[days == np.datetime64(month)]) for month in months}


def results_before_changes(
    moment: datetime, projects: Collection[int]
) -> tuple[ResultColumns, np.ndarray]:
    """What results said at a moment that were changed later, without their cases; and of
    which it is known whether they were marked as retries.
    """
    rows = _rows(
        _OF_CHANGES,
        "public.ingest_resultchange WHERE project_id = ANY(%s)"
        " AND recorded_to > %s AND recorded_from <= %s",
        [list(projects), moment, moment],
    )
    return _results(rows), rows["is_marked_known"]


def _rows(
    columns: Mapping[str, tuple[str, str]],
    source: str,
    params: list[Any] | dict[str, Any],
) -> np.ndarray:
    listed = ", ".join(sql for sql, _ in columns.values())
    sql = f"COPY (SELECT {listed} FROM {source}) TO STDOUT (FORMAT binary)"
    wrapper: Any = connection
    sent: bytes = wrapper.copied(sql, params)
    body = sent[_HEADER_BYTES : len(sent) - _TRAILER_BYTES]
    return np.frombuffer(body, dtype=_row(columns))


def _row(columns: Mapping[str, tuple[str, str]]) -> np.dtype[Any]:
    """Each row begins with its number of values, each of these with its length."""
    values = [
        part
        for name, (_, kind) in columns.items()
        for part in ((f"length of {name}", ">i4"), (name, kind))
    ]
    return np.dtype([("values", ">i2"), *values])


def _results(rows: np.ndarray) -> ResultColumns:
    values = {name: _native(rows[name]) for name in NAMES}
    for name in _TIMES:
        values[name] += _FROM_1970
    return ResultColumns(**values)


def _native(values: np.ndarray) -> np.ndarray:
    return values.astype(values.dtype.newbyteorder("="))
