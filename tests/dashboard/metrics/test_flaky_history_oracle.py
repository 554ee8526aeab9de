"""Flaky tests day by day, and figures kept beforehand, against their plain twins."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics.flaky import FlakyTotals, RankedFlaky
from dashboard.metrics.flaky_history import FlakyHistory
from dashboard.precomputed.flaky import flaky_history, flaky_states
from dashboard.precomputed.precompute import precompute
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle.flaky_history import Between, Totals
from tests.dashboard.metrics.oracle.flaky_history import flaky_history as twin_of
from tests.dashboard.metrics.test_flaky_oracle import said
from tests.dashboard.metrics.test_flaky_states_oracle import agree as states_agree
from tests.dashboard.metrics.test_flaky_states_oracle import daily
from tests.factories import NOW
from tests.ingest.late import Tool, sequences

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def of_totals(totals: FlakyTotals) -> Totals:
    return Totals(**asdict(totals))


def agree(found: FlakyHistory, between: Between, window: histories.Span) -> None:
    twin = twin_of(between, oracle.names(), *window)
    ranked = RankedFlaky(found.cases)
    assert [row.case for row in ranked] == [row.case for row in twin.cases]
    assert [said(row) for row in ranked] == [said(row) for row in twin.cases]
    assert {p: of_totals(own) for p, own in found.now.items()} == twin.now
    assert {p: of_totals(own) for p, own in found.previous.items()} == twin.previous
    assert list(found.lost_by_day) == twin.lost_by_day
    assert len(found.by_day) == len(twin.ends)
    looked_at = {place for place, n in enumerate(found.by_day) if n is not None}
    assert {place: found.by_day[place] for place in looked_at} == {
        place: twin.on_day(place) for place in looked_at
    }
    # The curve runs from the first day to the last.
    assert {0, len(twin.ends) - 1} <= looked_at


@histories.some(16)
@given(histories.phased_histories(), histories.CHOICES)
def test_random_flaky_tests_are_counted_and_cost_day_by_day(phased, chosen):
    history, window = phased
    with histories.stored(history):
        rows = oracle.load()
        wanted = {name: {value} for name, value in chosen.items()}
        filters = Filters(
            since=window[0],
            until=window[1],
            **{name: (value,) for name, value in chosen.items()},
        )
        agree(
            flaky_history(filters),
            lambda since, until: oracle.executions(rows, since, until, **wanted),
            window,
        )


def kept_agree(days: int, now: datetime) -> None:
    """Over a window that figures are kept of."""
    rows, filters = oracle.load(), Filters(window_days=days, now=now)
    window = filters.window()

    def between(since: datetime, until: datetime) -> list[oracle.Execution]:
        return oracle.executions(rows, since, until)

    agree(flaky_history(filters), between, (window.since, window.until))
    states_agree(flaky_states(filters), between, (window.since, window.until))


def test_a_hand_drawn_history_costs_what_was_worked_out_by_hand():
    """Runs of a day each: 2 of 20 flake in the window, too rarely for both windows."""
    flaky = daily("P " * 20 + "P FP P FP" + " P" * 16)
    suspected = daily("P " * 20 + "P F P FP" + " P" * 16)[:23]
    history = flaky + [
        replace(plan, external_id=f"b{plan.external_id}", rows=other_case(plan))
        for plan in suspected
    ]
    window = NOW - timedelta(days=20), NOW
    with histories.stored(history):
        found = flaky_history(Filters(since=window[0], until=window[1]))
        assert [row.name for row in RankedFlaky(found.cases)] == ["case 0"]
        assert [own.cases for own in found.now.values()] == [1]
        assert not found.previous
        assert (found.by_day[0], found.by_day[-1]) == (0, 1)
        # Both attempts of both runs, a second each, and nothing of the other case.
        tries = (
            run.began_at + m * MINUTE for run in (flaky[21], flaky[23]) for m in (0, 2)
        )
        seconds = Counter((at.date() - window[0].date()).days for at in tries)
        lost = {day: ms for day, ms in enumerate(found.lost_by_day) if ms}
        assert lost == {day: n * 1000 for day, n in seconds.items()}
        rows = oracle.load()
        agree(found, lambda *span: oracle.executions(rows, *span), window)


def other_case(plan: histories.RunPlan) -> tuple[histories.Row, ...]:
    return tuple(replace(row, case=1) for row in plan.rows)


@histories.some(8)
@given(
    histories.phased_histories(),
    st.sampled_from([7, 14, 30, 90]),
    st.sampled_from([0, 0, 1, 5]),
)
def test_what_was_kept_of_both_projects_is_what_their_rows_say(phased, days, later):
    """Each run is one of both tools', so that both have something of all that is kept."""
    history = [replace(plan, project=p) for plan in phased[0] for p in (0, 1)]
    with histories.stored(history):
        precompute(NOW)
        kept_agree(days, NOW + timedelta(hours=later))


KEPT_AT = NOW.replace(hour=10, minute=0, second=0)
# Runs by the days before; the first ones leave an hour later what is looked at.
LEAVING = {
    # Of the 14 days that ended a week ago: only then both flake anew.
    "a week ago": ("FP FP FP FP", [21, 21, 2, 1]),
    # Of the ninety days; it is worse than the window before all the time.
    "90 days": ("FP P P P P P FP FP", [90, 20, 20, 20, 20, 20, 2, 1]),
}


@pytest.mark.parametrize(("letters", "days_ago"), LEAVING.values(), ids=LEAVING.keys())
def test_what_was_kept_holds_until_a_result_leaves_all_that_is_looked_at(
    letters, days_ago
):
    times = [KEPT_AT - timedelta(days=days, hours=-1) for days in days_ago]
    history = [
        replace(plan, hours=(at - histories.SINCE) / timedelta(hours=1))
        for plan, at in zip(histories.drawn(letters), times, strict=True)
    ]
    told = []
    with histories.stored(history):
        precompute(KEPT_AT)
        for now in (KEPT_AT, KEPT_AT + timedelta(hours=3)):
            kept_agree(14, now)
            states = flaky_states(Filters(window_days=14, now=now))
            told.append((states.new, states.first_seen))
            assert states.worse == ({states.flaky[0].case} if 90 in days_ago else set())
    assert told[0] != told[1]


@histories.some(3)
@given(
    st.tuples(sequences(), sequences()),
    st.integers(0, 2),
    histories.moments,
    st.sampled_from([0, 2, 24, 24 * 6, 24 * 7, 24 * 8, 24 * 14]),
    st.sampled_from([7, 14, 30, 90]),
    st.sampled_from([1, 8, 20]),
)
def test_what_was_kept_of_two_tools_is_what_their_rows_say(
    told: Any, late: int, hours: float, later: int, days: int, factor: int
):
    """Kept at a moment, asked later, with up to two runs of each stored in between.

    What the tools said at last differs from what they said at first: results came
    late, were corrected, moved and taken back.
    """
    with transaction.atomic():
        tools = [
            (Tool(name), [spread(plan, factor) for plan in states])
            for name, (_, states) in zip(("shop", "bank"), told, strict=True)
        ]
        kept_at = histories.SINCE + timedelta(hours=hours)
        for tool, states in tools:
            for plan in states[: len(states) - late]:
                tool.states(plan)
        assert precompute(kept_at) > 0
        for tool, states in tools:
            for plan in states[len(states) - late :]:
                tool.states(plan)
        for now in {kept_at, kept_at + timedelta(hours=later)}:
            kept_agree(days, now)
        transaction.set_rollback(True)


def spread(plan: histories.RunPlan, factor: int) -> histories.RunPlan:
    hours = histories.HOURS - (histories.HOURS - plan.hours) * factor
    return replace(plan, hours=hours)
