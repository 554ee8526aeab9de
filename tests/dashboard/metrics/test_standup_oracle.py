"""What turned since a moment against its plain-Python twin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.precomputed.standup import standup
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.histories import SINCE, drawn
from tests.dashboard.metrics.oracle.series import Failing
from tests.dashboard.metrics.oracle.standup import (
    Fixed,
    fixed,
    newly_failing,
    newly_flaky,
)

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=30)

# Letters of hourly runs; the stand-up is since the fourth: newly failing, fixed.
BY_HAND = {
    "P P P F": (True, False),
    "P P F F": (False, False),
    "F P P F": (True, False),
    "F F F F F": (False, False),
    "P P S S F": (True, False),
    "F F F P": (False, True),
    "F F P P": (False, False),
    "P P P P": (False, False),
    "S S S P": (False, False),
    "F P F P P": (False, True),
    "F F F P F": (True, False),
    "F F F P S": (False, True),
    "F F F FP": (False, True),
    "P P P PF": (True, False),
}


@pytest.mark.parametrize(("letters", "wanted"), BY_HAND.items())
def test_hand_drawn_series_turn_as_worked_out_by_hand(letters, wanted):
    history = drawn(letters)
    with histories.stored(history):
        since, until = SINCE + timedelta(hours=4), SINCE + timedelta(hours=9)
        rows = oracle.executions(oracle.load(), until - MONTH, until)
        twins = bool(newly_failing(rows, since)), bool(fixed(rows, since))
        found = standup(Filters(until=until, since=since), since)
        assert twins == wanted
        assert (bool(found.newly_failing), bool(found.fixed)) == wanted


def test_a_case_is_not_fixed_while_another_of_its_series_fails():
    mended = drawn("F F F P", configuration="Chrome")
    broken = drawn("P P P F", configuration="Firefox")
    other = [plan.renamed(f"b{plan.external_id}") for plan in broken]
    with histories.stored([*mended, *other]):
        since, until = SINCE + timedelta(hours=4), SINCE + timedelta(hours=9)
        found = standup(Filters(until=until, since=since), since)
        assert (len(found.newly_failing), len(found.fixed)) == (1, 0)


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


@histories.some(30)
@given(histories.long_histories(), histories.moments, histories.moments, CHOICES)
def test_random_histories_turn_as_their_rows_say(history, first, second, chosen):
    since = SINCE + timedelta(hours=min(first, second))
    # Beyond the last result at times, so that all of them count.
    until = SINCE + timedelta(hours=max(first, second) + 24)
    with histories.stored(history):
        filters = {name: (value,) for name, value in chosen.items()}
        wanted = {name: {value} for name, value in chosen.items()}
        found = standup(Filters(since=since, until=until, **filters), since)
        rows = oracle.load()
        now = oracle.executions(rows, until - MONTH, until, **wanted)
        then = oracle.executions(rows, since - MONTH, since, **wanted)
        assert [
            Failing(row.case, row.since, row.since_run, row.streak)
            for row in found.newly_failing
        ] == newly_failing(now, since)
        assert [Fixed(row.case, row.failed_since) for row in found.fixed] == fixed(
            now, since
        )
        assert {row.case for row in found.newly_flaky} == newly_flaky(now, then)
