"""How long cases take: percentiles of the durations of their passed results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from django.db.models import Q

from dashboard.column_store.columns import ResultColumns, joined
from dashboard.column_store.selection import chosen_results, microseconds
from dashboard.filters import Filters, Window
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


def slow_cases(filters: Filters, window: Window | None = None) -> list[SlowCase]:
    """Cases by the median duration of their final passed results, longest first.

    Percentiles are interpolated (percentile_cont) and rounded half up to whole ms.
    Unknown durations are left out; outages and manual runs are not.
    """
    now = window or filters.window()
    both = Window(since=now.previous.since, until=now.until)
    passed = replace(filters, status=(Status.PASSED,))
    parts: dict[int, list[ResultColumns]] = {}
    for part in chosen_results(passed, both, Q()):
        parts.setdefault(part.project, []).append(part.finals)
    found = [
        case
        for project, finals in parts.items()
        for case in _slow_in(project, joined(finals), microseconds(now.since))
    ]
    return sorted(found, key=lambda case: (-case.p50_ms, case.case))


def _slow_in(project: int, finals: ResultColumns, since: int) -> Iterator[SlowCase]:
    is_now = finals.times >= since
    cases, passed = np.unique(finals.cases[is_now], return_counts=True)
    now, before = _Durations(finals.chosen(is_now)), _Durations(finals.chosen(~is_now))
    previous = dict(zip(before.cases.tolist(), before.percentile_ms(0.5), strict=True))
    passed_by_case = dict(zip(cases.tolist(), passed.tolist(), strict=True))
    for case, p50_ms, p95_ms, n in zip(
        now.cases.tolist(),
        now.percentile_ms(0.5),
        now.percentile_ms(0.95),
        now.n.tolist(),
        strict=True,
    ):
        yield SlowCase(
            case=case,
            project=project,
            p50_ms=p50_ms,
            p95_ms=p95_ms,
            n=n,
            passed=passed_by_case[case],
            previous_p50_ms=previous.get(case),
        )


class _Durations:
    """The known durations of each case, of which there are `n`."""

    def __init__(self, results: ResultColumns) -> None:
        is_known = results.durations_ms >= 0
        cases, durations_ms = results.cases[is_known], results.durations_ms[is_known]
        order = np.lexsort((durations_ms, cases))
        self._sorted_ms = durations_ms[order].astype(np.float64)
        self.cases, self._first, self.n = np.unique(
            cases[order], return_index=True, return_counts=True
        )

    def percentile_ms(self, share: float) -> list[int]:
        """Of each case, between its neighbours as PostgreSQL's percentile_cont does."""
        place = share * (self.n - 1)
        low, high = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
        below, above = (
            self._sorted_ms[self._first + low],
            self._sorted_ms[self._first + high],
        )
        exact = below + (place - low) * (above - below)
        found: list[int] = np.floor(exact + 0.5).astype(np.int64).tolist()
        return found
