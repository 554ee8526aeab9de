"""The newest of something: a case's results, and the run before a run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.filters import Filters
from dashboard.lists.case_figures import case_figures
from dashboard.metrics.run_before import runs_before
from dashboard.metrics.strips import letters, strips
from dashboard.request_cache import cached_in_request, request_cache
from ingest.contract import Status
from ingest.models import Case, Project, Run
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.make_project()


def run_of(project: Project, hours_ago: float, **values: object) -> Run:
    began = NOW - timedelta(hours=hours_ago)
    return factories.make_run(project, started_at=began, **values)


def test_runs_of_one_moment_stand_in_code_points_of_their_vendors_ids(project):
    for name, letter in (("b", "E"), ("B", "S"), ("a", "F")):
        run = run_of(project, 5, external_id=name)
        factories.make_results(run, letter, cases=["pays"])
    case = Case.objects.get()
    whole = strips([case.pk], Filters())[case.pk]
    assert letters(whole) == "SFE"
    assert letters(strips([case.pk], Filters(), last=2)[case.pk]) == "FE"
    figures = case_figures([case.pk], [project.pk], Filters())[case.pk]
    assert (figures.results, figures.status) == (3, Status.ERROR)


def test_each_case_has_as_many_results_as_asked_whatever_others_have(project):
    for hours_ago in range(9, 1, -1):
        cases = ["often", "rarely"] if hours_ago == 9 else ["often"]
        outcomes = "P" * len(cases)
        factories.make_results(run_of(project, hours_ago), outcomes, cases=cases)
    often, rarely = (Case.objects.get(name=name).pk for name in ("often", "rarely"))
    found = strips([often, rarely], Filters(), last=3)
    assert {case: len(cells) for case, cells in found.items()} == {often: 3, rarely: 1}


def test_of_runs_that_ended_at_one_moment_the_last_by_id_is_the_run_before(project):
    ended = NOW - timedelta(hours=4)
    first, last = (
        run_of(project, 5, external_id=name, finished_at=ended) for name in ("1", "2")
    )
    run = run_of(project, 2)
    for one, letter in ((first, "F"), (last, "P"), (run, "F")):
        factories.make_results(one, letter, cases=["pays"])
    found = runs_before([run.pk])[run.pk]
    assert (found.base, found.newly_failing) == (last.pk, 1)


def test_what_a_page_needs_twice_is_asked_once_for_each_request():
    asked: list[int] = []

    def count() -> int:
        asked.append(1)
        return len(asked)

    with request_cache():
        assert [cached_in_request("n", count), cached_in_request("n", count)] == [1, 1]
    with request_cache():
        assert cached_in_request("n", count) == 2
    assert [cached_in_request("n", count), cached_in_request("n", count)] == [3, 4]
