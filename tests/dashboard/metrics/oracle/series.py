"""Series, outages, and what fails at the end of a series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from tests.dashboard.metrics.oracle.rows import Execution, RunRow, executions_of

Key = tuple[int, str | None, str]


def is_outage(run: RunRow) -> bool:
    """At least four fifths of at least 20 decided finals did not pass: the whole run."""
    decided = [e for e in executions_of(run) if e.is_decided]
    return len(decided) >= 20 and 5 * sum(e.is_bad for e in decided) >= 4 * len(decided)


def is_left_out(run: RunRow) -> bool:
    """Of flakiness: a person's word goes before the rule."""
    if run.verdict is None:
        return is_outage(run)
    return run.verdict in ("excluded", "uncounted")


def usable(found: Iterable[Execution]) -> list[Execution]:
    """Those that flakiness looks at."""
    return [e for e in found if e.run.kind != "manual" and not is_left_out(e.run)]


def series_of(found: Iterable[Execution]) -> dict[Key, list[Execution]]:
    """Decided executions by case, configuration and branch, oldest first."""
    series: dict[Key, list[Execution]] = defaultdict(list)
    for execution in sorted(found, key=lambda e: e.order):
        if execution.is_decided:
            series[execution.series].append(execution)
    return dict(series)


@dataclass(frozen=True)
class Failing:
    case: int
    since: datetime
    since_run: int
    streak: int


# When each project said something last.
Ends = Mapping[int, datetime]


def newest_finals(found: Iterable[Execution]) -> dict[int, datetime]:
    """Of everything in a window: the time of each project's newest final result."""
    ends: dict[int, datetime] = {}
    for execution in found:
        project = execution.run.project
        ends[project] = max(execution.at, ends.get(project, execution.at))
    return ends


def is_retired(series: list[Execution], ends: Ends) -> bool:
    """Nobody runs it any more: silent for long, and for long by its own measure."""
    silent = ends[series[0].run.project] - series[-1].at
    if len(series) == 1:
        return silent > timedelta(days=14)
    times = [execution.at for execution in series]
    gaps = [(b - a) // timedelta(microseconds=1) for a, b in pairwise(times)]
    usual = timedelta(microseconds=int(4 * median(gaps)))
    return silent > timedelta(days=7) and silent > usual


def tail(series: list[Execution]) -> list[Execution]:
    """The results at the end of the series that are as its last one is."""
    kept: list[Execution] = []
    for execution in reversed(series):
        if execution.is_bad != series[-1].is_bad:
            break
        kept.insert(0, execution)
    return kept


def failing(found: Iterable[Execution], ends: Ends | None = None) -> list[Failing]:
    """Cases of which any series that is still run ends in results that did not pass,
    longest first. `ends` are those of the whole projects, where `found` is less.
    """
    now, _ = _failing(found, ends)
    return [_told(end) for end in _by_since(now.values())]


def failing_when_last_run(
    found: Iterable[Execution], ends: Ends | None = None
) -> list[Failing]:
    """Cases of which only series that nobody runs any more end so."""
    now, retired = _failing(found, ends)
    only = [end for case, end in retired.items() if case not in now]
    return [_told(end) for end in _by_since(only)]


Streaks = dict[int, list[Execution]]


def _failing(found: Iterable[Execution], ends: Ends | None) -> tuple[Streaks, Streaks]:
    """The longest streak of each case, of series that are run and of retired ones."""
    found = list(found)
    ends = newest_finals(found) if ends is None else ends
    streaks: dict[bool, dict[int, list[list[Execution]]]] = {
        True: defaultdict(list),
        False: defaultdict(list),
    }
    automated = [e for e in found if e.run.kind != "manual"]
    for (case, _, _), series in series_of(automated).items():
        end = tail(series)
        if end[0].is_bad:
            streaks[is_retired(series, ends)][case].append(end)
    now, retired = (
        {case: longest(of_case) for case, of_case in streaks[is_old].items()}
        for is_old in (False, True)
    )
    return now, retired


def longest(ends: list[list[Execution]]) -> list[Execution]:
    """Of equal beginnings the longer streak, then the lesser id of the first run."""
    return min(ends, key=lambda end: (end[0].at, -len(end), end[0].run.external_id))


def _by_since(ends: Iterable[list[Execution]]) -> list[list[Execution]]:
    return sorted(ends, key=lambda end: (end[0].at, end[0].case))


def _told(end: list[Execution]) -> Failing:
    return Failing(end[0].case, end[0].at, end[0].run.id, len(end))
