"""Two runs side by side: categories by hand, McNemar's test, the endpoint."""

from __future__ import annotations

from collections import Counter
from math import comb

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.metrics.compare import (
    CATEGORIES,
    NotComparableError,
    compare_runs,
    mcnemar_p,
    pairs,
)
from ingest.contract import Counts
from ingest.models import Run
from tests import factories
from tests.dashboard.api.client import V1, every_page, problem, read, streamed
from tests.factories import make_project, make_results, make_run


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


def two_runs(before: str, after: str, *, is_far: bool = False) -> tuple[Run, Run]:
    """Runs of "case 1", "case 2", … of one project, or of two when they are far."""
    project = make_project()
    base = make_run(project)
    head = make_run(make_project() if is_far else project)
    for run, letters in ((base, before), (head, after)):
        make_results(run, letters)
    return base, head


def counts(base: Run, head: Run) -> dict[str, int]:
    return {name: n for name, n in compare_runs(base, head).counts.items() if n}


# --- McNemar's exact test ----------------------------------------------------------


@pytest.mark.parametrize(
    ("regressions", "fixed", "p"),
    [
        (0, 0, 1),
        (1, 0, 1),
        (5, 5, 1),
        (3, 2, 1),
        (6, 0, 2 / 64),
        (0, 6, 2 / 64),
        # 2 · (1 + 14 + 91) / 2^14.
        (12, 2, 212 / 16384),
    ],
)
def test_the_chance_of_a_split_is_that_of_a_fair_coin(
    regressions: int, fixed: int, p: float
):
    assert mcnemar_p(regressions, fixed) == pytest.approx(p, abs=1e-12)


@given(st.integers(0, 300), st.integers(0, 300))
@settings(max_examples=60)
def test_the_test_is_exact_two_sided_and_knows_no_direction(one: int, other: int):
    n = one + other
    tail = sum(comb(n, k) for k in range(min(one, other) + 1))
    assert mcnemar_p(one, other) == pytest.approx(min(1, 2 * tail / 2**n), rel=1e-9)
    assert mcnemar_p(one, other) == mcnemar_p(other, one)


# --- categories ----------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("is_far", [False, True])
def test_each_pair_of_outcomes_has_its_category(is_far: bool):
    #                    1 2 3 4 5 6 7 8 9 10
    base, head = two_runs("PPFEFSSPUS", "FEPFPFPSSU", is_far=is_far)
    make_results(base, "P", cases=["only in base"])
    make_results(head, "FP", cases=["only in head", "passes in head"])
    assert counts(base, head) == {
        "regression": 2,
        "fixed": 2,
        "still_failing": 1,
        "new_failure": 2,
        "new_pass": 2,
        "gone": 2,
    }
    assert {pair.name: pair.category for pair in pairs(base, head)} == {
        "case 1": "regression",
        "case 2": "regression",
        "case 3": "fixed",
        "case 4": "still_failing",
        "case 5": "fixed",
        "case 6": "new_failure",
        "case 7": "new_pass",
        "case 8": "gone",
        "only in base": "gone",
        "only in head": "new_failure",
        "passes in head": "new_pass",
    }


@pytest.mark.django_db
def test_cases_of_two_projects_pair_by_key_and_are_the_heads():
    base, head = two_runs("PF", "FF", is_far=True)
    found = pairs(base, head)
    ids = {result.case_id for result in head.results.all()}
    assert {pair.case for pair in found} == ids
    assert [pair.category for pair in found] == ["regression", "still_failing"]


@pytest.mark.django_db
def test_the_last_attempt_alone_is_held_against_the_other_run():
    project = make_project()
    base, head = make_run(project), make_run(project)
    make_results(base, "P")
    times = [head.at, head.at + factories.timedelta(minutes=1)]
    make_results(head, "FP", cases=["case 1"] * 2, at=times)
    assert counts(base, head) == {"still_passing": 1}


@pytest.mark.django_db
def test_removed_results_are_on_neither_side():
    base, head = two_runs("PP", "FF")
    factories.remove(head.results.filter(ordinal=0))
    assert counts(base, head) == {"regression": 1, "gone": 1}


@pytest.mark.django_db
def test_a_run_against_itself_changes_nothing():
    base, _ = two_runs("PFES", "P")
    assert counts(base, base) == {"still_passing": 1, "still_failing": 2}
    assert compare_runs(base, base).mcnemar_p == 1


@pytest.mark.django_db
def test_a_run_without_rows_cannot_be_compared():
    base, head = make_run(counts=Counts(passed=3)), make_run()
    for one, other in ((base, head), (head, base)):
        with pytest.raises(NotComparableError):
            compare_runs(one, other)


@pytest.mark.django_db
@given(
    letters=st.lists(
        st.tuples(st.sampled_from("PFESBU-"), st.sampled_from("PFESBU-")),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=25, deadline=None)
def test_every_case_that_a_run_decided_is_in_one_category(letters):
    project = make_project()
    base, head = make_run(project), make_run(project)
    for run, side in ((base, 0), (head, 1)):
        there = [(f"case {n}", pair[side]) for n, pair in enumerate(letters)]
        there = [(name, letter) for name, letter in there if letter != "-"]
        signs = "".join(letter for _, letter in there)
        make_results(run, signs, cases=[name for name, _ in there])
    decided = [n for n, pair in enumerate(letters) if {*pair} & {*"PFE"}]
    found = pairs(base, head)
    assert sorted(pair.name for pair in found) == sorted(f"case {n}" for n in decided)
    tallied = Counter(pair.category for pair in found)
    assert tallied == Counter(counts(base, head))


# --- the endpoint ----------------------------------------------------------------------


def address(base: Run, head: Run, more: str = "") -> str:
    return f"metrics/compare/?base={base.pk}&head={head.pk}{more}"


@pytest.mark.django_db
def test_the_endpoint_gives_counts_the_chance_and_both_outcomes_of_each_case():
    project = make_project()
    base, head = make_run(project), make_run(project)
    (was,) = make_results(base, "P", cases=["pays"], duration_ms=1000)
    (now,) = make_results(
        head, "F", cases=["pays"], duration_ms=2500, message="no route"
    )
    make_results(head, "P", cases=["ships"])
    answer = read(address(base, head))
    assert answer["counts"] == dict.fromkeys(CATEGORIES, 0) | {
        "regression": 1,
        "new_pass": 1,
    }
    assert answer["mcnemar_p"] == 1
    assert (answer["base"], answer["head"], answer["count"]) == (base.pk, head.pk, 2)
    assert answer["meta"]["n_rows"] == 2
    assert "/metrics/compare/explain/?base=" in answer["meta"]["explain"]
    first, second = answer["results"]
    assert first == {
        "category": "regression",
        "case": {
            "id": now.case_id,
            "key": "pays",
            "name": "pays",
            "folder": "checkout",
        },
        "base": {
            "id": was.run_id * 2**20 + was.ordinal,
            "status": "passed",
            "duration_ms": 1000,
            "message": "",
        },
        "head": {
            "id": now.run_id * 2**20 + now.ordinal,
            "status": "failed",
            "duration_ms": 2500,
            "message": "no route",
        },
        "change_ms": 1500,
    }
    assert (second["category"], second["base"]) == ("new_pass", None)


@pytest.mark.django_db
def test_counts_are_the_lengths_of_their_lists_over_all_pages():
    base, head = two_runs("PPPFFFPFSPP", "FFFPPFPPFSF")
    answer = read(address(base, head))
    rows = every_page(address(base, head, "&limit=2"))
    tallied = Counter(row["category"] for row in rows)
    assert {name: tallied[name] for name in CATEGORIES} == answer["counts"]
    for name in CATEGORIES:
        found = read(address(base, head, f"&category={name}"))
        assert found["count"] == answer["counts"][name]
        assert found["counts"] == answer["counts"]
    lines = streamed(address(base, head, "&format=csv")).splitlines()
    assert len(lines) == 1 + len(rows)


@pytest.mark.django_db
def test_what_is_no_run_is_refused_by_name():
    run = make_run()
    assert "missing" in problem("metrics/compare/")["base"][0]
    assert "missing" in problem(f"metrics/compare/?base={run.pk}")["head"][0]
    for text in ("x", "0", "99999999", "-1", "9" * 30):
        asked = f"metrics/compare/?base={text}&head={run.pk}"
        assert "There is no run" in problem(asked)["base"][0]
    said = problem(address(run, run, "&window=7d"))
    assert said == {"window": ["Two runs are compared whole."]}
    assert "is none of" in problem(address(run, run, "&category=odd"))["category"][0]


@pytest.mark.django_db
def test_a_run_with_totals_only_is_a_conflict():
    base, head = make_run(counts=Counts(passed=3)), make_run()
    for one, other in ((base, head), (head, base)):
        answer = Client().get(V1 + address(one, other))
        assert answer.status_code == 409
        assert answer.json() == {"detail": "A run with totals only cannot be compared."}


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_cases():
    def queries(base: Run, head: Run) -> int:
        with CaptureQueriesContext(connection) as asked:
            read(address(base, head))
        return len(asked)

    assert queries(*two_runs("PF", "FP")) == queries(*two_runs("PF" * 20, "FP" * 20))
