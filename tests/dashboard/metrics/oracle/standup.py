"""What turned since a moment, in the series of a window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tests.dashboard.metrics.oracle.flaky import flakiness
from tests.dashboard.metrics.oracle.rows import Execution
from tests.dashboard.metrics.oracle.series import (
    Ends,
    Failing,
    failing,
    is_retired,
    newest_finals,
    series_of,
    tail,
)


@dataclass(frozen=True)
class Fixed:
    """A case that passes again; `failed_since` of the series that failed longest."""

    case: int
    failed_since: datetime


def newly_failing(
    found: Iterable[Execution], since: datetime, ends: Ends | None = None
) -> list[Failing]:
    return [row for row in failing(found, ends) if row.since >= since]


def fixed(
    found: Iterable[Execution], since: datetime, ends: Ends | None = None
) -> list[Fixed]:
    found = list(found)
    ends = newest_finals(found) if ends is None else ends
    by_case: dict[int, list[list[Execution]]] = defaultdict(list)
    automated = [e for e in found if e.run.kind != "manual"]
    for (case, _, _), series in series_of(automated).items():
        by_case[case].append(series)
    rows = []
    for case, mine in by_case.items():
        if any(one[-1].is_bad and not is_retired(one, ends) for one in mine):
            continue
        mine = [one for one in mine if not one[-1].is_bad]
        began = [at for series in mine if (at := _mended(series, since))]
        if began:
            rows.append(Fixed(case, min(began)))
    return sorted(rows, key=lambda row: (row.failed_since, row.case))


def _mended(series: list[Execution], since: datetime) -> datetime | None:
    """When the failures began that a passing streak at the end has ended."""
    passes = tail(series)
    before = series[: -len(passes)]
    if not before or passes[0].at < since:
        return None
    return tail(before)[0].at


def newly_flaky(now: Iterable[Execution], then: Iterable[Execution]) -> set[int]:
    """Flaky in one window and not in an earlier one."""
    return _flaky(now) - _flaky(then)


def _flaky(found: Iterable[Execution]) -> set[int]:
    return {case for case, row in flakiness(found).items() if row.is_flaky}
