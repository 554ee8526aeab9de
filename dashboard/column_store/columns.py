"""Results as arrays, one for each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultColumns:
    """Results in some order, each as the same place of every array.

    Times are microseconds since 1970, `removed_at` 0 of what is not removed,
    `durations_ms` -1 where unknown, `statuses` the codes of the table.
    """

    cases: np.ndarray
    runs: np.ndarray
    ordinals: np.ndarray
    times: np.ndarray
    durations_ms: np.ndarray
    statuses: np.ndarray
    attempts: np.ndarray
    is_final: np.ndarray
    is_marked_retry: np.ndarray
    recorded_at: np.ndarray
    removed_at: np.ndarray

    def __len__(self) -> int:
        return len(self.cases)

    def chosen(self, places: np.ndarray) -> ResultColumns:
        """Those at these places, or where a mask is true."""
        if places.dtype == bool:
            # Looked through once, and not for each column.
            places = np.flatnonzero(places)
        return ResultColumns(**{name: getattr(self, name)[places] for name in NAMES})


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthColumns:
    """The results that are filed in a month, by case and then by time, and the `runs`
    that they are of, by id, each with the stamp of what it said then.
    """

    results: ResultColumns
    runs: np.ndarray
    stamps: np.ndarray


NAMES = tuple(field.name for field in fields(ResultColumns))


def joined(parts: Sequence[ResultColumns]) -> ResultColumns:
    """All of them, one after another."""
    if not parts:
        return _NOTHING
    return ResultColumns(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in NAMES
        }
    )


_TRUTHS = ("is_final", "is_marked_retry")
_NOTHING = ResultColumns(
    **{name: np.empty(0, dtype=bool if name in _TRUTHS else np.int64) for name in NAMES}
)
