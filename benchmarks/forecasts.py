"""How often the forecasts of past milestones would have held.

`python -m benchmarks.forecasts` reads the database that manage.py would, for example
that of the demo with DATA_DIR=var, and makes up releases of its own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.made_up_releases import in_phases, interrupted, releases, uneven
from benchmarks.table import show

if TYPE_CHECKING:
    from dashboard.metrics.milestones.back_test import BackTest, PastMilestone

SEEDS, RELEASES, FORECASTS_EACH = (9, 10, 11, 12), 25, 12


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django

    django.setup()
    from dashboard.filters import Filters
    from dashboard.metrics.milestones.back_test import past_milestones
    from dashboard.metrics.milestones.forecast import HORIZON_DAYS

    known = [past_milestones(Filters())]
    made_up = {
        "uneven releases": uneven,
        "interrupted releases": interrupted,
        "releases in phases": in_phases,
    }
    rows = _rows("the database's milestones", known, most=HORIZON_DAYS)
    for name, draw in made_up.items():
        sets = [releases(draw, seed=seed, number=RELEASES) for seed in SEEDS]
        rows += _rows(name, sets, most=FORECASTS_EACH)
    show(
        "Forecasts of completed milestones: p10 to p90 is to hold 80% of their ends",
        ("", "milestones", "forecasts", "held", "95 %", "before p10", "after p90")
        + ("median width",),
        rows,
    )


def _rows(
    name: str, sets: Sequence[Sequence[PastMilestone]], *, most: int
) -> list[tuple[object, ...]]:
    """As drawn, and calibrated."""
    from dashboard.metrics.milestones.back_test import back_tested

    return [
        _row(
            f"{name}, {how}",
            [back_tested(one, is_calibrated=is_calibrated, most=most) for one in sets],
        )
        for is_calibrated, how in ((False, "as drawn"), (True, "calibrated"))
    ]


def _row(name: str, found: Sequence[BackTest]) -> tuple[object, ...]:
    by_milestone = [
        [one for one in test.tried if one.milestone == milestone]
        for test in found
        for milestone in sorted({one.milestone for one in test.tried})
    ]
    tried = [one for each in by_milestone for one in each]
    if not tried:
        return (name, 0, 0, "", "", "", "", "")
    low, high = _interval([[one.held for one in each] for each in by_milestone])
    return (
        name,
        len(by_milestone),
        len(tried),
        f"{np.mean([one.held for one in tried]):.0%}",
        f"{low:.0%} to {high:.0%}",
        sum(one.finished_on < one.forecast.p10 for one in tried),
        sum(one.finished_on > one.forecast.p90 for one in tried),
        f"{np.median([one.width_days for one in tried]):.0f} days",
    )


def _interval(held: Sequence[Sequence[bool]]) -> tuple[float, float]:
    """The 95 % interval of the share that held, by drawing whole milestones again:
    forecasts of one stand or fall together.
    """
    rng = np.random.default_rng(1)
    hits, n = np.array([[sum(each), len(each)] for each in held]).T
    drawn = rng.integers(0, len(held), size=(2000, len(held)))
    low, high = np.quantile(
        hits[drawn].sum(axis=1) / n[drawn].sum(axis=1), (0.025, 0.975)
    )
    return float(low), float(high)


if __name__ == "__main__":
    main()
