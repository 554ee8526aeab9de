"""Rows that lie in columns, of which one is made when it is asked for: there are many more
than anybody looks at.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar, overload

Row = TypeVar("Row", covariant=True)


class MadeWhenAsked(Sequence[Row]):
    __slots__ = ()

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [self._made(one) for one in range(len(self))[place]]
        return self._made(range(len(self))[place])

    @abstractmethod
    def _made(self, place: int) -> Row:
        """That at a place, counted from 0."""
