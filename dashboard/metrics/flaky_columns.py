"""The figures of many flaky cases at once: there are many more than anybody looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from dashboard.column_store.selection import from_microseconds
from dashboard.metrics.flaky_case import EventCounts, FlakyCase
from dashboard.metrics.made_when_asked import MadeWhenAsked

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Truth = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlakyColumns(MadeWhenAsked[FlakyCase]):
    """What FlakyCase says of each, in columns, of which one is made when it is asked for.

    Times are microseconds since 1970, and say nothing where `k` is 0. `names` are those
    of all or, as long as nobody asked for them, of none.
    """

    cases: Whole
    projects: Whole
    k: Whole
    n: Whole
    rate: Real
    low: Real
    high: Real
    is_proven: Truth
    is_flaky: Truth
    retry: Whole
    same_commit: Whole
    alternating: Whole
    flips: Whole
    pairs: Whole
    expected_flips: Real
    executions: Whole
    not_passed: Whole
    passed_on_retry: Whole
    retried_attempts: Whole
    time_lost_ms: Whole
    unknown_durations: Whole
    lost_attempts: Whole
    first_event_at: Whole
    last_event_at: Whole
    names: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment] # as of a list

    def __len__(self) -> int:
        return len(self.cases)

    @property
    def flip_rate(self) -> Real:
        """As that of each case; not a number where there is no pair."""
        none = np.full(len(self), np.nan)
        found: Real = np.divide(self.flips, self.pairs, out=none, where=self.pairs > 0)
        return found

    def chosen(self, which: np.ndarray) -> FlakyColumns:
        """Those at these places, or where a mask is true; without names."""
        columns: dict[str, Any] = {name: getattr(self, name)[which] for name in COLUMNS}
        return FlakyColumns(**columns)

    def named(self, names: Sequence[str]) -> FlakyColumns:
        return replace(self, names=tuple(names))

    def _made(self, place: int) -> FlakyCase:
        of = {name: getattr(self, name)[place].item() for name in COLUMNS}
        is_proven, k = of.pop("is_proven"), of["k"]
        times = {name: of.pop(name) for name in ("first_event_at", "last_event_at")}
        return FlakyCase(
            case=of.pop("cases"),
            project=of.pop("projects"),
            name=self.names[place] if self.names else "",
            evidence=("proven" if is_proven else "suspected") if k else None,
            events=EventCounts(**{name: of.pop(name) for name in _EVENTS}),
            first_event_at=from_microseconds(times["first_event_at"]) if k else None,
            last_event_at=from_microseconds(times["last_event_at"]) if k else None,
            **of,
        )


COLUMNS = tuple(field.name for field in fields(FlakyColumns) if field.name != "names")
_EVENTS = tuple(field.name for field in fields(EventCounts))
_KINDS: dict[str, type] = {
    **dict.fromkeys(COLUMNS, np.int64),
    **dict.fromkeys(("rate", "low", "high", "expected_flips"), np.float64),
    **dict.fromkeys(("is_proven", "is_flaky"), np.bool_),
}


def joined_columns(several: Sequence[FlakyColumns]) -> FlakyColumns:
    """All of them, one after another, without names."""
    columns: dict[str, Any] = {
        name: np.concatenate(
            [np.empty(0, dtype=kind), *(getattr(one, name) for one in several)]
        )
        for name, kind in _KINDS.items()
    }
    return FlakyColumns(**columns)


def places_in(some: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each id its place among `some`, which ascend, and whether it is there at all."""
    places = np.searchsorted(some, ids)
    is_there = np.append(some, -1)[places] == ids
    return np.where(is_there, places, 0), cast(np.ndarray, is_there)
