"""Results as they were recorded at a moment: today's, but for those that changed later."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import numpy as np

from dashboard.column_store.columns import ResultColumns
from dashboard.column_store.reading import results_before_changes
from ingest.models.results import ORDINALS

# What a change keeps of a result; the rest of it never changes.
_KEPT = ("times", "durations_ms", "statuses", "attempts", "is_final", "removed_at")


class LaterChanges:
    """What results of the projects said at a moment, of those that were changed later."""

    def __init__(self, moment: datetime, projects: Collection[int]) -> None:
        said, is_marked_known = results_before_changes(moment, projects)
        order = np.argsort(_keys(said.runs, said.ordinals))
        self._said = said.chosen(order)
        self._is_marked_known = is_marked_known[order]
        self._keys = _keys(self._said.runs, self._said.ordinals)
        self._runs = np.unique(said.runs)

    def before_them(self, results: ResultColumns) -> ResultColumns:
        """Results, some of which are among these, as they were."""
        of_runs = np.flatnonzero(np.isin(results.runs, self._runs))
        keys = _keys(results.runs[of_runs], results.ordinals[of_runs])
        found = np.searchsorted(self._keys, keys)
        is_one = np.append(self._keys, -1)[found] == keys
        places, of = of_runs[is_one], found[is_one]
        if not len(places):
            return results
        was = {
            name: _put(results, name, places, getattr(self._said, name)[of])
            for name in _KEPT
        }
        known = self._is_marked_known[of]
        was["is_marked_retry"] = _put(
            results,
            "is_marked_retry",
            places[known],
            self._said.is_marked_retry[of[known]],
        )
        return replace(results, **was)


def _keys(runs: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
    keys: np.ndarray = runs.astype(np.int64) * ORDINALS + ordinals
    return keys


def _put(
    results: ResultColumns, name: str, places: np.ndarray, values: np.ndarray
) -> np.ndarray:
    column = getattr(results, name)
    changed: np.ndarray = column.astype(np.promote_types(column.dtype, values.dtype))
    changed[places] = values
    return changed
