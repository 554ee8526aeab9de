"""The day of a fall, and each group's part of a change, against their plain twins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics.blame import contributions
from dashboard.metrics.change_point import Fall, fall
from dashboard.metrics.pass_rate import pass_rates
from ingest.contract import Counts
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle import falls

FIRST = date(2026, 10, 1)
Days = list[tuple[int, int, int]]


def of_fall(found: Fall | None) -> falls.Fall | None:
    def sums(rate: Any) -> tuple[int, int]:
        return round(rate.value * rate.n), rate.n

    return found and falls.Fall(found.day, sums(found.before), sums(found.after))


def told(days: Days) -> tuple[list[tuple[date, Counts]], list[falls.Day]]:
    """Passed, failed and errors of days in a row; skipped ones decide nothing."""
    dated = [(FIRST + timedelta(days=n), own) for n, own in enumerate(days)]
    counts = [
        (day, Counts(passed=passed, failed=failed, error=error, skipped=3))
        for day, (passed, failed, error) in dated
    ]
    return counts, [falls.Day(day, p, f + e) for day, (p, f, e) in dated]


# Passed and failed of days, and the place of the day of the fall.
BY_HAND = {
    "no day": ([], None),
    "one day": ([(0, 9)], None),
    "all alike": ([(9, 1)] * 6, None),
    "at once": ([(50, 0)] * 3 + [(30, 20)] * 3, 3),
    "at the last day": ([(50, 0)] * 5 + [(30, 20)], 5),
    "a rise": ([(30, 20)] * 3 + [(50, 0)] * 3, None),
    # The likeliest cut of all is where it was mended; that is no fall.
    "mended": ([(100, 0)] * 3 + [(50, 50)] * 3 + [(100, 0)] * 10, 3),
    "a little, and mended": ([(50, 0), (40, 10)] + [(50, 0)] * 20, None),
    "two equal cuts": ([(20, 0), (10, 10), (0, 20)], 1),
    # 10.807 and 10.850.
    "a little too likely": ([(17, 0), (19, 10)], None),
    "just unlikely": ([(28, 0), (25, 8)], 1),
    # 2·(8·ln 2) = 11.09, and 2·(7·ln 2) = 9.70.
    "just no chance": ([(4, 0), (0, 4)], 1),
    "just chance": ([(3, 0), (0, 4)], None),
    # A day without results has no rate that could be lower.
    "after a pause": ([(50, 0), (0, 0), (0, 0), (10, 40)], 3),
    "twice": ([(50, 0)] * 3 + [(40, 10)] * 3 + [(5, 45)] * 3, 6),
}


@pytest.mark.parametrize(("days", "wanted"), BY_HAND.values(), ids=BY_HAND.keys())
def test_hand_drawn_days_fall_as_worked_out_by_hand(days, wanted):
    counts, plain = told([(passed, failed, 0) for passed, failed in days])
    day = None if wanted is None else FIRST + timedelta(days=wanted)
    for found in (falls.fall(plain), fall(counts)):
        assert (found and found.day) == day


outcomes = st.tuples(st.integers(0, 30), st.integers(0, 12), st.integers(0, 4))
silent = st.just((0, 0, 0))


@st.composite
def steps(draw: st.DrawFn) -> Days:
    """A rate that lasts, then another: near the least fall that is one."""
    before, after = draw(outcomes), draw(outcomes)
    lengths = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    return [before] * lengths[0] + [after] * lengths[1]


@histories.some(100)
@given(st.lists(outcomes | silent, max_size=12) | steps())
@example([(4, 0, 0), (0, 3, 1)])
def test_random_days_fall_where_their_likelihood_says(days):
    counts, plain = told(days)
    assert of_fall(fall(counts)) == falls.fall(plain)


groups = st.dictionaries(
    st.integers(0, 5), st.tuples(*[st.integers(0, 9)] * 4), max_size=5
)


def counted(own: Mapping[int, tuple[int, ...]]) -> dict[int, Counter[str]]:
    names = ("passed", "failed", "error", "skipped")
    return {
        group: Counter(dict(zip(names, values, strict=True)))
        for group, values in own.items()
    }


@histories.some(60)
@given(groups, groups)
def test_parts_of_a_change_are_those_of_its_failures_and_add_up_to_it(now, before):
    later, earlier = counted(now), counted(before)
    # Without a rate on both sides there is none that could have changed.
    assume(decided(later) and decided(earlier))
    found = contributions(
        {group: Counts(**own) for group, own in later.items()},
        {group: Counts(**own) for group, own in earlier.items()},
    )
    twin = falls.contributions(later, earlier)
    assert found == {group: pytest.approx(float(part)) for group, part in twin.items()}
    change = falls.pooled(later) - falls.pooled(earlier)
    assert sum(found.values()) == pytest.approx(float(100 * change), abs=1e-9)


def decided(counts: Mapping[int, Counter[str]]) -> int:
    return sum(own["passed"] + own["failed"] + own["error"] for own in counts.values())


@pytest.mark.django_db
@histories.some(8)
@given(histories.histories, histories.wide_windows())
def test_the_days_of_random_histories_fall_as_their_rows_say(history, window):
    with histories.stored(history):
        filters = Filters(since=window[0], until=window[1])
        (series,) = pass_rates(filters).series or [None]
        days = [(p.t.date(), p.counts) for p in series.points] if series else []
        of_day = oracle.counts_by(*window, "none", "day").get(None, {})
        twin = falls.fall(
            [
                falls.Day(day, own["passed"], own["failed"] + own["error"])
                for day, own in sorted(of_day.items())
            ]
        )
        assert of_fall(fall(days)) == twin
