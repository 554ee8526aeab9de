"""The proof of a fix and flakiness day by day against their plain-Python twins."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given

from dashboard.filters import Filters
from dashboard.metrics import histories as read
from dashboard.metrics.proof import proof_of_fix
from dashboard.precomputed.flaky import flaky_history
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.histories import drawn
from tests.dashboard.metrics.oracle.proof import Proof, day_ends, lost_between, proof

pytestmark = pytest.mark.django_db

# Needed and made, or None. The rate of k in n is (0.17 + k) / (1.53 + n), and
# ceil(ln 0.05 / ln(1 − rate)) passes are needed.
BY_HAND = {
    "P P P": None,
    "P P F": None,
    # 1 of 2: 1.17 / 3.53 = 0.331.
    "P F P": (8, 1),
    "P F P P P": (8, 3),
    # 2 of 4: 2.17 / 5.53 = 0.392; a failure at the end begins anew.
    "P F P F P": (7, 1),
    "P F P P F": (8, 0),
    # A mixed run that passes at last is none of the passes after it: 1 of 2.
    "P FP P P": (8, 2),
    # Nor is one that is undecided at last.
    "P FPS P": (8, 1),
    # Three in a row are no event: 1 of 2 before them.
    "P F P F F F P P": (8, 2),
}


def proof_in(filters: Filters, case: int):
    (history,) = read.histories(filters, filters.window(), [case]) or [None]
    return history and proof_of_fix(history)


@pytest.mark.parametrize(("letters", "wanted"), BY_HAND.items())
def test_a_fix_is_as_far_proven_as_worked_out_by_hand(letters, wanted):
    with histories.stored(drawn(letters)):
        case = next(iter(oracle.names()))
        twin = proof(oracle.executions(oracle.load(), *histories.WHOLE), case)
        since, until = histories.WHOLE
        found = proof_in(Filters(since=since, until=until), case)
        assert (twin and (twin.needed, twin.passed)) == wanted
        assert (found and (found.needed, found.passed)) == wanted


@histories.some(15)
@given(histories.long_histories(), histories.wide_windows())
def test_random_fixes_are_as_far_proven_as_their_rows_say(history, window):
    with histories.stored(history):
        rows = oracle.executions(oracle.load(), *window)
        filters = Filters(since=window[0], until=window[1])
        for case, name in oracle.names().items():
            if name not in {"case 0", "case 1"}:
                continue
            found = proof_in(filters, case)
            shown = found and Proof(
                found.needed,
                found.passed,
                datetime.fromtimestamp(found.since / 1_000_000, UTC),
            )
            assert shown == proof(rows, case)


@histories.some(8)
@given(histories.long_histories(), histories.wide_windows())
def test_each_day_ends_a_window_of_its_own(history, window):
    with histories.stored(history):
        since, until = window
        rows = oracle.load()

        def flaky(since: datetime, until: datetime) -> list[oracle.Flakiness]:
            found = oracle.flakiness(oracle.executions(rows, since, until))
            return [row for row in found.values() if row.is_flaky]

        ends = day_ends(since, until)
        found = flaky_history(Filters(since=since, until=until))
        assert {row.case for row in found.cases} == {r.case for r in flaky(*window)}
        assert len(found.by_day) == len(found.lost_by_day) == len(ends)
        for end, count in zip(ends, found.by_day, strict=True):
            if count is not None:
                assert count == len(flaky(end - (until - since), end))
        assert found.by_day[-1] is not None
        assert list(found.lost_by_day) == [
            lost_between(flaky(*window), *day) for day in pairwise([since, *ends])
        ]
        before = since - (until - since)
        assert sum(t.cases for t in found.previous.values()) == len(
            flaky(before, since)
        )
