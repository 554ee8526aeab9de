"""Flaky cases at the end of each day, and what they cost on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from tests.dashboard.metrics.oracle.flaky import Flakiness, flaky
from tests.dashboard.metrics.oracle.proof import day_ends, lost_between
from tests.dashboard.metrics.oracle.rows import Execution

Between = Callable[[datetime, datetime], list[Execution]]


@dataclass(frozen=True)
class Totals:
    """Flaky cases, their events, what those cost and what nobody knows of it."""

    cases: int
    events: int
    time_lost_ms: int
    attempts: int
    unknown_durations: int


@dataclass(frozen=True)
class History:
    """`on_day` counts the flaky cases of a window that ends with a day, by its place."""

    cases: list[Flakiness]
    now: dict[int, Totals]
    previous: dict[int, Totals]
    ends: list[datetime]
    on_day: Callable[[int], int]
    lost_by_day: list[int]


def flaky_history(
    between: Between, names: Mapping[int, str], since: datetime, until: datetime
) -> History:
    length, ends = until - since, day_ends(since, until)

    def rows(begins: datetime, end: datetime) -> list[Flakiness]:
        return flaky(between(begins, end), dict(names))

    now = rows(since, until)
    return History(
        cases=now,
        now=totals(now),
        previous=totals(rows(since - length, since)),
        ends=ends,
        on_day=lambda place: len(rows(ends[place] - length, ends[place])),
        lost_by_day=[lost_between(now, *day) for day in pairwise([since, *ends])],
    )


def totals(rows: Iterable[Flakiness]) -> dict[int, Totals]:
    """By project."""
    of_project: dict[int, list[Flakiness]] = defaultdict(list)
    for row in rows:
        of_project[row.events[0].held_by[0].run.project].append(row)
    return {
        project: Totals(
            len(own),
            sum(row.k for row in own),
            sum(row.time_lost_ms for row in own),
            sum(row.lost_attempts for row in own),
            sum(row.unknown_durations for row in own),
        )
        for project, own in of_project.items()
    }
