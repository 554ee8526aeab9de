"""What changed in the window: with which milestone, and what began to fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date

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
    found = fall(days)
    if found is None or found.before.value is None or found.after.value is None:
        return None
    if found.before.value - found.after.value < deltas.NOISE_POINTS / 100:
        return None
    last_before = max(
        day for day, counts in days if day < found.day and pass_rate(counts).n
    )
    for milestone in milestones:
        day = milestone.at.astimezone(UTC).date()
        if milestone.is_done and last_before <= day <= found.day:
            return Turn(
                milestone=milestone.name,
                href=links.milestone(milestone.milestone),
                day=times.day(day),
                before=found.before.value,
                after=found.after.value,
            )
    return None


def newly_failing(found: ActivityData) -> Number | None:
    if found.failing is None:
        return None
    number = sum(found.failing.began.values())
    href = links.failing(found.state.filters, links.BEGAN)
    return counted("newly_failing", number, href)
