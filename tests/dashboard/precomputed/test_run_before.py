"""What a run says against the one before it is computed once, and anew once a result of
one of the two is another one; what else happens to their project does not matter.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.metrics import run_before as metric
from dashboard.precomputed import run_before
from dashboard.precomputed.cached import READ
from ingest.models import Result, Run, RunDay
from tests import factories
from tests.dashboard.world import ago

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


@pytest.fixture
def shop():
    return factories.make_project(name="Shop")


@pytest.fixture
def asked(monkeypatch):
    """The runs that were compared, one list for each time."""
    calls = []

    def compared(bases):
        calls.append(sorted(bases))
        return metric.compared(bases)

    monkeypatch.setattr(run_before, "compared", compared)
    return calls


def make_run(project, hours, letters):
    at = ago(hours=hours)
    run = factories.make_run(
        project, started_at=at, finished_at=at + timedelta(hours=1)
    )
    factories.make_results(run, letters)
    return run


def told(*runs):
    found = run_before.runs_before([run.pk for run in runs])
    return {
        run: (one.newly_failing, one.new_failures, one.fixed)
        for run, one in found.items()
    }


def test_it_is_compared_once_however_often_builds_push_into_the_project(shop, asked):
    first, second = make_run(shop, 50, "PPF"), make_run(shop, 40, "PFP")
    assert told(first, second) == {second.pk: (1, 0, 1)}
    third = make_run(shop, 30, "PFP")
    assert told(first, second, third) == {second.pk: (1, 0, 1), third.pk: (0, 0, 0)}
    READ.clear()
    assert told(second, third) == {second.pk: (1, 0, 1), third.pk: (0, 0, 0)}
    assert asked == [[second.pk], [third.pk]]


@pytest.mark.parametrize("changed", [0, 1])
def test_it_is_compared_anew_once_a_result_of_either_is_another_one(
    shop, asked, changed
):
    runs = make_run(shop, 50, "PPF"), make_run(shop, 40, "PFP")
    head = runs[1].pk
    assert told(*runs) == {head: (1, 0, 1)}
    of_run = Result.objects.filter(run=runs[changed]).order_by("case_id")
    factories.remove(of_run[1:2])
    assert told(*runs) == {head: [(0, 1, 1), (0, 0, 1)][changed]}
    assert asked == [[head], [head]]


def test_it_is_compared_anew_while_results_are_pushed_faster_than_days_are_summed_up(
    shop, asked
):
    make_run(shop, 50, "PPP")
    open_run = make_run(shop, 40, "PF")
    assert told(open_run) == {open_run.pk: (1, 0, 0)}
    days = [*RunDay.objects.filter(run=open_run)]
    factories.make_results(open_run, "F", cases=["case 3"])
    RunDay.objects.filter(run=open_run).delete()
    RunDay.objects.bulk_create(days)
    Run.objects.filter(pk=open_run.pk).update(attempts_not_passed=2)
    assert told(open_run) == {open_run.pk: (2, 0, 0)}
