"""Milestones with runs day by day, for the tests of what they come to."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.filters import Filters
from dashboard.precomputed.milestones import progress
from tests import clock, factories

TODAY = clock.START.replace(hour=0, minute=0)
DAY = timedelta(days=1)


def noon(days_ago: int) -> datetime:
    return TODAY - days_ago * DAY + timedelta(hours=12)


def executed(project, milestone, letters, *, days_ago, cases=(), **values):
    """A run at noon of a day, with one result for each letter."""
    run = factories.make_run(
        project, milestones=[milestone], started_at=noon(days_ago), **values
    )
    factories.make_results(run, letters, cases=cases)
    return run


def counts_of(milestone, **filters) -> dict[str, int]:
    found = progress(milestone.pk, Filters(**filters)).counts
    return {name: n for name in found.__slots__ if (n := getattr(found, name))}


def days_of(milestone) -> list[tuple[int, int, int]]:
    found = progress(milestone.pk, Filters())
    return [(day.scope, day.decided, day.passed) for day in found.burn_up]


def growing(project, milestone, *, passed_a_day, tests=60, days=14):
    """All tests planned on the first day; each day some more pass, until yesterday."""
    names = [f"case {n}" for n in range(tests)]
    plan = factories.make_run(
        project, milestones=[milestone], started_at=noon(days) - timedelta(hours=2)
    )
    factories.make_results(plan, "U" * tests, cases=names)
    for day in range(days):
        cases = names[day * passed_a_day : (day + 1) * passed_a_day]
        letters = "P" * len(cases)
        executed(project, milestone, letters, days_ago=days - day, cases=cases)
