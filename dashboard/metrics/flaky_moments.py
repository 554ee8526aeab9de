"""What is told of flaky cases by their ids: moments, and proofs that they were mended."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from dashboard.column_store.selection import from_microseconds
from ingest.series.proof import Proof

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _ByCase(Mapping[int, Value]):
    """In columns by `cases`, which ascend; `times` are microseconds since 1970."""

    cases: np.ndarray
    times: np.ndarray

    def __len__(self) -> int:
        return len(self.cases)

    def __iter__(self) -> Iterator[int]:
        yield from self.cases.tolist()

    def __getitem__(self, case: int) -> Value:
        place = int(np.searchsorted(self.cases, case))
        if place == len(self.cases) or self.cases[place] != case:
            raise KeyError(case)
        return self._value(place)

    @abstractmethod
    def _value(self, place: int) -> Value: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments(_ByCase[datetime]):
    def _value(self, place: int) -> datetime:
        return from_microseconds(int(self.times[place]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proofs(_ByCase[Proof]):
    needed: np.ndarray
    passed: np.ndarray

    @property
    def is_proven(self) -> np.ndarray:
        found: np.ndarray = self.passed >= self.needed
        return found

    def _value(self, place: int) -> Proof:
        return Proof(
            needed=int(self.needed[place]),
            passed=int(self.passed[place]),
            since=int(self.times[place]),
        )


Columns = TypeVar("Columns", bound=_ByCase[Any])


def chosen_by_case(of: Columns, which: np.ndarray) -> Columns:
    """Those at these places, or where a mask is true."""
    columns: dict[str, Any] = {
        field.name: getattr(of, field.name)[which] for field in fields(of)
    }
    return type(of)(**columns)


_NONE = np.empty(0, dtype=np.int64)


def joined_by_case(several: Sequence[Columns], kind: type[Columns]) -> Columns:
    """All of them, of which no two have a case in common."""
    columns: dict[str, Any] = {
        field.name: np.concatenate(
            [_NONE, *(getattr(one, field.name) for one in several)]
        )
        for field in fields(kind)
    }
    return chosen_by_case(kind(**columns), np.argsort(columns["cases"]))
