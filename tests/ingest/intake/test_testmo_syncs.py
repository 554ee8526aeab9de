"""What is pushed into a connected Testmo project, and the syncs that come after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ingest.intake.closing import close_run
from ingest.intake.runs import append_results, open_thread
from ingest.intake.testmo import bodies
from ingest.intake.testmo.runs import open_in
from ingest.models import Case, MilestoneMember, Project, Result, Run, RunMilestone
from ingest.rollups import differences
from tests.ingest.served import Served, a_testmo, served

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vendor(settings: Any, clock: Any) -> Iterator[Served]:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    with served(a_testmo()) as vendor:
        yield vendor


def pushed(project: Project, *keys: str, **values: Any) -> Run:
    body = {"name": "Pushed", "source": "web", **values}
    run = open_in(project, bodies.new_run(body))
    tests = [
        {"key": key, "name": key, "status": "passed", "folder": "x"} for key in keys
    ]
    part = bodies.thread_part({"tests": tests}, "web")
    append_results(run.pk, part.results, thread_id=open_thread(run.pk).pk)
    return run


def asked(vendor: Served) -> list[str]:
    return [str(one) for one in vendor.simulator.log]


@pytest.mark.parametrize("options", [{}, {"is_look": True}, {"is_full": True}])
def test_a_sync_leaves_pushed_runs_and_named_milestones_alone(
    vendor: Served, options: dict[str, Any]
):
    assert vendor.sync().status == "ok"
    project = Project.objects.get(name="Product 1")
    is_open = pushed(project, "new_one", milestone="Only named")
    is_closed = pushed(project, "new_one", milestone="release 1")
    close_run(is_closed.pk)
    before = len(asked(vendor))
    assert vendor.sync(**options).status == "ok"
    since = asked(vendor)[before:]
    assert since
    ours = (is_open.external_id, is_closed.external_id, "name:")
    assert [one for one in since if any(word in one for word in ours)] == []
    for run, was_open in ((is_open, True), (is_closed, False)):
        run.refresh_from_db()
        assert (run.removed_at, run.is_open, run.passed) == (None, was_open, 1)
        assert not Result.objects.filter(run=run).exclude(removed_at=None).exists()
        assert RunMilestone.objects.filter(run=run, removed_at=None).count() == 1
    named = MilestoneMember.objects.get(external_id__startswith="name:")
    assert (named.name, named.removed_at) == ("Only named", None)
    # What the vendor has too is the vendor's.
    (link,) = RunMilestone.objects.filter(run=is_closed)
    assert not link.member.external_id.startswith("name:")
    append_results(is_open.pk, bodies.thread_part({"tests": []}, "web").results)
    assert list(differences()) == []


def test_the_case_of_a_pushed_test_is_the_one_that_syncs_read(vendor: Served):
    vendor.sync()
    project = Project.objects.get(name="Product 1")
    known = {
        key.partition(":")[2]: pk
        for key, pk in project.cases.values_list("key", "pk")
        if key.startswith("web:")
    }
    assert known
    run = pushed(project, *known)
    cases = set(Result.objects.filter(run=run).values_list("case", flat=True))
    assert cases == set(known.values())
    number = Case.objects.count()
    vendor.sync()
    assert Case.objects.count() == number
