"""Series, outages, and what fails at the end of a series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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
    return run.verdict == "excluded"


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


def tail(series: list[Execution]) -> list[Execution]:
    """The results at the end of the series that are as its last one is."""
    kept: list[Execution] = []
    for execution in reversed(series):
        if execution.is_bad != series[-1].is_bad:
            break
        kept.insert(0, execution)
    return kept


def failing(found: Iterable[Execution]) -> list[Failing]:
    """Cases of which any series ends in results that did not pass, longest first."""
    streaks: dict[int, list[list[Execution]]] = defaultdict(list)
    automated = [e for e in found if e.run.kind != "manual"]
    for (case, _, _), series in series_of(automated).items():
        end = tail(series)
        if end[0].is_bad:
            streaks[case].append(end)
    longest = [
        min(ends, key=lambda end: (end[0].at, -len(end), end[0].run.external_id))
        for ends in streaks.values()
    ]
    rows = [Failing(e[0].case, e[0].at, e[0].run.id, len(e)) for e in longest]
    return sorted(rows, key=lambda f: (f.since, f.case))
