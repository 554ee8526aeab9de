"""The state of a milestone at the end of each day, and what each day changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from dashboard.metrics.milestones.counting import DayChange
from dashboard.metrics.milestones.forecast import Change

DAY = timedelta(days=1)
# How far back what is called the pace and lately reaches.
PACE_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnUpDay:
    """Cases in scope, decided and passed at the end of the UTC day; today as of now.

    `is_active`: final results of its runs lie on the day.
    """

    day: date
    scope: int
    decided: int
    passed: int
    is_active: bool = False


def burn_up(
    days: Mapping[date, DayChange], first: date | None, last: date
) -> tuple[BurnUpDay, ...]:
    """Every day from `first` to `last`, and on to the last change after it.

    Without rows nothing is in scope, and there is no day at all.
    """
    if first is None or not days:
        return ()
    last = max(last, *days)
    found, scope, decided, passed = [], 0, 0, 0
    for after in range((last - first).days + 1):
        day = first + after * DAY
        change = days.get(day) or DayChange(day=day)
        scope += change.scope
        decided += change.decided
        passed += change.passed
        found.append(
            BurnUpDay(
                day=day,
                scope=scope,
                decided=decided,
                passed=passed,
                is_active=change.is_active,
            )
        )
    return tuple(found)


def active_days(days: Sequence[BurnUpDay]) -> int:
    return sum(day.is_active for day in days)


def changes(days: Sequence[BurnUpDay], today: date) -> list[Change]:
    """What each whole past day changed against the day before it.

    The first day has none before it: its scope is what the milestone began with and no
    growth. Today is not over, so it would be too small.
    """
    return [
        Change(passed=after.passed - before.passed, scope=after.scope - before.scope)
        for before, after in pairwise(days)
        if after.day < today
    ]


def pace(days: Sequence[BurnUpDay], today: date) -> float | None:
    """Tests passed a day, net: the mean of the last PACE_DAYS whole days.

    None without a whole day after the first.
    """
    recent = changes(days, today)[-PACE_DAYS:]
    return sum(day.passed for day in recent) / len(recent) if recent else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeAdded:
    """Tests that came into scope from `first` to `last` day, most on `most_on`."""

    tests: int
    first: date
    last: date
    most: int
    most_on: date


def scope_added_lately(days: Sequence[BurnUpDay], today: date) -> ScopeAdded | None:
    """What came into scope in the last PACE_DAYS days, without the very first day."""
    grown = [
        (after.day, after.scope - before.scope)
        for before, after in pairwise(days)
        if today - PACE_DAYS * DAY < after.day <= today and after.scope > before.scope
    ]
    if not grown:
        return None
    most_on, most = max(grown, key=lambda day: (day[1], day[0]))
    return ScopeAdded(
        tests=sum(tests for _, tests in grown),
        first=grown[0][0],
        last=grown[-1][0],
        most=most,
        most_on=most_on,
    )
