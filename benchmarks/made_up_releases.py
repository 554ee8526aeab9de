"""Releases that never were, one after the other, day by day until every test passed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dashboard.metrics.milestones.back_test import PastMilestone

LONGEST_DAYS = 300
BEGINS = date(2020, 1, 6)
# The state at the end of a day: tests in scope and passed, and whether anything ran.
State = tuple[int, int, bool]
Release = Callable[[np.random.Generator, date], list[State]]


def releases(draw: Release, *, seed: int, number: int) -> list[PastMilestone]:
    """So many releases of one project; those that take too long stay unfinished."""
    from dashboard.metrics.milestones.back_test import PastMilestone
    from dashboard.metrics.milestones.burn_up import BurnUpDay

    rng, begins, found = np.random.default_rng(seed), BEGINS, []
    for milestone in range(1, number + 1):
        days = [
            BurnUpDay(
                day=begins + timedelta(days=after),
                scope=scope,
                decided=passed,
                passed=passed,
                is_active=is_active,
            )
            for after, (scope, passed, is_active) in enumerate(draw(rng, begins))
        ]
        begins = days[-1].day + timedelta(days=1)
        found.append(
            PastMilestone(milestone=milestone, projects=frozenset([seed]), days=days)
        )
    return found


def uneven(rng: np.random.Generator, begins: date) -> list[State]:
    """Slow weekends, uneven days, now and then some tests that stop passing or come in."""
    pace, scope = float(rng.uniform(5, 40)), int(rng.uniform(200, 1200))
    days: list[State] = []
    passed = 0
    while passed < scope and len(days) < LONGEST_DAYS:
        is_weekend = (begins + timedelta(days=len(days))).weekday() >= 5
        done = rng.gamma(3, pace / 3) * (0.2 if is_weekend else 1)
        if days and rng.random() < 0.05:
            scope += int(rng.integers(5, 30))
        passed = min(scope, max(0, passed + int(done) - int(rng.integers(0, 3))))
        days.append((scope, passed, True))
    return days


def interrupted(rng: np.random.Generator, begins: date) -> list[State]:
    """No work on weekends and in a pause of some days, a pace that drifts from week to
    week, bursts, scope that grows in steps, and tests that fail and wait for a fix.
    """
    scope, pace = int(rng.integers(80, 900)), float(rng.lognormal(2.9, 0.5))
    fails = float(rng.uniform(0.02, 0.2))
    pause = range(*np.cumsum(rng.integers((8, 2), (40, 12))).tolist())
    waiting, days = [scope], list[State]()
    passed = 0
    while passed < scope and len(days) < LONGEST_DAYS:
        today = len(days)
        if today % 7 == 0:
            pace *= float(rng.lognormal(0, 0.2))
        if 0 < today < 40 and rng.random() < 0.06:
            added = max(1, round(scope * rng.uniform(0.02, 0.1)))
            scope, waiting = scope + added, _later(waiting, 0, added)
        is_off = (begins + timedelta(days=today)).weekday() >= 5 or today in pause
        done = 0
        if not is_off:
            burst = 4 if rng.random() < 0.05 else 1
            done = min(waiting[0], int(rng.poisson(burst * pace * rng.gamma(2, 0.5))))
        failed = int(rng.binomial(done, fails))
        passed += done - failed
        waiting[0] -= done
        for _ in range(failed):
            waiting = _later(waiting, int(rng.integers(1, 9)), 1)
        waiting = _later(waiting[1:], 0, waiting[0])
        days.append((scope, passed, done > 0))
    return days


def in_phases(rng: np.random.Generator, begins: date) -> list[State]:
    """Some teams with parts of their own, each of which starts slowly and is as fast as
    its people; two-week sprints with a rush at their end, days of illness, and builds
    after which tests that had passed fail again.
    """
    teams = int(rng.integers(1, 5))
    scopes = rng.integers(40, 350, size=teams)
    paces = rng.uniform(1.5, 12, size=teams)
    starts = rng.integers(0, 8, size=teams)
    breaks, grows = float(rng.uniform(0, 0.08)), float(rng.uniform(0, 0.06))
    passed, days = np.zeros(teams, dtype=np.int64), list[State]()
    while (passed < scopes).any() and len(days) < LONGEST_DAYS:
        today = len(days)
        is_weekend = (begins + timedelta(days=today)).weekday() >= 5
        rush = 1.8 if today % 14 in (9, 10, 11) else 0.9
        learnt = np.clip((today - starts + 1) / 6, 0, 1)
        there = rng.random(teams) < (0.1 if is_weekend else 0.92)
        done = np.minimum(scopes - passed, rng.poisson(paces * rush * learnt * there))
        passed = passed + done
        if today > 3 and rng.random() < breaks:
            passed -= rng.binomial(passed, rng.uniform(0.02, 0.15))
        if days and rng.random() < grows:
            scopes[rng.integers(teams)] += rng.integers(3, 40)
        days.append((int(scopes.sum()), int(passed.sum()), bool(done.any())))
    return days


def _later(waiting: list[int], days: int, tests: int) -> list[int]:
    """Tests that wait, by the days until they can be run, with some more."""
    found = waiting + [0] * (days + 1 - len(waiting))
    found[days] += tests
    return found
