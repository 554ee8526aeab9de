"""Simulated tools whose connections relay, and what tests ask about what they got."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ingest.connections import save_connection
from ingest.models import Project, Result, Run
from ingest.relay.outbox import Queue
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testomatio import SimulatedTestomatio
from tests.clock import now
from tests.dashboard.intake.test_testably import Uploader
from tests.dashboard.intake.test_testmo import Sender, a_test, sender
from tests.dashboard.intake.test_testomatio import reporter
from tests.ingest import small_world
from tests.ingest.served import Served, a_testmo, served, some_run

OTHER = "cd" * 32


@pytest.fixture(autouse=True)
def reachable(settings: Any) -> None:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True


def relaying(vendor: Served) -> Served:
    """The connection as somebody saves it with relay on, once it was read."""
    # What it makes of what it is handed must not have fallen out of the months kept.
    vendor.simulator.clock = now
    assert vendor.sync().status == "ok"
    row = vendor.connection
    row.refresh_from_db()
    save_connection(
        vendor=row.vendor,
        name=row.name,
        base_url=row.base_url,
        settings={**row.settings, "relay": "on"},
        projects=row.project_ids,
    )
    row.refresh_from_db()
    return vendor


@pytest.fixture
def testmo() -> Iterator[Served]:
    with served(a_testmo()) as vendor:
        yield relaying(vendor)


@pytest.fixture
def ci() -> Sender:
    return sender("intake")


def project_of(vendor: Served, name: str = "Product 1") -> Project:
    return Project.objects.get(name=name, connection=vendor.connection)


def queue_of(run: Run) -> Queue:
    return Queue(run.project_id, run.pk)


def states(run: Run) -> list[tuple[str, str]]:
    return list(queue_of(run).parts().values_list("act", "state"))


def posts(vendor: Served, begin: str = "") -> list[str]:
    log = vendor.simulator.log
    return [one.path for one in log if one.method == "POST" and begin in one.path]


def a_pushed_run(ci: Sender, project: Project) -> Run:
    """Two threads with a retry that passed, completed."""
    run = ci.run(project, milestone="Release 1", tags=["nightly"])
    first, second = ci.thread(run), ci.thread(run)
    failed = a_test(
        status="failure",
        elapsed=1_500_000,
        fields=[{"type": 2, "name": "Output", "value": "Expected 3, got 4"}],
    )
    assert ci.append(first, failed, a_test(OTHER, "skipped")).status_code == 204
    assert ci.append(second, a_test(elapsed=500_000)).status_code == 204
    for thread in (first, second):
        path = f"/automation/runs/threads/{thread}/complete"
        assert ci.post(path, {}).status_code == 204
    done = ci.post(f"/automation/runs/{run.pk}/complete", {"measure_elapsed": False})
    assert done.status_code == 204
    return run


def stored_results(run: Run) -> list[tuple[Any, ...]]:
    rows = Result.objects.filter(run=run, removed_at=None).order_by("ordinal")
    return list(
        rows.values_list("case__key", "status", "attempt", "is_final", "duration_ms")
    )


def at_vendor(vendor: Served) -> Any:
    """The only run that was made there."""
    ((_, run),) = vendor.simulator.pushed.values()
    return run


def failed(result: Any) -> Any:
    return replace(result, outcome="failed")


@pytest.fixture
def testomatio() -> Iterator[Served]:
    world = small_world.world("testomatio", [some_run(1)], [some_run(11)])
    with served(SimulatedTestomatio(world, relaxed=True)) as vendor:
        yield relaying(vendor)


@pytest.fixture
def testably() -> Iterator[Served]:
    world = small_world.world("testably", [some_run(1)], [some_run(11)])
    with served(SimulatedTestably(world, relaxed=True)) as vendor:
        yield relaying(vendor)


def uploader(project: Project) -> Uploader:
    return Uploader(reporter("intake", projects=[project]).key)
