"""The sync engine over real HTTP against a simulated Testmo that misbehaves."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import F

from ingest import tasks
from ingest.connections import map_status, save_connection
from ingest.contract import Status
from ingest.models import (
    Connection,
    Project,
    Reject,
    Result,
    Run,
    RunChange,
    Sync,
    SyncStatus,
    Trigger,
)
from ingest.rollups import differences
from ingest.simulator.generator import build_world
from ingest.simulator.listener import running
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.world import World
from ingest.sync import carry_out, discover, request_sync, schedule, sync_in_foreground
from tests import clock
from tests.ingest.tables import tables
from tests.services import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@dataclass
class Vendor:
    """A simulated Testmo that is served, and a connection to it."""

    simulator: SimulatedTestmo
    connection: Connection

    def sync(self, **options: Any) -> Sync:
        self.connection.refresh_from_db()
        return sync_in_foreground([self.connection], **options)[0]


@cache
def small_world() -> World:
    """The first projects' newest runs: small enough to be read dozens of times."""
    world = build_world(seed=7, now=NOW, runs=120, days=40)
    world.projects = [p for p in world.projects_of("testmo") if not p.counts_only]
    for project in world.projects:
        visible = [run for run in project.runs if run.started_at <= NOW]
        project.runs = visible[-6:]
    return world


@pytest.fixture
def vendor(settings: Any, clock: Any) -> Iterator[Vendor]:
    """One whose world the test may change."""
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    simulator = SimulatedTestmo(deepcopy(small_world()), relaxed=True)
    with running(simulator) as base_url:
        yield connected(simulator, base_url)


def connected(simulator: SimulatedTestmo, base_url: str) -> Vendor:
    connection = save_connection(
        vendor="testmo",
        name="Testmo",
        base_url=base_url,
        secrets=simulator.secrets,
    )
    simulator.log.clear()
    return Vendor(simulator, connection)


def children(parent: Sync) -> dict[str, Sync]:
    return {str(child.project): child for child in parent.children.all()}


def wipe() -> None:
    Result.objects.all().delete()
    RunChange.objects.all().delete()
    Run.objects.all().delete()
    Project.objects.all().delete()


def test_a_sync_reads_all_projects_and_a_second_one_writes_nothing(vendor: Vendor):
    first = vendor.sync()
    assert first.status == SyncStatus.OK
    assert first.results_written > 100
    assert first.results_read == first.results_written == Result.objects.count()
    before = tables()
    second = vendor.sync()
    assert (second.status, second.runs_written, second.results_written) == ("ok", 0, 0)
    assert tables() == before
    assert not list(differences())


def test_a_full_sync_reads_all_rows_again_and_writes_nothing_new(vendor: Vendor):
    first = vendor.sync()
    full = vendor.sync(is_full=True)
    assert full.results_read == first.results_read
    assert (full.runs_written, full.results_written) == (0, 0)


FAULTS = {
    "401 in the middle": ("/tests", "status:401", {"times": None, "after": 3}),
    "403 in the middle": ("/tests", "status:403", {"times": None, "after": 3}),
    "429 with Retry-After": ("/tests", "status:429", {"times": 2, "retry_after": "7"}),
    "429 without Retry-After": ("/tests", "status:429", {"times": 2}),
    "429 for ever": ("/tests", "status:429", {"times": None, "after": 2}),
    "a burst of 503": ("/tests", "status:503", {"times": 3, "after": 2}),
    "500 for ever": ("/tests", "status:500", {"times": None, "after": 2}),
    "connection reset": ("/tests", "reset", {"times": None, "after": 4}),
    "hang up": ("automation/runs", "disconnect", {"times": None, "after": 1}),
    "truncated answer": ("/tests", "truncate", {"times": None, "after": 4}),
    "truncated JSON": ("/tests", "cut_json", {"times": None, "after": 4}),
    "HTML": ("/tests", "html", {"times": 2, "after": 4}),
    "HTML in place of the list": ("automation/runs\\?", "html", {"times": 1}),
    "empty body": ("/tests", "empty", {"times": 2, "after": 1}),
    "missing paging key": ("runs\\?", "drop_key:next_page", {"times": None}),
    "page to itself": ("runs\\?", "set_key:next_page=1", {"times": None}),
    "row without a key": ("/tests", "drop_field:key", {"times": 2, "rows": 1}),
    "row with a list for a key": ("/tests", "set_field:key=[1]", {"times": 1}),
    "run without an id": ("runs\\?", "drop_field:id", {"times": 1, "rows": 1}),
    "row without a status": ("/tests", "drop_field:status", {"times": 1, "rows": 2}),
    "milestones gone": ("milestones", "status:500", {"times": None}),
}
MENDED_BY_RETRY = {"429 with Retry-After", "429 without Retry-After", "a burst of 503"}


@dataclass
class Undisturbed:
    """A Testmo whose world no test changes, and what a sync without a fault leaves."""

    simulator: SimulatedTestmo
    base_url: str
    tables: dict[str, list[Any]] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def undisturbed() -> Iterator[Undisturbed]:
    simulator = SimulatedTestmo(deepcopy(small_world()), relaxed=True)
    with running(simulator) as base_url:
        yield Undisturbed(simulator, base_url)


@pytest.mark.parametrize("name", FAULTS)
def test_after_a_fault_the_next_plain_sync_leaves_the_undisturbed_tables(
    undisturbed: Undisturbed, settings: Any, clock: Any, name: str
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    undisturbed.simulator.faults.clear()
    vendor = connected(undisturbed.simulator, undisturbed.base_url)
    if not undisturbed.tables:
        assert vendor.sync().status == SyncStatus.OK
        undisturbed.tables = tables()
        vendor.connection.refresh_from_db()
        undisturbed.memory = vendor.connection.memory
        wipe()
    # So that the fault meets the reading of rows, not the look whether there are any.
    Connection.objects.update(memory=undisturbed.memory)
    match, kind, options = FAULTS[name]
    vendor.simulator.faults.add(match, kind, **options)
    disturbed = vendor.sync()
    if name in MENDED_BY_RETRY:
        assert disturbed.status == SyncStatus.OK
    else:
        assert disturbed.status in (SyncStatus.PARTIAL, SyncStatus.FAILED)
        said = " ".join(child.error for child in disturbed.children.all())
        assert disturbed.rejected or len(said) > 20
        assert vendor.simulator.secrets["token"] not in said + disturbed.answer
    vendor.simulator.faults.clear()
    assert vendor.sync().status == SyncStatus.OK
    assert tables() == undisturbed.tables
    assert not list(differences())
    assert not Reject.objects.filter(run__isnull=False, resolved_at=None).exists()


def test_one_failing_project_leaves_the_others_alone(vendor: Vendor):
    broken, *_ = vendor.simulator.projects
    vendor.simulator.faults.add(
        f"projects/{broken.number}/automation/runs", "drop_key:next_page", times=None
    )
    by_project = children(vendor.sync())
    failed = by_project.pop(broken.name)
    assert failed.status == SyncStatus.FAILED
    assert "next_page" in failed.error
    assert by_project
    assert {child.status for child in by_project.values()} == {SyncStatus.OK}


def test_a_run_that_cannot_be_read_costs_only_itself(vendor: Vendor):
    vendor.sync()
    undisturbed = Run.objects.count()
    wipe()
    rows = next(
        entry.path for entry in vendor.simulator.log if entry.path.endswith("/tests")
    )
    vendor.simulator.faults.add(re.escape(rows), "html", times=None)
    parent = vendor.sync()
    assert parent.status == SyncStatus.PARTIAL
    assert "could not be read" in parent.error
    assert Run.objects.count() == undisturbed - 1


def test_an_open_run_is_asked_again_until_it_ends(vendor: Vendor):
    project = vendor.simulator.projects[0]
    run = project.runs[-1]
    ended, run.finished_at = run.finished_at, None
    late, run.results = run.results[-2:], run.results[:-2]
    vendor.sync()
    stored = Run.objects.get(project__name=project.name, name=run.name, is_open=True)
    assert stored.counts.total == len({r.case.number for r in run.results})
    # Its start lies far before the window of the next sync.
    Project.objects.update(synced_from=clock.now() + timedelta(days=1))
    run.finished_at = ended or NOW
    run.results = run.results + late
    # Silent for days, it is asked for ever more rarely, but every day.
    Run.objects.update(read_at=F("read_at") - timedelta(days=1))
    assert vendor.sync().runs_written == 1
    stored.refresh_from_db()
    assert not stored.is_open
    assert Result.objects.filter(run=stored).count() == len(run.results)


def test_a_run_deleted_at_the_vendor_is_marked_by_a_full_sync(vendor: Vendor):
    vendor.sync()
    project = vendor.simulator.projects[0]
    gone = project.runs.pop(0)
    assert vendor.sync().runs_written == 0
    vendor.sync(is_full=True)
    removed = Run.objects.get(removed_at__isnull=False)
    assert removed.external_id.endswith(str(gone.number))
    assert not list(differences())


def test_an_unknown_word_is_ok_and_read_again_once_mapped(vendor: Vendor):
    vendor.sync()
    manual = Run.objects.filter(kind="manual").first()
    assert manual is not None
    row = Result.objects.filter(run=manual).first()
    assert row is not None
    Result.objects.filter(pk=row.pk).update(status=8, raw_status="wontfix")
    Run.objects.filter(pk=manual.pk).update(unknown_words={"wontfix": 1})
    assert map_status(vendor.connection, "wontfix", Status.BLOCKED) == 1
    before = len(vendor.simulator.log)
    assert vendor.sync().status == SyncStatus.OK
    asked = [entry.path for entry in list(vendor.simulator.log)[before:]]
    assert any(path.endswith("/results") for path in asked)
    row.refresh_from_db()
    assert row.status != 8


def test_two_syncs_of_one_connection_at_once_do_the_work_once(vendor: Vendor):
    barrier = threading.Barrier(2)
    outcomes: list[Sync | None] = []

    def ask() -> None:
        barrier.wait()
        try:
            outcomes.append(request_sync(vendor.connection, Trigger.PERSON))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=ask) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcome is None for outcome in outcomes) == [False, True]


def test_a_project_claimed_elsewhere_is_left_alone_with_a_sentence(vendor: Vendor):
    vendor.sync()
    later = clock.now() + timedelta(minutes=5)
    Project.objects.update(claimed_until=later)
    parent = vendor.sync()
    assert parent.status == SyncStatus.FAILED
    assert "under way" in parent.error
    Project.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    assert vendor.sync().status == SyncStatus.OK


def test_a_sync_that_lost_its_claim_stops_writing(vendor: Vendor):
    parent = request_sync(vendor.connection, Trigger.PERSON)
    assert parent is not None
    child = discover(parent)[0]

    def steal(payload: Any) -> Any:
        Project.objects.update(claim="00000000-0000-0000-0000-000000000001")
        connections.close_all()
        return payload

    vendor.simulator.faults.add("/tests", "edit", after=2, edit=steal)
    carry_out(child)
    child.refresh_from_db()
    assert child.status == SyncStatus.FAILED
    assert "claimed by another sync" in child.error
    assert child.runs_written == Run.objects.filter(read_at__isnull=False).count()


@pytest.mark.parametrize("moment", ["claimed_until", "finished_at"])
def test_an_interrupt_leaves_no_claim_whenever_it_comes(vendor: Vendor, moment: str):
    """While the claim is written, and while the sync that has ended is closed."""

    def interrupt(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        claims = Project.objects.filter(claim__isnull=False)
        if sql.startswith("UPDATE") and f'"{moment}"' in sql and claims.exists():
            raise KeyboardInterrupt
        return answer

    with (
        pytest.raises(KeyboardInterrupt),
        connection.execute_wrapper(interrupt),
    ):
        vendor.sync()
    assert not Project.objects.filter(claim__isnull=False).exists()


def test_a_dead_worker_s_sync_is_closed_and_its_project_free_again(vendor: Vendor):
    parent = request_sync(vendor.connection, Trigger.SCHEDULE)
    assert parent is not None
    first, *rest = discover(parent)
    long_ago = clock.now() - timedelta(minutes=6)
    Sync.objects.filter(pk=first.pk).update(status="running", started_at=long_ago)
    Project.objects.filter(pk=first.project_id).update(
        claim="00000000-0000-0000-0000-000000000001", claimed_until=long_ago
    )
    for child in rest:
        carry_out(child)
    schedule.close_dead()
    parent.refresh_from_db()
    assert parent.status == SyncStatus.PARTIAL
    assert "worker ended" in parent.error
    assert vendor.sync().status == SyncStatus.OK


def test_what_a_broker_lost_is_sent_again(vendor: Vendor):
    parent = request_sync(vendor.connection, Trigger.SCHEDULE)
    assert parent is not None
    assert schedule.lost_parents() == []
    Sync.objects.update(requested_at=clock.now() - timedelta(minutes=5))
    assert schedule.lost_parents() == [parent]
    assert schedule.lost_parents() == []


def test_due_connections_are_those_whose_time_has_come(vendor: Vendor):
    assert list(schedule.due_connections()) == [vendor.connection]
    vendor.sync()
    assert list(schedule.due_connections()) == []
    Connection.objects.update(next_sync_at=clock.now() - timedelta(seconds=1))
    assert list(schedule.due_connections()) == [vendor.connection]
    Connection.objects.update(paused_at=clock.now())
    assert list(schedule.due_connections()) == []


def test_an_interrupted_backfill_goes_on_without_reading_twice(vendor: Vendor):
    vendor.simulator.faults.add("/tests", "status:401", after=5, times=None)
    vendor.sync()
    stored = Run.objects.filter(detail="rows", kind="automated").count()
    assert stored >= 3
    vendor.simulator.faults.clear()
    vendor.simulator.log.clear()
    vendor.sync()
    asked = {
        entry.path for entry in vendor.simulator.log if entry.path.endswith("/tests")
    }
    total = Run.objects.filter(detail="rows", kind="automated").count()
    assert len(asked) <= total - stored + 1


def test_a_refused_key_stops_the_connection_and_says_what_to_do(vendor: Vendor):
    vendor.simulator.faults.add("", "status:401", times=None)
    parent = vendor.sync()
    vendor.connection.refresh_from_db()
    assert parent.status == SyncStatus.FAILED
    assert "Enter a valid key" in vendor.connection.last_error
    assert vendor.connection.failing_since is not None
    assert vendor.connection.next_sync_at is not None
    assert vendor.connection.next_sync_at > clock.now() + timedelta(minutes=14)
    vendor.simulator.faults.clear()
    vendor.sync()
    vendor.connection.refresh_from_db()
    assert (vendor.connection.last_error, vendor.connection.failing_since) == ("", None)


@pytest.fixture
def private_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_PRIVATE_VENDOR_URLS", "on")


def test_the_beat_syncs_what_is_due_through_a_real_worker(
    private_urls: None, vendor: Vendor, live_worker: Any
):
    tasks.start_due_syncs.delay()
    finished = Sync.objects.filter(parent=None, finished_at__isnull=False)
    wait_for(finished.exists, "the sync to end")
    parent = Sync.objects.get(parent=None)
    assert (parent.status, parent.trigger) == (SyncStatus.OK, Trigger.SCHEDULE)
    assert Result.objects.count() == parent.results_written > 100
