"""Two runs side by side against their plain-Python twin."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.metrics.compare import (
    CATEGORIES,
    compare_runs,
    mcnemar_p,
    pairs,
)
from dashboard.metrics.run_before import previous_run, runs_before
from ingest.models import Run
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.histories import Row, RunPlan
from tests.dashboard.metrics.oracle.compare import categories, mcnemar, previous

pytestmark = pytest.mark.django_db

# Regressions, fixes, the two-sided chance.
BY_HAND = [
    (0, 0, Fraction(1)),
    (1, 0, Fraction(1)),
    (5, 5, Fraction(1)),
    (5, 0, Fraction(1, 16)),  # 2 / 2⁵
    (1, 7, Fraction(18, 256)),  # 2 · (1 + 8) / 2⁸
    (10, 2, Fraction(158, 4096)),  # 2 · (1 + 12 + 66) / 2¹²
]


@pytest.mark.parametrize(("regressions", "fixes", "chance"), BY_HAND)
def test_the_exact_chance_is_the_one_worked_out_by_hand(regressions, fixes, chance):
    assert mcnemar(regressions, fixes) == chance
    assert mcnemar_p(regressions, fixes) == pytest.approx(float(chance))


@histories.some(60)
@given(st.integers(0, 90), st.integers(0, 90))
def test_random_changes_have_the_exact_chance(regressions, fixes):
    chance = float(mcnemar(regressions, fixes))
    assert mcnemar_p(regressions, fixes) == pytest.approx(chance, rel=1e-9)


# What base and head say of a case, and the category.
PAIRS = {
    ("P", "F"): "regression",
    ("P", "E"): "regression",
    ("F", "P"): "fixed",
    ("F", "E"): "still_failing",
    ("P", "P"): "still_passing",
    ("", "F"): "new_failure",
    ("S", "F"): "new_failure",
    ("", "P"): "new_pass",
    ("B", "P"): "new_pass",
    ("P", ""): "gone",
    ("F", "S"): "gone",
    ("P", "U"): "gone",
    ("S", "S"): None,
    ("", "R"): None,
    ("FP", "PF"): "regression",
    ("PF", "FP"): "fixed",
    ("FS", "P"): "new_pass",
}


def test_every_pair_has_the_category_worked_out_by_hand():
    plans = [
        RunPlan(
            external_id=name,
            rows=tuple(
                Row(case, letter, hours=place)
                for case, pair in enumerate(PAIRS)
                for place, letter in enumerate(pair[side])
            ),
        )
        for side, name in enumerate(("base", "head"))
    ]
    with histories.stored(plans):
        base, head = sorted(oracle.load(), key=lambda run: run.external_id)
        numbered = {
            int(key.removeprefix("case ")): category
            for key, category in categories(base, head, oracle.names()).items()
        }
        assert [numbered.get(number) for number in range(len(PAIRS))] == [
            *PAIRS.values()
        ]
        agree(base, head)


def agree(base: oracle.RunRow, head: oracle.RunRow) -> None:
    sides = Run.objects.get(pk=base.id), Run.objects.get(pk=head.id)
    found = compare_runs(*sides)
    # The key of a case is its name here.
    names = oracle.names()
    twins = categories(base, head, names)
    counted = Counter(twins.values())
    assert dict(found.counts) == {name: counted[name] for name in CATEGORIES}
    for name, cases in found.cases.items():
        keys = {key for key, own in twins.items() if own == name}
        assert {names[case] for case in cases} == keys
    chance = mcnemar(counted["regression"], counted["fixed"])
    assert found.mcnemar_p == pytest.approx(float(chance))
    assert {pair.key: pair.category for pair in pairs(*sides)} == twins


@histories.some(12)
@given(histories.long_histories(project=[(0,), (0, 1)]), st.randoms())
def test_random_runs_compare_as_their_rows_say(history, random):
    with histories.stored(history):
        runs = oracle.load()
        for _ in range(3):
            if len(runs) > 1:
                agree(*random.sample(runs, 2))


ENDS = {
    "lasts_hours": [(None,), (0.5, 0.5, 6, None)],
    "name": [
        ("",),
        ("", "Nightly 12", "nightly #7", "smoke main", "Smoke"),
        ("c1", "main 4", "2026-11-19", "1be90f2a", "Smoke c1"),
    ],
    "counts": [(None,)] * 3 + [(None, (4, *[0] * 7), (5, *[0] * 7), (3, *[0] * 7))],
    "crowd": [((0, 0),), ((2, 0), (3, 0), (0, 3), (2, 1), (9, 0))],
}


@histories.some(30)
@given(histories.long_histories(**ENDS))
def test_the_previous_run_is_the_last_of_its_suite_that_ended_before(history):
    with histories.stored(history):
        runs = oracle.load()
        wanted = {run.id: previous(run, runs) for run in runs}
        for run in runs:
            found = previous_run(Run.objects.get(pk=run.id))
            assert (found and found.pk) == wanted[run.id]
        rows = {run.id for run in runs if run.detail == "rows"}
        told = {run: row.base for run, row in runs_before(list(wanted)).items()}
        assert told == {
            run: base
            for run, base in wanted.items()
            if base is not None and {run, base} <= rows
        }
