"""Percentiles of durations against their plain-Python twin."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.precomputed.slow import slow_cases
from tests import factories
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle.slow import Slow, percentile, slow

pytestmark = pytest.mark.django_db
HALF, P95 = Fraction(1, 2), Fraction(95, 100)

# Durations of what passed, the median, the 95th percentile.
BY_HAND = [
    ([7], 7, 7),
    ([3, 4], 4, 4),  # 3.5 is rounded up; 3.95
    ([0, 10], 5, 10),  # 9.5 too
    ([1, 2, 10], 2, 9),  # 2 + 0.9 · 8 = 9.2
    ([5, 1, 9, 2], 4, 8),  # between 2 and 5; 5 + 0.85 · 4 = 8.4
    ([*range(0, 210, 10)], 100, 190),
]


@pytest.mark.parametrize(("durations", "p50", "p95"), BY_HAND)
def test_percentiles_are_those_worked_out_by_hand(durations, p50, p95):
    assert (percentile(durations, HALF), percentile(durations, P95)) == (p50, p95)
    project = factories.make_project()
    for duration_ms in durations:
        run = factories.make_run(project)
        factories.make_results(run, "P", duration_ms=duration_ms)
    row = slow_cases(Filters())[0]
    assert (row.p50_ms, row.p95_ms, row.n) == (p50, p95, len(durations))


def said(row: Any) -> Slow:
    return Slow(row.case, row.p50_ms, row.p95_ms, row.n, row.previous_p50_ms)


CHOICES = st.sampled_from(
    [
        {},
        {},
        {"configuration": "Chrome"},
        {"source": "backend"},
        {"branch": "main"},
        {"tool": "testmo"},
    ]
)


@histories.some(20)
@given(histories.histories, histories.wide_windows(), CHOICES)
def test_random_durations_have_the_percentiles_of_their_rows(history, window, chosen):
    with histories.stored(history):
        since, until = window
        filters = {name: (value,) for name, value in chosen.items()}
        wanted = {name: {value} for name, value in chosen.items()}
        rows = oracle.load()
        now = oracle.executions(rows, since, until, **wanted)
        before = oracle.executions(rows, since - (until - since), since, **wanted)
        found = slow_cases(Filters(since=since, until=until, **filters))
        assert [said(row) for row in found] == slow(now, before)
        assert [row.passed for row in found] == [
            sum(e.case == row.case and e.final.status == "passed" for e in now)
            for row in found
        ]
