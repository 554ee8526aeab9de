"""How well forecasts would have held: past milestones forecast from days in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.filters import Filters
from dashboard.metrics.milestones.burn_up import BurnUpDay
from dashboard.metrics.milestones.calibration import (
    UNCALIBRATED,
    EndedMilestone,
    calibration_on,
)
from dashboard.metrics.milestones.forecast import HORIZON_DAYS
from dashboard.metrics.milestones.past_forecasts import (
    BackTestForecast,
    days_with_end,
    errors_of,
    finishing_day,
    tried_on,
)
from dashboard.metrics.milestones.progress import progress_by_milestone, projects_of
from ingest.contract import MilestoneState
from ingest.models import Milestone


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMilestone:
    """A milestone that is over, with the state at the end of each of its days."""

    milestone: int
    projects: frozenset[int]
    days: Sequence[BurnUpDay]


def back_test(filters: Filters) -> BackTest:
    """Over the completed milestones that the filters choose."""
    return back_tested(past_milestones(filters))


def past_milestones(filters: Filters) -> list[PastMilestone]:
    """The completed milestones that the filters choose and that have results."""
    completed = Milestone.objects.filter(state=MilestoneState.COMPLETED)
    if filters.milestone:
        completed = completed.filter(pk__in=filters.milestone)
    found = progress_by_milestone(list(completed), filters)
    projects = projects_of(found)
    return [
        PastMilestone(milestone=pk, projects=projects[pk], days=one.burn_up)
        for pk, one in found.items()
        if one.burn_up
    ]


def back_tested(
    past: Sequence[PastMilestone],
    *,
    is_calibrated: bool = True,
    most: int = HORIZON_DAYS,
) -> BackTest:
    """Each forecast is calibrated by what had been completed before its day, or not at
    all. Nothing that came later enters into it. Of each milestone at most so many days,
    spread evenly.
    """
    ended = _ended(past) if is_calibrated else []
    return BackTest(
        milestones=len(past),
        finished=sum(finishing_day(one.days) is not None for one in past),
        tried=tuple(
            tried
            for one in past
            for at in days_with_end(one.days, most)
            if (tried := _tried(one, at, ended, is_calibrated)) is not None
        ),
    )


def _ended(past: Iterable[PastMilestone]) -> list[EndedMilestone]:
    return [
        EndedMilestone(
            milestone=one.milestone,
            projects=one.projects,
            completed_on=one.days[-1].day,
            errors=errors_of(one.days, milestone=one.milestone),
        )
        for one in past
    ]


def _tried(
    one: PastMilestone, at: int, ended: Sequence[EndedMilestone], is_calibrated: bool
) -> BackTestForecast | None:
    calibration = UNCALIBRATED
    if is_calibrated:
        calibration = calibration_on(one.days[at].day, one.projects, ended)
    return tried_on(one.days, at, milestone=one.milestone, calibration=calibration)
