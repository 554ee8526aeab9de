"""New, worse and settled flaky tests against their plain-Python twins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from dashboard.filters import Filters, Window
from dashboard.metrics.flaky import FlakyCase, RankedFlaky
from dashboard.metrics.flaky_states import FlakyStates, flaky_states
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle.proof import Proof
from tests.dashboard.metrics.oracle.states import Between, states
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def of_row(row: FlakyCase | oracle.Flakiness) -> dict[str, Any]:
    exact = "case k n evidence is_flaky executions not_passed time_lost_ms"
    return {name: getattr(row, name) for name in exact.split()} | {
        name: pytest.approx(getattr(row, name), abs=1e-9) for name in ("rate", "high")
    }


def of_proof(proof: Any) -> Proof:
    since = datetime.fromtimestamp(proof.since / 1_000_000, UTC)
    return Proof(proof.needed, proof.passed, since)


def agree(found: FlakyStates, between: Between, window: histories.Span) -> None:
    twin, names = states(between, *window), oracle.names()
    assert [row.case for row in RankedFlaky(found.flaky)] == [
        row.case for row in oracle.flaky(between(*window), names)
    ]
    assert found.new == twin.new
    assert found.worse == twin.worse
    assert {row.case: of_row(row) for row in found.settled} == {
        case: of_row(row) for case, row in twin.settled.items()
    }
    settled = sorted(
        twin.settled.values(),
        key=lambda row: (-row.low, -row.k, names[row.case], row.case),
    )
    assert [row.case for row in RankedFlaky(found.settled)] == [
        row.case for row in settled
    ]
    assert {case: of_proof(made) for case, made in found.proofs.items()} == twin.proofs
    assert {row.case: of_row(row) for row in found.before} == {
        case: of_row(row) for case, row in twin.before.items()
    }
    assert dict(found.first_seen) == twin.first_seen


# A run a day, of which the last ten days are the window and the ten before it the
# window before: what is said of the case, of "new worse settled". The rate of k in n is
# (0.17 + k) / (1.53 + n), and ceil(ln 0.05 / ln(1 − rate)) passes prove a fix.
BY_HAND = {
    "P " * 20: "",
    # 2 of 10, and 0 of 10 before, of which the upper end is 0.14.
    "P " * 17 + "FP P FP": "new worse",
    # 2 of 90 in all that is looked back to would be too few.
    "P " * 88 + "FP FP": "new worse",
    # 1 of 10 is suspected only.
    "P " * 17 + "FP P P": "",
    # The window that ended seven days earlier holds both events, or only the first.
    "P " * 11 + "FP FP" + " P" * 7: "worse",
    "P " * 12 + "FP FP" + " P" * 6: "new worse",
    # It reaches back as far: to the third day of these, not to the second.
    "P P P FP FP" + " P" * 13 + " FP FP": "",
    "P P FP FP P" + " P" * 13 + " FP FP": "new",
    # 2 of 10 both times.
    "P FP P FP" + " P" * 6 + " P FP P FP" + " P" * 6: "",
    # 3 of 10 after 2 of 10, of which the upper end is 0.45.
    "P FP P FP" + " P" * 6 + " P FP P FP P FP" + " P" * 4: "",
    # Broken all the time before, so that nothing was exposed.
    "F " * 10 + "FP " * 10: "",
    # 2 of 2: (ln 0.05) / ln 0.385 = 3.1, but all passed since.
    "FP FP" + " S" * 8 + " P" + " S" * 9: "settled",
    # Not when nothing ran, when it fails at last or once, or when an event came.
    "FP FP" + " S" * 18: "",
    "FP FP" + " S" * 8 + " P F F F" + " S" * 6: "",
    "FP FP" + " S" * 8 + " F P P S" + " S" * 6: "",
    # Three prove the fix of that one event more: 3 of 3, (ln 0.05) / ln 0.300 = 2.5.
    "FP FP" + " S" * 8 + " F P P P" + " S" * 6: "settled",
    "FP FP" + " S" * 8 + " FP P P" + " S" * 7: "",
    # Four passes prove the fix of 2 of 2 in the window itself, three do not.
    "S " * 10 + "FP FP P P P P" + " S" * 4: "settled",
    "S " * 10 + "FP FP P P P" + " S" * 5: "",
    # A failure begins the count anew, four passes after it are enough.
    "S " * 10 + "FP FP P F F F P P P P": "settled",
    "S " * 10 + "FP FP P P F F F P P P": "",
    # What passed before the window counts too; not flaky any more, failing since.
    "FP FP" + " S" * 5 + " F F F P P P P" + " S" * 6: "settled",
    # 2 of 12 in both windows together: 17.2, so that 8 passes are far too few.
    "P " * 10 + "FP FP" + " P" * 8: "worse",
    # Flaky in neither of them; 1 of 2 is proven by 8.
    "S " * 10 + "P F P P P P P P P P": "",
}


@pytest.mark.parametrize(("letters", "wanted"), BY_HAND.items())
def test_hand_drawn_tests_turn_as_worked_out_by_hand(letters, wanted):
    with histories.stored(daily(letters)):
        (case,) = oracle.names()
        window = NOW - timedelta(days=10), NOW
        rows = oracle.load()
        twin = states(lambda *span: oracle.executions(rows, *span), *window)
        found = flaky_states(Filters(since=window[0], until=window[1]))
        settled = {row.case for row in found.settled}
        for told in (
            (twin.new, twin.worse, set(twin.settled)),
            (found.new, found.worse, settled),
        ):
            names = zip(("new", "worse", "settled"), told, strict=True)
            assert " ".join(name for name, cases in names if case in cases) == wanted


def daily(letters: str) -> list[histories.RunPlan]:
    """A run for each word; the day after the last one begins now."""
    plans = histories.drawn(letters)
    days = range(len(plans), 0, -1)
    return [
        replace(plan, hours=histories.HOURS - 24 * ago)
        for plan, ago in zip(plans, days, strict=True)
    ]


@pytest.mark.parametrize(
    ("days", "ago", "first"),
    [(10, [90, 1], 90), (10, [91, 2, 1], 2), (50, [100, 1], 100), (50, [101, 2], 2)],
)
def test_first_seen_looks_back_ninety_days_or_two_windows(days, ago, first):
    """To the moment itself; the window needs no more than one proven event."""
    history = [
        replace(plan, rows=tuple(replace(row, is_marked=True) for row in plan.rows))
        for plan, day in zip(daily("FP " * 101), range(101, 0, -1), strict=True)
        if day in ago
    ]
    with histories.stored(history):
        window = NOW - timedelta(days=days), NOW
        found = flaky_states(Filters(since=window[0], until=window[1]))
        # A mixed run shows with its final attempt, two minutes after it began.
        shown = NOW - timedelta(days=first) + timedelta(minutes=2)
        assert list(found.first_seen.values()) == [shown]


@histories.some(24)
@given(histories.phased_histories(), histories.CHOICES)
def test_random_flaky_tests_turn_as_their_rows_say(phased, chosen):
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
            flaky_states(filters),
            lambda since, until: oracle.executions(rows, since, until, **wanted),
            window,
        )


@histories.some(3)
@given(histories.phased_histories())
def test_a_window_of_its_own_takes_the_place_of_that_of_the_filters(phased):
    history, window = phased
    with histories.stored(history):
        rows = oracle.load()
        asked = Window(since=window[0], until=window[1])
        agree(
            flaky_states(Filters(window_days=7), asked),
            lambda since, until: oracle.executions(rows, since, until),
            window,
        )
