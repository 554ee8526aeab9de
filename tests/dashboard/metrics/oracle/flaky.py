"""Flake events, exposure and what follows from them, by the words of the definition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby, pairwise

from tests.dashboard.metrics.oracle.beta import quantile
from tests.dashboard.metrics.oracle.rows import Execution
from tests.dashboard.metrics.oracle.series import series_of, usable
from tests.dashboard.metrics.oracle.strips import letter


@dataclass(frozen=True)
class Event:
    """`kind` is mixed, isolated or commit; `held_by` are the executions that show it."""

    kind: str
    held_by: tuple[Execution, ...]


@dataclass(frozen=True)
class Flakiness:
    """The numbers of one case."""

    case: int
    exposed: tuple[tuple[datetime, str], ...]
    events: tuple[Event, ...]
    is_proven: bool
    flips: int
    pairs: int
    expected_flips: float
    executions: int
    not_passed: int
    passed_on_retry: int
    retried_attempts: int

    @property
    def retry(self) -> int:
        return sum(event.kind == "mixed" for event in self.events)

    @property
    def same_commit(self) -> int:
        return sum(event.kind == "commit" for event in self.events)

    @property
    def alternating(self) -> int:
        return sum(event.kind == "isolated" for event in self.events)

    @property
    def k(self) -> int:
        return len(self.events)

    @property
    def n(self) -> int:
        return len(self.exposed)

    @property
    def rate(self) -> float:
        return (0.17 + self.k) / (0.17 + 1.36 + self.n)

    @property
    def low(self) -> float:
        return bounds(self.k, self.n)[0]

    @property
    def high(self) -> float:
        return bounds(self.k, self.n)[1]

    @property
    def evidence(self) -> str | None:
        if self.is_proven:
            return "proven"
        return "suspected" if self.k else None

    @property
    def is_flaky(self) -> bool:
        return self.is_proven or (self.k >= 2 and self.low >= 0.01)

    @property
    def lost(self) -> list[int | None]:
        """Durations of the attempts that its events cost, each attempt once."""
        held = {e.run.id: e for event in self.events for e in event.held_by}
        return [
            attempt.duration_ms
            for execution in held.values()
            for attempt in execution.attempts
            if attempt.is_bad or attempt.number >= 2
        ]

    @property
    def lost_attempts(self) -> int:
        return len(self.lost)

    @property
    def time_lost_ms(self) -> int:
        return sum(ms for ms in self.lost if ms is not None)

    @property
    def unknown_durations(self) -> int:
        return sum(ms is None for ms in self.lost)

    @property
    def event_times(self) -> list[datetime]:
        """When it showed: a mixed run's final, else each result that did not pass."""
        return sorted(
            e.at
            for event in self.events
            for e in event.held_by
            if event.kind == "mixed" or e.is_bad
        )


@cache
def bounds(k: int, n: int) -> tuple[float, float]:
    a, b = 0.17 + k, 1.36 + n - k
    return quantile(0.025, a, b), quantile(0.975, a, b)


def flakiness(found: Iterable[Execution]) -> dict[int, Flakiness]:
    """Of every case with a decided final result or with an event."""
    by_case: dict[int, list[Execution]] = defaultdict(list)
    for execution in usable(found):
        if execution.is_decided or execution.is_mixed:
            by_case[execution.case].append(execution)
    return {case: _flakiness(case, mine) for case, mine in by_case.items()}


def flaky(found: Iterable[Execution], names: dict[int, str]) -> list[Flakiness]:
    """The flaky cases as they are listed."""
    rows = [row for row in flakiness(found).values() if row.is_flaky]
    return sorted(rows, key=lambda row: (-row.low, -row.k, names[row.case], row.case))


def _flakiness(case: int, mine: list[Execution]) -> Flakiness:
    series = list(series_of(mine).values())
    events = [Event("mixed", (e,)) for e in mine if e.is_mixed]
    exposed = {e.run.id for one in series for e in one}
    for one in series:
        for streak, kind in streaks(one):
            if kind == "breakage":
                exposed -= {e.run.id for e in streak}
            if kind == "isolated" and not any(e.is_mixed for e in streak):
                events.append(Event("isolated", tuple(streak)))
    is_proven = any(e.is_mixed and any(a.is_marked for a in e.attempts) for e in mine)
    for group in _by_commit(mine):
        decided = [e for e in group if e.is_decided]
        if len({e.is_bad for e in decided}) < 2:
            continue
        is_proven = True
        runs = {e.run.id for e in group}
        if not any(runs & {e.run.id for e in event.held_by} for event in events):
            events.append(Event("commit", tuple(decided)))
    exposed |= {e.run.id for event in events for e in event.held_by}
    finals = [e for one in series for e in one]
    return Flakiness(
        case=case,
        exposed=tuple(sorted(e.order for e in mine if e.run.id in exposed)),
        events=tuple(events),
        is_proven=is_proven,
        flips=sum(a.is_bad != b.is_bad for one in series for a, b in pairwise(one)),
        pairs=sum(len(one) - 1 for one in series),
        expected_flips=sum(map(expected_flips, series)),
        executions=len(finals),
        not_passed=sum(e.is_bad for e in finals),
        passed_on_retry=sum(letter(e) == "R" for e in mine),
        retried_attempts=sum(
            a.is_bad for e in mine if letter(e) == "R" for a in e.attempts
        ),
    )


def streaks(series: list[Execution]) -> list[tuple[list[Execution], str]]:
    """Each maximal stretch of results that did not pass, with what it is called."""
    stretches = [list(group) for _, group in groupby(series, lambda e: e.is_bad)]
    found = []
    for place, stretch in enumerate(stretches):
        if not stretch[0].is_bad:
            continue
        if place == len(stretches) - 1:
            found.append((stretch, "breakage"))
        elif place == 0:
            found.append((stretch, "beginning"))
        elif len(stretch) >= 3:
            found.append((stretch, "breakage"))
        else:
            found.append((stretch, "isolated"))
    return found


def _by_commit(mine: list[Execution]) -> list[list[Execution]]:
    """What was executed of the same commit in the same configuration, on any branch."""
    groups: dict[tuple[str, str | None], list[Execution]] = defaultdict(list)
    for execution in mine:
        if execution.run.commit:
            key = (execution.run.commit, execution.run.configuration)
            groups[key].append(execution)
    return list(groups.values())


def expected_flips(series: list[Execution]) -> float:
    p = sum(not e.is_bad for e in series) / len(series)
    return 2 * p * (1 - p) * (len(series) - 1)
