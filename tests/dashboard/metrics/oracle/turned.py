"""Cases that turned since a moment, with the runs and times at which they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tests.dashboard.metrics.oracle.rows import Execution
from tests.dashboard.metrics.oracle.series import (
    Ends,
    is_retired,
    longest,
    newest_finals,
    series_of,
    tail,
)


@dataclass(frozen=True)
class NewlyFailing:
    case: int
    project: int
    since: datetime
    since_run: int
    streak: int
    newest_run: int
    newest_at: datetime


@dataclass(frozen=True)
class Fixed:
    case: int
    project: int
    since: datetime
    since_run: int
    failed_since: datetime
    failed_run: int
    streak: int


Series = list[Execution]


def newly_failing(
    found: Iterable[Execution], since: datetime, project_ends: Ends | None = None
) -> list[NewlyFailing]:
    """Of each case the series that fails longest; by since, then by id."""
    rows = []
    for case, mine in _by_case(found, project_ends).items():
        ends = [tail(series) for series in mine if series[-1].is_bad]
        if not ends:
            continue
        end = longest(ends)
        if end[0].at >= since:
            rows.append(
                NewlyFailing(
                    case=case,
                    project=end[0].run.project,
                    since=end[0].at,
                    since_run=end[0].run.id,
                    streak=len(end),
                    newest_run=end[-1].run.id,
                    newest_at=end[-1].at,
                )
            )
    return sorted(rows, key=lambda row: (row.since, row.case))


def fixed(
    found: Iterable[Execution], since: datetime, project_ends: Ends | None = None
) -> list[Fixed]:
    """Of each case that fails nowhere the mended series that had failed longest."""
    rows = []
    for case, mine in _by_case(found, project_ends).items():
        if any(series[-1].is_bad for series in mine):
            continue
        mended = {}
        for series in mine:
            passes = tail(series)
            before = series[: -len(passes)]
            if before and passes[0].at >= since:
                mended[tuple(tail(before))] = passes
        if not mended:
            continue
        failures = longest([list(end) for end in mended])
        passes = mended[tuple(failures)]
        rows.append(
            Fixed(
                case=case,
                project=passes[0].run.project,
                since=passes[0].at,
                since_run=passes[0].run.id,
                failed_since=failures[0].at,
                failed_run=failures[0].run.id,
                streak=len(failures),
            )
        )
    return sorted(rows, key=lambda row: (row.failed_since, row.case))


def _by_case(found: Iterable[Execution], ends: Ends | None) -> dict[int, list[Series]]:
    """Without the series that end in a failure and that nobody runs any more."""
    found = list(found)
    ends = newest_finals(found) if ends is None else ends
    by_case: dict[int, list[Series]] = defaultdict(list)
    automated = [e for e in found if e.run.kind != "manual"]
    for (case, _, _), series in series_of(automated).items():
        if not (series[-1].is_bad and is_retired(series, ends)):
            by_case[case].append(series)
    return by_case
