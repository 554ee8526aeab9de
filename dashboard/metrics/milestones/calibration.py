"""How far simulated days to the end are off, learnt from milestones that ended. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
# One ratio for each of the PERCENTS.
Ratios = tuple[float, ...]

PERCENTS = (10, 50, 85, 90, 95)
# Put before days when they are compared: next to the end a day is a large part of what
# is left, and the last few tests take days that no pace tells of.
WEEK = 7
# What is expected without any milestone that ended, and of how many it is worth.
PRIOR: Ratios = (0.93, 1.0, 1.15, 1.2, 1.28)
PRIOR_MILESTONES = 1
NEWEST = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedMilestone:
    """What a completed milestone teaches: of each forecast of it by how much its end was
    later than each of the PERCENTS of the simulated futures, as a ratio (see `ratio`).
    """

    milestone: int
    projects: frozenset[int]
    completed_on: date
    errors: tuple[Ratios, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """By what the PERCENTS of the simulated days are multiplied, WEEK included, as
    learnt from so many `milestones`.
    """

    ratios: Ratios = PRIOR
    milestones: int = 0

    @classmethod
    def of(cls, past: Collection[Sequence[Ratios]]) -> Self:
        """From the errors of milestones, each of which counts alike. So few of them tell
        little of what lies next to the ends: a share is taken half a milestone farther
        from the middle.
        """
        if not past:
            return cls()
        errors = np.log(np.array([ratios for one in past for ratios in one]))
        weights = np.concatenate([np.full(len(one), 1 / len(one)) for one in past])
        found = [
            _weighted(errors[:, n], weights, _farther(percent / 100, len(past)))
            for n, percent in enumerate(PERCENTS)
        ]
        parts = PRIOR_MILESTONES * np.log(PRIOR) + len(past) * np.array(found)
        ratios = np.exp(parts / (PRIOR_MILESTONES + len(past)))
        return cls(ratios=tuple(ratios.tolist()), milestones=len(past))

    def calibrated(self, days: Ints, horizon_days: int) -> Ints:
        """Simulated days to the end as the past would have had them, in the same order:
        each multiplied by the ratio of its rank. Beyond the horizon stays there.
        """
        order = np.argsort(days, kind="stable")
        ranks = 100 * np.arange(1, len(days) + 1) / len(days)
        ratios = np.exp(np.interp(ranks, PERCENTS, np.log(self.ratios)))
        longer = np.rint((days[order] + WEEK) * ratios) - WEEK
        longer[days[order] > horizon_days] = horizon_days + 1
        rising = np.maximum.accumulate(np.clip(longer, 1, horizon_days + 1))
        found = np.empty_like(days)
        found[order] = rising.astype(np.int64)
        return found


UNCALIBRATED = Calibration(ratios=(1.0,) * len(PERCENTS))


def ratio(days: int, simulated_days: int) -> float:
    """By how much it took longer than simulated, a week added to both."""
    return (days + WEEK) / (simulated_days + WEEK)


def calibration_on(
    day: date, projects: Collection[int], ended: Iterable[EndedMilestone]
) -> Calibration:
    """From the newest milestones that were completed before the day, of no other project."""
    known = [
        one
        for one in ended
        if one.errors and one.completed_on < day and one.projects.issubset(projects)
    ]
    known.sort(key=lambda one: (one.completed_on, one.milestone))
    return Calibration.of([one.errors for one in known[-NEWEST:]])


def _farther(share: float, milestones: int) -> float:
    return min(0.5 + (share - 0.5) * (milestones + 0.5) / milestones, 1.0)


def _weighted(
    values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], share: float
) -> float:
    """The least value that holds this share of the weights."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, share - 1e-9)])
