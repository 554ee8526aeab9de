"""When a milestone will be done: past days drawn again into many futures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from dashboard.metrics.milestones.calibration import PERCENTS, Calibration, Ints

FUTURES = 10_000
# Enough for what is learnt from: their quantiles are compared with one day.
FEWER_FUTURES = 2_000
BLOCK_DAYS = 7
LEAST_ACTIVE_DAYS = 10
HORIZON_DAYS = 365
# A chart's band needs no more points than this.
BAND_POINTS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one past day changed: cases passed more than the day before (`passed` may be
    negative) and cases that came into scope.
    """

    passed: int
    scope: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BandDay:
    """Passed cases at the end of a day to come, of the `scope` that is expected then
    (its mean): in 10, 50 and 90 % of the futures no more than this.
    """

    day: date
    low: int
    middle: int
    high: int
    scope: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """UTC days by which 10 to 95 % of the simulated futures are done, calibrated by
    `milestones` that ended.

    `on_time_probability` is the share done by the end of the due day, None without one.
    """

    p10: date
    p50: date
    p85: date
    p90: date
    p95: date
    on_time_probability: float | None
    band: tuple[BandDay, ...] = ()
    milestones: int = 0


def forecast(
    changes: Sequence[Change],
    *,
    passed: int,
    scope: int,
    today: date,
    due: date | None,
    seed: int,
    calibration: Calibration,
    with_band: bool = True,
) -> Forecast | None:
    """What 10,000 futures from today's state tell, None when more than 5 % of them are
    not done within 365 days.

    `changes` are those of the whole past days, oldest first, at least BLOCK_DAYS.
    Tomorrow is the first day to come. `seed` is the milestone's: with the day it fixes
    the draw, so that a page that is loaded again says the same.
    """
    drawn = _simulated(changes, passed, scope, _generator(seed, today), FUTURES)
    simulated = drawn.days_to_done()
    days = calibration.calibrated(simulated, HORIZON_DAYS)
    ordered = np.sort(days)
    reached = {p: _quantile(ordered, p) for p in PERCENTS}
    if reached[95] > HORIZON_DAYS:
        return None
    ends = {p: today + timedelta(days=after) for p, after in reached.items()}
    # A future that is not done within the horizon is not known to be on time.
    on_time = None
    if due is not None:
        on_time = float(np.mean(days <= min((due - today).days, HORIZON_DAYS)))
    reach = _reach(reached[95], today, due)
    return Forecast(
        p10=ends[10],
        p50=ends[50],
        p85=ends[85],
        p90=ends[90],
        p95=ends[95],
        on_time_probability=on_time,
        band=_band(drawn, simulated, days, today, reach) if with_band else (),
        milestones=calibration.milestones,
    )


def simulated_days(
    changes: Sequence[Change], *, passed: int, scope: int, today: date, seed: int
) -> tuple[int, ...]:
    """The days to the end of the PERCENTS of fewer futures as they are drawn, without
    any calibration; HORIZON_DAYS + 1 is not within the horizon.
    """
    drawn = _simulated(changes, passed, scope, _generator(seed, today), FEWER_FUTURES)
    ordered = np.sort(drawn.days_to_done())
    return tuple(_quantile(ordered, percent) for percent in PERCENTS)


def _generator(seed: int, today: date) -> np.random.Generator:
    return np.random.default_rng([seed, today.toordinal()])


def _simulated(
    changes: Sequence[Change],
    passed: int,
    scope: int,
    generator: np.random.Generator,
    futures: int,
) -> _SimulatedFutures:
    past = np.array([(day.passed, day.scope) for day in changes], dtype=np.int64)
    # The first past day of each block of each future; a block that runs over the last
    # day goes on with the first, so that no day is drawn more often than another.
    blocks = -(-HORIZON_DAYS // BLOCK_DAYS)
    starts = generator.integers(0, len(past), size=(futures, blocks))
    return _SimulatedFutures(
        scope=_futures(past[:, 1], scope, starts),
        left=_futures(past[:, 1] - past[:, 0], scope - passed, starts),
    )


@dataclass(frozen=True, slots=True)
class _Futures:
    """One figure in all futures: before each block, and what a day of it adds."""

    before: Ints
    inside: Ints
    starts: Ints

    def at(self, rows: Ints, days: Ints) -> Ints:
        """The figure at the end of days to come, which count from 0 for tomorrow."""
        block, day = days // BLOCK_DAYS, days % BLOCK_DAYS
        return self.before[rows, block] + self.inside[self.starts[rows, block], day]


def _futures(changes: Ints, now: int, starts: Ints) -> _Futures:
    inside = np.cumsum(changes[_block_days(len(changes))], axis=1)
    sums = inside[:, -1][starts]
    return _Futures(
        before=now + np.cumsum(sums, axis=1) - sums, inside=inside, starts=starts
    )


@dataclass(frozen=True, slots=True)
class _SimulatedFutures:
    """The same futures as cases in scope and cases left."""

    scope: _Futures
    left: _Futures

    def days_to_done(self) -> Ints:
        """Days until no case is left, HORIZON_DAYS + 1 for futures that take longer.

        A block is looked at by its lowest point; only the one in which a future ends
        is looked at day by day.
        """
        left, starts = self.left, self.left.starts
        ends = left.before + left.inside.min(axis=1)[starts] <= 0
        block = ends.argmax(axis=1)
        rows = np.arange(len(starts))
        done = left.before[rows, block, None] + left.inside[starts[rows, block]] <= 0
        days = BLOCK_DAYS * block + done.argmax(axis=1) + 1
        is_known = ends.any(axis=1) & (days <= HORIZON_DAYS)
        return np.where(is_known, days, HORIZON_DAYS + 1)


def _block_days(days: int) -> Ints:
    """Row by start: the seven past days of the block that begins there."""
    return (np.arange(days)[:, None] + np.arange(BLOCK_DAYS)) % days


def _quantile(ordered: Ints, percent: int) -> int:
    """The least number of days within which that share of the futures is done."""
    return int(ordered[-(-percent * len(ordered) // 100) - 1])


def _reach(days: int, today: date, due: date | None) -> int:
    """How many days the band covers: to p95 with some air, and to the due day unless
    that is so far away that nothing else could be seen.
    """
    after = (due - today).days if due else 0
    wanted = max(days, after) if after <= max(2 * days, 30) else days
    return min(wanted + max(2, wanted // 10), HORIZON_DAYS)


def _band(
    futures: _SimulatedFutures, simulated: Ints, days: Ints, today: date, reach: int
) -> tuple[BandDay, ...]:
    """A future that was simulated to end after so many days is stretched to the days
    that it is to take. One that is done stays as it is: nobody adds to a milestone that
    is over.
    """
    every = max(1, -(-reach // BAND_POINTS))
    shown = np.unique([*range(every - 1, reach, every), reach - 1])
    walked = -(-(shown + 1) * simulated[:, None] // days[:, None])
    at = np.minimum(walked, simulated[:, None]) - 1
    rows = np.arange(len(at))[:, None]
    # Left of what is expected in scope, so that no band passes the scope's line. More
    # than all of them cannot pass, whatever the days were that were drawn.
    scope = np.round(futures.scope.at(rows, at).mean(axis=0))
    left = np.clip(futures.left.at(rows, at), 0, None)
    few, half, many = np.percentile(left, (10, 50, 90), axis=0)
    return tuple(
        BandDay(
            day=today + timedelta(days=int(day) + 1),
            low=max(0, round(float(scope[i] - many[i]))),
            middle=max(0, round(float(scope[i] - half[i]))),
            high=max(0, round(float(scope[i] - few[i]))),
            scope=int(scope[i]),
        )
        for i, day in enumerate(shown)
    )
