"""What changed in the window: with which milestone, and what began to fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date
from typing import Literal

from dashboard.metrics.change_point import fall
from dashboard.metrics.milestone_days import MilestoneDay
from dashboard.metrics.rates import pass_rate
from dashboard.ui import links
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Number
from dashboard.ui.text import deltas, times
from dashboard.ui.text.verdicts import Turn
from ingest.contract import Counts


def rate_turn(
    days: Sequence[tuple[date, Counts]], milestones: Iterable[MilestoneDay]
) -> Turn | None:
    """The milestone with which the rate fell: it was done on the last day with results
    before the fall or since, or on the day of the fall itself.
    """
    drop = fall(days)
    if drop is None or drop.before.value is None or drop.after.value is None:
        return None
    if drop.before.value - drop.after.value < deltas.NOISE_POINTS / 100:
        return None
    last_before = max(
        day for day, counts in days if day < drop.day and pass_rate(counts).n
    )
    for milestone in milestones:
        day = milestone.at.astimezone(UTC).date()
        if milestone.is_done and last_before <= day <= drop.day:
            return Turn(
                milestone=milestone.name,
                href=links.milestone(milestone.milestone),
                day=times.day(day),
                before=drop.before.value,
                after=drop.after.value,
            )
    return None


def failing_number(
    activity: ActivityData,
    metric: Literal["failing_now", "newly_failing"],
    project: int | None = None,
) -> Number | None:
    """Of one project, or of all that are chosen; None where it did not load, and where
    there are totals only, which tell no tests apart.
    """
    history, filters = activity.failing, activity.filters
    if history is None or activity.has_only_totals or project in activity.only_totals:
        return None
    cases, view = history.now, links.FAILING
    if metric == "newly_failing":
        cases, view = history.began, links.BEGAN
    if project is None:
        return counted(metric, sum(cases.values()), links.failing(filters, view))
    href = links.failing(filters, view, project=(project,))
    return counted(metric, cases.get(project, 0), href)
