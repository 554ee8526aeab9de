"""Runs started at the simulated tools over HTTP, from the request to the stored report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from ingest.connections import save_connection
from ingest.models import Connection, Run, StartedRun, Sync
from ingest.simulator.listener import running
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testifly import SimulatedTestifly, case_id, folder_id
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from tests.dashboard.api.test_started import carried_out, client, followed, post, rerun
from tests.dashboard.page_reader import person
from tests.ingest import small_world
from tests.ingest.served import OUTCOMES

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Simulator]


@pytest.fixture(autouse=True)
def reachable(settings, empty_redis) -> None:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True


@pytest.fixture
def user() -> User:
    return person("ci")


def simulated(make: Make, vendor: str, **switches: Any) -> Simulator:
    world = small_world.world(vendor, [small_world.run(1, OUTCOMES)])
    return make(world, **switches)


def connection(simulator: Simulator, url: str) -> Connection:
    """Read once, so that its projects are known."""
    told = simulator.connections(url)[0]
    row = save_connection(
        vendor=simulator.vendor,
        name="Vendor",
        base_url=url,
        secrets=told["secrets"],
        settings=told["settings"],
        projects=told["projects"],
    )
    read(row)
    return row


def read(row: Connection) -> None:
    Sync.objects.create(
        connection=row, trigger="person", requested_at=small_world.NOW, status="queued"
    )
    carried_out()


def pass_time(simulator: Simulator, **time: float) -> None:
    now = simulator.now() + timedelta(**time)
    simulator.clock = lambda: now


def test_qatech_runs_a_plan_and_then_what_failed_in_it(user):
    simulator = simulated(SimulatedQaTech, "qatech")
    with running(simulator) as url:
        row, asks = connection(simulator, url), client(user)
        told = post(asks, row, {})
        assert told.status_code == 202, told.content
        pass_time(simulator, hours=2)
        followed()
        carried_out()
        followed()
        started = StartedRun.objects.get()
        assert started.state == "done", started.sentence
        run = started.run
        assert run.passed + run.failed == len(simulator.projects[0].cases)

        refused = post(asks, row, {"testPlanShortId": "pln_unknown"})
        assert refused.status_code == 422
        assert "Test plan not found." in refused.json()["detail"]

        again = rerun(asks, run.pk, {"only": "failed"})
        if run.failed:
            assert again.status_code == 202
        else:
            assert again.status_code == 422
            assert "nothing to rerun" in again.json()["detail"]
        assert rerun(asks, run.pk, {"only": "all"}).status_code == 202


def test_testifly_runs_a_suite_once_an_agent_is_there(user):
    simulator = simulated(SimulatedTestifly, "testifly")
    with running(simulator) as url:
        row, asks = connection(simulator, url), client(user)
        project = simulator.projects[0]
        suite = {"testSuiteId": folder_id(project, project.cases[0].folder)}
        told = post(asks, row, {**suite, "agentName": "lab"}).json()
        # The same tests a moment later are the same job.
        same = post(asks, row, {**suite, "agentName": "lab"}).json()
        first, second = StartedRun.objects.order_by("pk")
        assert (told["status"], first.handle) == ("accepted", second.handle)
        assert "already" in same["sentence"]
        pass_time(simulator, hours=2)
        followed()
        carried_out()
        followed()
        first.refresh_from_db()
        assert first.state == "done", first.sentence
        assert Run.objects.filter(external_id=first.run_external_id).exists()


def test_testifly_tells_that_it_waits_for_an_agent(user):
    simulator = simulated(SimulatedTestifly, "testifly", agents_connect=False)
    with running(simulator) as url:
        row, asks = connection(simulator, url), client(user)
        project = simulator.projects[0]
        test = {"testId": case_id(project, project.cases[0]), "agentName": "lab"}
        post(asks, row, test)
        pass_time(simulator, minutes=20)
        followed()
        assert "waits for an agent" in StartedRun.objects.get().sentence


def test_testifly_ends_without_a_run(user):
    simulator = simulated(SimulatedTestifly, "testifly", executions_run=False)
    with running(simulator) as url:
        row, asks = connection(simulator, url), client(user)
        project = simulator.projects[0]
        post(asks, row, {"testId": case_id(project, project.cases[0])})
        pass_time(simulator, hours=2)
        followed()
        started = StartedRun.objects.get()
        assert started.state == "lost"
        assert "without a run" in started.sentence


def test_testmo_opens_a_run_that_is_followed_and_closed(user):
    simulator = simulated(SimulatedTestmo, "testmo")
    with running(simulator) as url:
        row, asks = connection(simulator, url), client(user)
        told = post(asks, row, {"name": "Nightly", "source": "backend"})
        assert told.status_code == 202, told.content
        followed()
        carried_out()
        followed()
        started = StartedRun.objects.get()
        assert (started.state, started.run.name) == ("running", "Nightly")
        closed = asks.post(f"/api/v1/runs/{started.run_id}/close/")
        assert closed.status_code == 202, closed.content
        carried_out()
        followed()
        started.refresh_from_db()
        assert started.state == "done"


def test_testomatio_makes_a_run_and_gives_it_another_name(user):
    simulator = simulated(SimulatedTestomatio, "testomatio")
    with running(simulator) as url:
        row, asks = connection(simulator, url), client(user)
        told = post(asks, row, {"title": "Nightly", "kind": "manual"})
        assert told.status_code == 202, told.content
        followed()
        carried_out()
        followed()
        run = StartedRun.objects.get().run
        assert run.name == "Nightly"
        path = f"/api/v1/runs/{run.pk}/"
        body = {"name": "Weekly"}
        changed = asks.patch(path, body, content_type="application/json")
        assert changed.status_code == 202, changed.content
        carried_out()
        run.refresh_from_db()
        assert run.name == "Weekly"


@pytest.mark.parametrize("status", [404, 501])
def test_a_testably_of_today_says_that_it_does_not_offer_it(user, status):
    simulator = simulated(SimulatedTestably, "testably", soon_status=status)
    with running(simulator) as url:
        row, asks = connection(simulator, url), client(user)
        refused = post(asks, row, {"name": "Sprint", "test_case_ids": ["c1"]})
        assert refused.status_code == 409
        assert "This Testably does not offer" in refused.json()["detail"]
