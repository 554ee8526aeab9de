"""How well forecasts would have held: past milestones forecast from days in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.filters import Filters
from dashboard.metrics.milestones.burn_up import BurnUpDay, active_days, changes
from dashboard.metrics.milestones.forecast import (
    LEAST_ACTIVE_DAYS,
    Forecast,
    forecast,
)
from dashboard.metrics.milestones.progress import (
    Progress,
    progress_by_milestone,
)
from ingest.contract import MilestoneState
from ingest.models import Milestone


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTestForecast:
    """A forecast as it would have been made at the end of `made_on`, and the day on
    which every case in scope had passed for the first time after it.
    """

    milestone: int
    made_on: date
    finished_on: date
    forecast: Forecast

    @property
    def held(self) -> bool:
        """Whether the finishing day lies between p10 and p90."""
        return self.forecast.p10 <= self.finished_on <= self.forecast.p90


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """`milestones` were looked at, `finished` are those of them that had a day on which
    every case in scope had passed; `tried` are their forecasts, one a day.
    """

    milestones: int
    finished: int
    tried: tuple[BackTestForecast, ...]

    @property
    def coverage(self) -> float | None:
        """The share of forecasts whose p10 to p90 held the finishing day; 0.8 is meant.

        None without any forecast.
        """
        if not self.tried:
            return None
        return sum(one.held for one in self.tried) / len(self.tried)


def back_test(filters: Filters) -> BackTest:
    """Over the completed milestones that the filters choose."""
    completed = Milestone.objects.filter(state=MilestoneState.COMPLETED)
    if filters.milestone:
        completed = completed.filter(pk__in=filters.milestone)
    found = progress_by_milestone(list(completed), filters)
    ends = {one.milestone: finishing_day(one.burn_up) for one in found.values()}
    return BackTest(
        milestones=len(found),
        finished=sum(end is not None for end in ends.values()),
        tried=tuple(
            one for each in found.values() for one in _back_test_forecast(each)
        ),
    )


def _back_test_forecast(progress: Progress) -> list[BackTestForecast]:
    return back_test_forecasts(
        progress.burn_up, milestone=progress.milestone, due=progress.due_on
    )


def finishing_day(days: Sequence[BurnUpDay]) -> date | None:
    """The first day from whose end on every case in scope has passed, to the last day.

    None when cases are left at the end. A milestone that was done, and to which more
    was added, is not finished before that passed too.
    """
    finished = None
    for day in days:
        is_done = day.scope > 0 and day.passed >= day.scope
        finished = (finished or day.day) if is_done else None
    return finished


def back_test_forecasts(
    days: Sequence[BurnUpDay], *, milestone: int = 1, due: date | None = None
) -> list[BackTestForecast]:
    """A forecast from the end of each day that has enough days behind it, until done."""
    made = (tried_on(days, at, milestone=milestone, due=due) for at in range(len(days)))
    return [one for one in made if one is not None]


def tried_on(
    days: Sequence[BurnUpDay], at: int, *, milestone: int = 1, due: date | None = None
) -> BackTestForecast | None:
    """The forecast from the end of day `at`, None where there is none or no end.

    What a forecast foresees is the first day without a case left, so that is what it
    is held against, even if more was added later.
    """
    here, so_far = days[at], days[: at + 1]
    finished = next((d.day for d in days[at + 1 :] if d.passed >= d.scope), None)
    is_early = active_days(so_far) < LEAST_ACTIVE_DAYS
    if is_early or here.passed >= here.scope or finished is None:
        return None
    drawn = forecast(
        # The day is over, so that its own changes count.
        changes(so_far, date.max),
        passed=here.passed,
        scope=here.scope,
        today=here.day,
        due=due,
        seed=milestone,
        with_band=False,
    )
    if drawn is None:
        return None
    return BackTestForecast(
        milestone=milestone, made_on=here.day, finished_on=finished, forecast=drawn
    )
