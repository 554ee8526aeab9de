"""How rates and their bounds are printed: never as an end that they do not reach."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.metrics.rates import wilson
from dashboard.templatetags.passline import interval
from dashboard.ui.charts.daily import DayOutcomes, daily_outcomes
from dashboard.ui.text import numbers, verdicts
from ingest.series.posterior import posteriors, upper_bound
from tests.dashboard.releases import TODAY

DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("rate", "percent", "whole", "score"),
    [
        (None, DASH, None, None),
        (0.0, "0.0%", "0%", "0"),
        (1.0, "100.0%", "100%", "100"),
        (0.9372, "93.7%", "94%", "94"),
        (0.00001, "<0.1%", "<1%", "<0.1"),
        (0.004, "0.4%", "<1%", "0.4"),
        (0.29, "29.0%", "29%", "29"),
        (0.9951, "99.5%", "99%", "99"),
        (0.99996, "99.9%", "99%", "99"),
    ],
)
def test_a_rate_between_the_ends_never_reads_as_one_of_them(
    rate, percent, whole, score
):
    assert numbers.percent(rate) == percent
    assert numbers.percent_parts(rate)[0][0] == percent.removesuffix("%")
    if rate is not None:
        assert numbers.whole_percent(rate) == whole
        assert numbers.score(rate) == score


@pytest.mark.parametrize(
    ("low", "high", "said", "score"),
    [
        (0.0, 1.0, "0.0% and 100.0%", f"0{DASH}100"),
        (0.29, 0.58, "29.0% and 58.0%", f"29{DASH}58"),
        (0.29001, 0.57001, "29.0% and 57.1%", f"29{DASH}58"),
        (0.0002, 0.99998, "<0.1% and >99.9%", f"<0.1{DASH}>99"),
    ],
)
def test_bounds_are_rounded_outwards_to_what_they_do_not_reach(low, high, said, score):
    assert numbers.between(low, high) == f"95 % between {said}"
    assert numbers.score_range(low, high) == score


def read(text: str, *, is_lower: bool = False) -> float:
    """What a printed per cent promises; "<0.1" as a lower bound is anything above 0."""
    mark, number = re.fullmatch(r"([<>]?)([\d.]+)%?", text).groups()
    if mark == "<" and is_lower:
        return 0.0
    return 100.0 if mark == ">" else float(number)


def ways(low: float, high: float) -> list[tuple[Callable[[float], str], str, str]]:
    """How a rate is printed, with the bounds beside it."""
    least, most = numbers.score_range(low, high).split(DASH)
    below, above = numbers.percent_below(low), numbers.percent_above(high)
    return [(numbers.percent, below, above), (numbers.score, least, most)]


def encloses(rate: float, low: float, high: float) -> bool:
    """Whether the printed bounds hold both the rate and what is printed of it."""
    return all(
        read(least, is_lower=True) <= least_said <= most_said <= read(most)
        for printed, least, most in ways(low, high)
        for least_said, most_said in [
            sorted((100 * rate, read(printed(rate), is_lower=rate < 0.01)))
        ]
    ) and all(
        (read(printed(rate)) == 0) == (rate == 0)
        and (read(printed(rate)) == 100) == (rate == 1)
        for printed in (numbers.percent, numbers.score, numbers.whole_percent)
    )


def test_printed_bounds_hold_every_pass_rate():
    """All of up to 150 results, and those next to the ends of up to 2,000."""
    astray = [
        (hits, n)
        for n in range(1, 2001)
        for hits in range(n + 1)
        if (n <= 150 or min(hits, n - hits) < 3)
        and not encloses(hits / n, *wilson(hits, n))
    ]
    assert astray == []


@given(
    st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
)
@example((999_999, 1_000_000))
@example((1, 1_000_000))
def test_printed_bounds_hold_the_rates_of_many_results(pair):
    hits, n = pair
    assert encloses(hits / n, *wilson(hits, n))


def test_printed_bounds_hold_every_flake_rate():
    pairs = [(k, n) for n in (1, 2, 7, 60, 500, 20_000) for k in range(min(n, 60) + 1)]
    for one in posteriors(*zip(*pairs, strict=True)):
        assert 0 <= one.low <= one.mean <= one.high <= 1
        assert encloses(one.mean, one.low, one.high)


def test_below_is_never_less_than_the_bound():
    for n in range(1, 3000):
        bound = upper_bound(n)
        assert read(numbers.percent_above(bound)) >= 100 * bound
        assert read(numbers.score_above(bound)) >= 100 * bound


def test_a_score_and_what_it_is_told_by_agree():
    assert verdicts.score(0.004, 0.0002, 0.0131) == f"0.4, <0.1{DASH}2"
    title = verdicts.score_title(0.004, 0.0002, 0.0131)
    assert title == "flakes in 0.4% of its runs, 95 % between <0.1% and 1.4%"
    assert 'aria-label="0.4, 95 % credible interval &lt;0.1\N{EN DASH}2"' in interval(
        0.004, 0.0002, 0.0131
    )


def test_a_chart_says_less_than_a_tenth_as_text_not_as_markup():
    day = DayOutcomes(day=TODAY.date(), passed=1, failed=9999)
    drawn = daily_outcomes([day])
    assert "<b>&lt;0.1%</b>" in [
        note["text"] for note in drawn["layout"]["annotations"]
    ]
