"""Months made of what they were, and of the runs that changed since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection

from dashboard.column_store.columns import NAMES, MonthColumns, ResultColumns, joined
from dashboard.column_store.numbers import is_among, narrow, stable_order
from dashboard.column_store.reading import results_of_project, results_of_runs

# To find the place of one among many takes as long as to sort so many.
_FEW = 20
# Every change of a run's results writes its days anew, which then have another place or
# are of another transaction.
STAMP = "concat_ws(' ', day.xmin, day.ctid, day)"
_RUNS = f"""
SELECT month, array_agg(id ORDER BY id), array_agg(stamp ORDER BY id)
  FROM (SELECT date_trunc('month', run.partition_on)::date AS month, run.id,
               hashtextextended(string_agg({STAMP}, ',' ORDER BY day.id), 0) AS stamp
          FROM public.ingest_run run
          LEFT JOIN public.ingest_runday day ON day.run_id = run.id
         WHERE run.project_id = %s GROUP BY run.id) AS runs
 WHERE month = ANY(%s) GROUP BY month
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Runs:
    """Those of a month, by id, and the stamp of each."""

    ids: np.ndarray
    stamps: np.ndarray


def renewed(
    project: int, months: Collection[date], before: Mapping[date, MonthColumns]
) -> dict[date, MonthColumns]:
    """The months of a project as they are now: of runs that say what they said `before`
    nothing is read.

    The stamps are read before the results, so that what changes in between is read once
    more, and never missed.
    """
    runs = _runs(project, months)
    unchanged = {month: _unchanged(before.get(month), runs[month]) for month in months}
    changed = {
        run
        for month in months
        for run in np.setdiff1d(runs[month].ids, unchanged[month]).tolist()
    }
    read = results_of_runs(changed, months)
    return {
        month: MonthColumns(
            results=_joined(before.get(month), unchanged[month], read[month]),
            runs=runs[month].ids,
            stamps=runs[month].stamps,
        )
        for month in months
    }


def read_anew(project: int, months: Collection[date]) -> dict[date, MonthColumns]:
    """The same for whoever asks once: nothing tells later what changed since."""
    nothing = np.empty(0, dtype=np.int64)
    return {
        month: MonthColumns(results=_by_case(results), runs=nothing, stamps=nothing)
        for month, results in results_of_project(project, months).items()
    }


def _runs(project: int, months: Collection[date]) -> dict[date, _Runs]:
    found = dict.fromkeys(months, _as_arrays((), ()))
    if not months:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_RUNS, [project, list(months)])
        for month, ids, stamps in cursor.fetchall():
            found[month] = _as_arrays(ids, stamps)
    return found


def _as_arrays(ids: Collection[int], stamps: Collection[int]) -> _Runs:
    return _Runs(
        ids=np.asarray(ids, dtype=np.int64), stamps=np.asarray(stamps, dtype=np.int64)
    )


def _unchanged(before: MonthColumns | None, now: _Runs) -> np.ndarray:
    """The ids of runs that say what they said."""
    if before is None:
        return np.empty(0, dtype=np.int64)
    both, old, new = np.intersect1d(
        before.runs, now.ids, assume_unique=True, return_indices=True
    )
    same: np.ndarray = both[before.stamps[old] == now.stamps[new]]
    return same


def _joined(
    before: MonthColumns | None, unchanged: np.ndarray, read: ResultColumns
) -> ResultColumns:
    """By case and then by time."""
    if before is None or not len(unchanged):
        return _by_case(read)
    stay = before.results
    if len(dropped := np.setdiff1d(before.runs, unchanged)):
        stay = stay.chosen(~is_among(stay.runs, dropped))
    if len(read) * _FEW > len(stay):
        return _by_case(joined([stay, read]))
    new = _by_case(read)
    places = _places(stay, new)
    return ResultColumns(
        **{
            name: _inserted(getattr(stay, name), places, getattr(new, name))
            for name in NAMES
        }
    )


def _by_case(results: ResultColumns) -> ResultColumns:
    order = stable_order(results.ordinals, results.times, results.cases)
    return results.chosen(order)


def _places(among: ResultColumns, new: ResultColumns) -> np.ndarray:
    """Before which of those each of the new ones belongs."""
    begins = among.cases.searchsorted(new.cases).tolist()
    ends = among.cases.searchsorted(new.cases, "right").tolist()
    rows = zip(begins, ends, new.times.tolist(), new.ordinals.tolist(), strict=True)
    places = [_place(among, *row) for row in rows]
    return np.asarray(places, dtype=np.intp)


def _place(among: ResultColumns, begin: int, end: int, time: int, ordinal: int) -> int:
    """Within the results of its case, which lie there."""
    times = among.times[begin:end]
    first = begin + int(times.searchsorted(time))
    last = begin + int(times.searchsorted(time, "right"))
    return first + int(among.ordinals[first:last].searchsorted(ordinal, "right"))


def _inserted(values: np.ndarray, places: np.ndarray, new: np.ndarray) -> np.ndarray:
    """In as few bytes as hold them all."""
    fitting = narrow(new)
    kind = np.promote_types(values.dtype, fitting.dtype) if len(new) else values.dtype
    inserted: np.ndarray = np.insert(values.astype(kind, copy=False), places, fitting)
    return inserted
