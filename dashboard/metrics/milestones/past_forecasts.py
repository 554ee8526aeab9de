"""Forecasts as they would have been made at the end of days of a milestone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.metrics.milestones.burn_up import BurnUpDay, active_days, changes
from dashboard.metrics.milestones.calibration import Calibration, Ratios, ratio
from dashboard.metrics.milestones.forecast import (
    HORIZON_DAYS,
    LEAST_ACTIVE_DAYS,
    Forecast,
    forecast,
    simulated_days,
)

# So many forecasts of one milestone tell what all of them would.
LEARNT_FROM = 12


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

    @property
    def width_days(self) -> int:
        return (self.forecast.p90 - self.forecast.p10).days


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


def tried_on(
    days: Sequence[BurnUpDay], at: int, *, milestone: int, calibration: Calibration
) -> BackTestForecast | None:
    """The forecast from the end of day `at`, None where there is none or no end.

    What a forecast foresees is the first day without a case left, so that is what it
    is held against, even if more was added later.
    """
    finished = _finished_after(days, at)
    if finished is None:
        return None
    here = days[at]
    drawn = forecast(
        # The day is over, so that its own changes count.
        changes(days[: at + 1], date.max),
        passed=here.passed,
        scope=here.scope,
        today=here.day,
        due=None,
        seed=milestone,
        calibration=calibration,
        with_band=False,
    )
    if drawn is None:
        return None
    return BackTestForecast(
        milestone=milestone, made_on=here.day, finished_on=finished, forecast=drawn
    )


def errors_of(days: Sequence[BurnUpDay], *, milestone: int) -> tuple[Ratios, ...]:
    """By how much the end was later than simulated, for some days spread evenly over
    those that have a forecast; nothing of a milestone that never was done.
    """
    chosen = days_with_end(days, LEARNT_FROM)
    found = (_errors_on(days, at, milestone) for at in chosen)
    return tuple(one for one in found if one is not None)


def days_with_end(days: Sequence[BurnUpDay], most: int) -> list[int]:
    """Places of days of which a forecast can be held against the end; spread evenly
    over all of them where there are more.
    """
    known = [at for at in range(len(days)) if _finished_after(days, at) is not None]
    count = min(len(known), most)
    return [known[n * len(known) // count] for n in range(count)]


def _errors_on(days: Sequence[BurnUpDay], at: int, milestone: int) -> Ratios | None:
    here, finished = days[at], _finished_after(days, at)
    simulated = simulated_days(
        changes(days[: at + 1], date.max),
        passed=here.passed,
        scope=here.scope,
        today=here.day,
        seed=milestone,
    )
    # Such a forecast would not have been told.
    if finished is None or simulated[-1] > HORIZON_DAYS:
        return None
    took = (finished - here.day).days
    return tuple(ratio(took, quantile) for quantile in simulated)


def _finished_after(days: Sequence[BurnUpDay], at: int) -> date | None:
    """When all had passed after day `at`, None where no forecast would be made of it."""
    here = days[at]
    is_early = active_days(days[: at + 1]) < LEAST_ACTIVE_DAYS
    if is_early or here.passed >= here.scope:
        return None
    return next((d.day for d in days[at + 1 :] if d.passed >= d.scope), None)
