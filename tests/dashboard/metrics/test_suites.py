"""Which run is the run before: one of the same suite, by name, cases or totals."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.metrics.run_before import next_run, previous_run, runs_before
from dashboard.metrics.suites import SuiteRun, suite_name
from ingest.contract import Counts
from ingest.models import Run
from tests.factories import NOW, make_project, make_results, make_run

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)

# What is left of a name, of a run of the commit 1be90f2aa07 and the branch "main".
NAMES = {
    "Nightly 4187": "nightly",
    "NIGHTLY #4188": "nightly",
    "Nightly (main) 2026-11-19T02:00": "nightly t",
    "nightly 1be90f2": "nightly",
    "nightly-1be90f2aa07-main": "nightly",
    "v1.2-3-g1be90f2": "v g",
    "deadbeef smoke": "smoke",
    "Feedback tests": "feedback tests",
    "maintenance": "maintenance",
    "e2e": "e e",
    "Ночной прогон 7": "ночной прогон",
    "main": "",
    "2026-11-19 02:00": "",
    "": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_without_what_tells_runs_apart_names_the_suite(name):
    run = SuiteRun(
        id=1, name=name, commit="1be90f2aa07", branch="main", total=1, has_rows=True
    )
    assert suite_name(run) == NAMES[name]


def at(hours: float, project, **values) -> Run:
    """A run of half an hour, so many hours ago."""
    began = NOW - hours * HOUR
    values = {"started_at": began, "finished_at": began + HOUR / 2, **values}
    return make_run(project, **values)


def filled(run: Run, number: int, *, first: int = 1) -> Run:
    cases = [f"case {n}" for n in range(first, first + number)]
    make_results(run, "P" * number, cases=cases)
    return run


def found(run: Run) -> Run | None:
    """As the page of the run says, and every list of runs."""
    run.refresh_from_db()
    before = previous_run(run)
    told = runs_before([run.pk])
    assert [row.base for row in told.values()] == ([before.pk] if before else [])
    return before


def test_a_nightly_is_not_judged_against_a_smoke_run():
    project = make_project()
    nightly = filled(at(20, project, name="Nightly 12"), 40)
    for hours in (15, 10, 5):
        filled(at(hours, project, name=f"Smoke {hours}"), 5)
    run = filled(at(1, project, name="nightly 13"), 40)
    assert found(run) == nightly
    assert next_run(nightly) == run


@pytest.mark.parametrize(
    ("number", "first", "is_same"),
    [(8, 1, True), (10, 1, True), (9, 2, True), (7, 1, False), (12, 1, True)]
    # 8 of 13, 10 of 13, 9 of 11, 8 of 12.
    + [(11, 3, False), (13, 1, False), (10, 2, True), (10, 3, False)],
)
def test_names_that_differ_need_most_cases_in_common(number, first, is_same):
    """Of the ten cases of a run."""
    project = make_project()
    before = filled(at(5, project, name="Tuesday"), number, first=first)
    run = filled(at(1, project, name="Wednesday"), 10)
    assert found(run) == (before if is_same else None)


def test_the_nearer_of_a_like_name_and_like_cases_is_the_run_before():
    project = make_project()
    filled(at(9, project, name="Nightly 1"), 10)
    renamed = filled(at(5, project, name="Every night"), 10)
    filled(at(4, project, name="Smoke"), 2)
    run = filled(at(1, project, name="Nightly 2"), 10)
    assert found(run) == renamed


@pytest.mark.parametrize(("total", "is_same"), [(80, True), (79, False), (125, True)])
def test_runs_of_totals_only_need_totals_that_are_near(total, is_same):
    project = make_project()
    before = at(5, project, name="Tuesday", counts=Counts(passed=total))
    run = at(1, project, name="Wednesday", counts=Counts(passed=90, failed=10))
    assert previous_run(run) == (before if is_same else None)
    rows = filled(at(0.25, project, name="Thursday"), 10)
    assert previous_run(rows) is None


def test_a_run_without_results_has_no_suite_but_its_name():
    project = make_project()
    at(9, project, name="Nightly 1")
    at(5, project, name="Tuesday")
    assert previous_run(at(1, project, name="Wednesday")) is None
    assert previous_run(at(0.25, project, name="Nightly 2")).name == "Nightly 1"


def test_a_manual_run_is_not_before_an_automated_one():
    project = make_project()
    at(5, project, name="Nightly 1", kind="manual")
    assert previous_run(at(1, project, name="Nightly 2")) is None


@pytest.mark.parametrize(("others", "is_found"), [(49, True), (50, False)])
def test_the_fifty_nearest_are_looked_at(others, is_found):
    project = make_project()
    nightly = at(100, project, name="Nightly 1")
    for number in range(others):
        at(99 - number, project, name=f"Smoke {number}")
    run = at(1, project, name="Nightly 2")
    assert previous_run(run) == (nightly if is_found else None)


def test_many_runs_with_names_of_their_own_cost_five_queries(
    django_assert_max_num_queries,
):
    project = make_project()
    names = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta"]
    runs = [
        filled(at(20 - place, project, name=name), 2 if place % 3 else 9)
        for place, name in enumerate(names)
    ]
    with django_assert_max_num_queries(5):
        told = runs_before([run.pk for run in runs])
    # A run of nine against the one of nine, those of two against each other.
    assert {run: row.base for run, row in told.items()} == {
        runs[later].pk: runs[earlier].pk
        for later, earlier in ((2, 1), (3, 0), (4, 2), (5, 4))
    }
