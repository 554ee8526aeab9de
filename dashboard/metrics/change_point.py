"""The day on which a pass rate fell: where one cut best tells the days apart. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import log

from dashboard.metrics.rates import Rate, not_passed_count, pass_rate
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
    decided = [(day, counts) for day, counts in days if pass_rate(counts).n]
    together = _likelihood([counts for _, counts in decided])
    best: tuple[float, int] | None = None
    for place in range(1, len(decided)):
        before = [counts for _, counts in decided[:place]]
        after = [counts for _, counts in decided[place:]]
        gain = 2 * (_likelihood(before) + _likelihood(after) - together)
        if _is_lower(after, before) and gain > (best[0] if best else SIGNIFICANT):
            best = gain, place
    if best is None:
        return None
    place = best[1]
    return Fall(
        day=decided[place][0],
        before=pass_rate(add(counts for _, counts in decided[:place])),
        after=pass_rate(add(counts for _, counts in decided[place:])),
    )


def _likelihood(several: Sequence[Counts]) -> float:
    """The logarithm, under one rate."""
    counts = add(several)
    total = pass_rate(counts).n
    return sum(
        number * log(number / total)
        for number in (counts.passed, not_passed_count(counts))
        if number
    )


def _is_lower(after: Sequence[Counts], before: Sequence[Counts]) -> bool:
    return (pass_rate(add(after)).value or 0) < (pass_rate(add(before)).value or 0)
