"""The day on which a pass rate fell: where one cut best tells the days apart. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from math import log

from dashboard.metrics.rates import Rate, decided_count, not_passed_count, pass_rate
from dashboard.metrics.tallies import add
from ingest.contract import Counts

# The likelihood ratio statistic that chance exceeds once in a thousand times.
SIGNIFICANT = 10.83


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """The pooled rates before `day` and from it on."""

    day: date
    before: Rate
    after: Rate


def fall(days: Sequence[tuple[date, Counts]]) -> Fall | None:
    """The cut into two stretches of days under which the results are likeliest, when
    the rate is lower after it and chance is no explanation: 2·(log L of two rates −
    log L of one rate) ≥ 10.83. The first of equal cuts; days in order.
    """
    decided = [(day, counts) for day, counts in days if decided_count(counts)]
    passed = [0, *accumulate(counts.passed for _, counts in decided)]
    bad = [0, *accumulate(not_passed_count(counts) for _, counts in decided)]
    together = _likelihood(passed[-1], bad[-1])
    best: tuple[float, int] | None = None
    for place in range(1, len(decided)):
        before = passed[place], bad[place]
        after = passed[-1] - passed[place], bad[-1] - bad[place]
        gain = 2 * (_likelihood(*before) + _likelihood(*after) - together)
        if _share(*after) < _share(*before) and gain > (
            best[0] if best else SIGNIFICANT
        ):
            best = gain, place
    if best is None:
        return None
    place = best[1]
    return Fall(
        day=decided[place][0],
        before=pass_rate(add(counts for _, counts in decided[:place])),
        after=pass_rate(add(counts for _, counts in decided[place:])),
    )


def _likelihood(passed: int, bad: int) -> float:
    """The logarithm, under one rate."""
    total = passed + bad
    return sum(number * log(number / total) for number in (passed, bad) if number)


def _share(passed: int, bad: int) -> float:
    return passed / (passed + bad)
