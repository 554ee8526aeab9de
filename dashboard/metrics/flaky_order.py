"""Flaky cases in the order of a list, of which only those are named that are looked at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
from django.db import connection

from dashboard.metrics.flaky_case import FlakyCase
from dashboard.metrics.flaky_columns import FlakyColumns


class RankedFlaky(Sequence[FlakyCase]):
    """By some columns, all ascending, then by `low` and `k`, both descending, then by name
    and id. Names are read of those that are asked for, and of all that are equal to one
    of them but for their name.
    """

    def __init__(self, of: FlakyColumns, *by: np.ndarray) -> None:
        self.of = of
        columns = (*by, -of.low, -of.k)
        order = np.lexsort((of.cases, *columns[::-1]))
        self._columns = [column[order] for column in columns]
        begins = np.zeros(len(of), dtype=bool)
        begins[:1] = True
        for column in self._columns:
            begins[1:] |= column[1:] != column[:-1]
        self._order = order
        self._begins = np.append(np.flatnonzero(begins), len(of))
        # By where those begin that are equal: their names and places, in order.
        self._named: dict[int, list[tuple[str, int]]] = {}

    def __len__(self) -> int:
        return len(self.of)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment] # as of a list

    def __iter__(self) -> Iterator[FlakyCase]:
        return iter(self[:])

    @overload
    def __getitem__(self, place: int) -> FlakyCase: ...

    @overload
    def __getitem__(self, place: slice) -> list[FlakyCase]: ...

    def __getitem__(self, place: int | slice) -> FlakyCase | list[FlakyCase]:
        if isinstance(place, slice):
            return [*self.named(place)]
        one = range(len(self))[place]
        return self.named(slice(one, one + 1))[0]

    @property
    def cases(self) -> np.ndarray:
        """The ids of all, in no order."""
        return self.of.cases

    def named(self, part: slice) -> FlakyColumns:
        """Those at these places with their names."""
        wanted = range(len(self))[part]
        if not wanted:
            return self.of.chosen(self._order[:0])
        first, last = min(wanted), max(wanted)
        begins = self._read(first, last)
        among = [pair for begin in begins for pair in self._named[begin]]
        shown = [among[place - begins[0]] for place in wanted]
        found = self.of.chosen(np.asarray([place for _, place in shown]))
        return found.named([name for name, _ in shown])

    def where(self, is_wanted: np.ndarray) -> RankedFlaky:
        """Those of which the mask over the columns says so, in the usual order."""
        return RankedFlaky(self.of.chosen(is_wanted))

    def place_of(self, keys: Sequence[Any], *, is_after: bool) -> int:
        """Where one with these keys would stand, behind or before one that has them."""
        *numbers, name, case = keys
        first, end = 0, len(self)
        for column, number in zip(self._columns, numbers, strict=True):
            part = column[first:end]
            before = int(np.searchsorted(part, number, "left"))
            first, end = (
                first + before,
                first + int(np.searchsorted(part, number, "right")),
            )
            if first == end:
                return first
        (begin,) = self._read(first, first)
        ids = [(said, int(self.of.cases[place])) for said, place in self._named[begin]]
        bisect = bisect_right if is_after else bisect_left
        return first + bisect(ids, (name, case))

    def _read(self, first: int, last: int) -> list[int]:
        """Where those begin that are equal to one from `first` to `last`; they are named."""
        ends = np.searchsorted(self._begins, [first, last], "right")
        begins: list[int] = self._begins[ends[0] - 1 : ends[1] + 1].tolist()
        parts = [*zip(begins, begins[1:], strict=False)]
        missing = [part for part in parts if part[0] not in self._named]
        if missing:
            places = np.concatenate([self._order[slice(*part)] for part in missing])
            names = _names(self.of.cases[places].tolist())
        for begin, end in missing:
            # By id already.
            equal = [
                (names.get(int(self.of.cases[place]), ""), place)
                for place in self._order[begin:end].tolist()
            ]
            self._named[begin] = sorted(equal, key=lambda pair: pair[0])
        return begins[:-1]


def _names(cases: Sequence[int]) -> dict[int, str]:
    """Those that they have now; in SQL, because often hundreds are equal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name FROM ingest_case WHERE id = ANY(%s)", [[*cases]]
        )
        return dict(cursor.fetchall())
