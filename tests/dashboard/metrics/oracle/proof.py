"""How far it is proven that a flaky case was mended, and flakiness day by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil, log

from tests.dashboard.metrics.oracle.flaky import Event, Flakiness, flakiness
from tests.dashboard.metrics.oracle.rows import Execution
from tests.dashboard.metrics.oracle.series import usable


@dataclass(frozen=True)
class Proof:
    needed: int
    passed: int
    since: datetime


def proof(found: Iterable[Execution], case: int) -> Proof | None:
    mine = [e for e in usable(found) if e.case == case]
    row = flakiness(mine).get(case)
    if row is None or not row.events:
        return None
    last = max(ends(event) for event in row.events)
    rate = (0.17 + row.k) / (1.53 + sum(at <= last for at, _ in row.exposed))
    decided = [e for e in mine if e.is_decided]
    # What passed at the very moment of a failure did not come after it.
    begins = max([last, *(e.at for e in decided if e.is_bad)])
    passed = sum(e.at > begins for e in decided)
    return Proof(ceil(log(0.05) / log(1 - rate)), passed, last)


def ends(event: Event) -> datetime:
    """A mixed run ends with its final attempt, others with what did not pass last."""
    return max(e.at for e in event.held_by if e.is_bad or event.kind == "mixed")


def day_ends(since: datetime, until: datetime) -> list[datetime]:
    """The ends of the UTC days in the window, the last of which is the window's."""
    first = since.astimezone(UTC).date()
    midnights = (
        datetime.combine(first + timedelta(days=n), time(), UTC) for n in range(1, 1000)
    )
    found = []
    for midnight in midnights:
        if midnight >= until:
            return [*found, until]
        found.append(midnight)
    raise AssertionError("a window of a thousand days")


def lost_between(rows: Iterable[Flakiness], since: datetime, until: datetime) -> int:
    """Milliseconds that events cost in executions of that time."""
    held = {
        (e.run.id, e.case): e
        for row in rows
        for event in row.events
        for e in event.held_by
    }
    return sum(
        attempt.duration_ms or 0
        for execution in held.values()
        for attempt in execution.attempts
        if since <= execution.at < until and (attempt.is_bad or attempt.number >= 2)
    )
