"""How long cases take: percentiles of the durations of their passed results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
from django.db.models import Q

from dashboard.column_store.numbers import distinct_and_places, stable_order
from dashboard.column_store.selection import (
    ChosenResults,
    chosen_results,
    microseconds,
)
from dashboard.filters import Filters, Window
from dashboard.metrics.made_when_asked import MadeWhenAsked
from ingest.contract import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowCase:
    """Percentiles in ms of the `n` known durations among `passed` final results.

    `previous_p50_ms` is that of the window before, None without a duration there.
    """

    case: int
    project: int
    p50_ms: int
    p95_ms: int
    n: int
    passed: int
    previous_p50_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlowCases(MadeWhenAsked[SlowCase]):
    """Cases in columns, each of which is made when it is asked for: there are many more
    than anybody looks at. What is None of one is -1 here.
    """

    cases: np.ndarray
    projects: np.ndarray
    p50_ms: np.ndarray
    p95_ms: np.ndarray
    n: np.ndarray
    passed: np.ndarray
    previous_p50_ms: np.ndarray

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlowCases) and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in _COLUMNS
        )

    __hash__ = None  # type: ignore[assignment] # as of a list

    def __len__(self) -> int:
        return len(self.cases)

    def _made(self, place: int) -> SlowCase:
        case, project, p50, p95, n, passed, before = (
            int(getattr(self, name)[place]) for name in _COLUMNS
        )
        return SlowCase(
            case=case,
            project=project,
            p50_ms=p50,
            p95_ms=p95,
            n=n,
            passed=passed,
            previous_p50_ms=None if before < 0 else before,
        )


_COLUMNS = tuple(field.name for field in fields(SlowCases))


def by_duration(several: Sequence[SlowCases]) -> SlowCases:
    """All of them, the longest median first."""
    columns = {
        name: np.concatenate([_NONE, *(getattr(one, name) for one in several)])
        for name in _COLUMNS
    }
    order = np.lexsort((columns["cases"], -columns["p50_ms"]))
    return SlowCases(**{name: column[order] for name, column in columns.items()})


_NONE = np.empty(0, dtype=np.int64)


def slow_cases(filters: Filters, window: Window | None = None) -> SlowCases:
    """Cases by the median duration of their final passed results, longest first.

    Percentiles are interpolated (percentile_cont) and rounded half up to whole ms.
    Unknown durations are left out; outages and manual runs are not.
    """
    now = window or filters.window()
    both = Window(since=now.previous.since, until=now.until)
    passed = replace(filters, status=(Status.PASSED,))
    parts: dict[int, list[_Passed]] = {}
    for part in chosen_results(passed, both, Q()):
        parts.setdefault(part.project, []).append(_passed_in(part))
    return by_duration(
        [
            _slow_in(project, of_months, microseconds(now.since))
            for project, of_months in parts.items()
        ]
    )


class _Passed(NamedTuple):
    """Final passed results."""

    cases: np.ndarray
    times: np.ndarray
    durations_ms: np.ndarray


def _passed_in(part: ChosenResults) -> _Passed:
    places, results = np.flatnonzero(part.is_final), part.results
    columns = (results.cases, results.times, results.durations_ms)
    return _Passed(*(column[places] for column in columns))


def _slow_in(project: int, parts: Sequence[_Passed], since: int) -> SlowCases:
    cases, times, durations_ms = map(np.concatenate, zip(*parts, strict=True))
    is_now = times >= since
    is_known = durations_ms >= 0
    now, before = (
        _Durations(cases[which], durations_ms[which])
        for which in (is_now & is_known, ~is_now & is_known)
    )
    place = np.searchsorted(before.cases, now.cases)
    was_there = np.append(before.cases, -1)[place] == now.cases
    previous_ms = np.append(before.percentile_ms(0.5), -1)[place]
    ids, places = distinct_and_places(cases[is_now])
    passed = np.bincount(places)
    return SlowCases(
        cases=now.cases.astype(np.int64),
        projects=np.full(len(now.cases), project),
        p50_ms=now.percentile_ms(0.5),
        p95_ms=now.percentile_ms(0.95),
        n=now.n,
        passed=passed[np.searchsorted(ids, now.cases)],
        previous_p50_ms=np.where(was_there, previous_ms, -1),
    )


class _Durations:
    """The known durations of each case, of which there are `n`."""

    def __init__(self, cases: np.ndarray, durations_ms: np.ndarray) -> None:
        order = stable_order(durations_ms, cases)
        in_order = cases[order]
        self._sorted_ms = durations_ms[order].astype(np.float64)
        self._first = np.flatnonzero(np.diff(in_order, prepend=-1))
        self.cases = in_order[self._first]
        self.n = np.diff(np.append(self._first, len(in_order)))

    def percentile_ms(self, share: float) -> np.ndarray:
        """Of each case, between its neighbours as PostgreSQL's percentile_cont does."""
        place = share * (self.n - 1)
        low, high = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
        below, above = (
            self._sorted_ms[self._first + low],
            self._sorted_ms[self._first + high],
        )
        exact = below + (place - low) * (above - below)
        found: np.ndarray = np.floor(exact + 0.5).astype(np.int64)
        return found
