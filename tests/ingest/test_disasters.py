"""Workers, databases and brokers that die in mid-sync: what is left, and what follows."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from kombu import Connection as Broker

from ingest import tasks
from ingest.models import Case, Connection, Project, Result, Run, Sync, Trigger
from ingest.removal import BusyError, remove_connection
from ingest.rollups import differences
from ingest.sync import carry_out, discover, request_sync, schedule, sync_in_foreground
from ingest.sync.prefetch import prefetch
from tests import clock
from tests.faults.own_database import OwnDatabase
from tests.ingest import manage
from tests.ingest.served import Served, a_testmo, let_time_pass, served
from tests.ingest.tables import tables
from tests.services import RedisServer, Worker, free_port, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

# The list of runs of the project that is read last.
LAST_LIST = "projects/1/automation/runs"


@pytest.fixture
def vendor(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    monkeypatch.setenv("ALLOW_PRIVATE_VENDOR_URLS", "on")
    with served(a_testmo()) as vendor:
        yield vendor


def finished() -> Any:
    return Sync.objects.filter(parent=None, finished_at__isnull=False)


# --- a process is killed --------------------------------------------------------------


def test_a_worker_killed_inside_a_transaction_leaves_nothing_half(
    vendor: Served, live_worker: Worker
):
    whole = vendor.undisturbed()
    own = connections.create_connection("default")
    own.set_autocommit(False)
    with own.cursor() as blocker:
        blocker.execute("LOCK TABLE ingest_runday IN EXCLUSIVE MODE")
        tasks.start_due_syncs.delay()
        # It has copied the rows of a run, and waits to write the run's days.
        wait_for(lambda: waits_for_lock("ingest_runday"), "the worker to wait")
        live_worker.kill()
        own.rollback()
    own.close()
    assert Sync.objects.filter(status="running", project__isnull=False).exists()
    refused = vendor.sync()
    assert refused.status == "failed"
    assert "under way since" in refused.error
    assert "within five minutes" in refused.error
    let_time_pass()
    mended = vendor.sync()
    assert mended.status == "ok", mended.error
    assert tables() == whole
    assert not list(differences())
    died = Sync.objects.filter(error__startswith="The worker ended in the middle")
    assert died.exists()


def waits_for_lock(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted "
            "AND relation = %s::regclass",
            [table],
        )
        return bool(cursor.fetchone()[0])


def test_a_worker_killed_between_two_runs_is_made_up_for_by_the_beat(
    vendor: Served, live_worker: Worker, tmp_path: Path
):
    whole = vendor.undisturbed()
    vendor.simulator.faults.add("runs/3/tests", "hang", seconds=60)
    tasks.start_due_syncs.delay()
    wait_for(lambda: Run.objects.filter(project__name="Product 1").count() >= 2, "runs")
    live_worker.kill()
    vendor.simulator.faults.clear()
    let_time_pass()
    again = Worker(str(connection.settings_dict["NAME"]), tmp_path)
    try:
        tasks.start_due_syncs.delay()
        wait_for(lambda: not unfinished().exists(), "what died to be closed")
        Connection.objects.update(next_sync_at=clock.now())
        tasks.start_due_syncs.delay()
        wait_for(finished().filter(status="ok").exists, "the next sync")
    finally:
        again.stop()
    assert tables() == whole


def unfinished() -> Any:
    return Sync.objects.filter(status__in=["queued", "running"])


def test_a_killed_command_blocks_the_next_one_for_no_longer_than_its_claim(
    vendor: Served,
):
    whole = vendor.undisturbed()
    vendor.simulator.faults.add("runs/3/tests", "hang", seconds=60)
    with manage.start("sync") as process:
        wait_for(
            lambda: Run.objects.filter(project__name="Product 1").count() >= 2, "runs"
        )
        process.kill()
    vendor.simulator.faults.clear()
    assert "gives way within five minutes" in vendor.sync().error
    let_time_pass()
    assert vendor.sync().status == "ok"
    assert tables() == whole


def test_a_command_killed_before_it_began_blocks_nobody_for_ever(vendor: Served):
    assert request_sync(vendor.connection, Trigger.COMMAND)
    assert "under way" in vendor.sync().error
    let_time_pass()
    assert vendor.sync().status == "ok"


def test_what_waits_for_workers_that_were_stopped_blocks_a_command_only_for_a_while(
    vendor: Served,
):
    parent = request_sync(vendor.connection, Trigger.SCHEDULE)
    assert parent is not None
    for child in discover(parent):
        schedule.note_sent(child)
    assert "under way" in vendor.sync().error
    let_time_pass()
    # A beat sends them again rather than giving them up.
    schedule.close_dead()
    assert unfinished().filter(parent=parent).count() == 2
    assert vendor.sync().status == "ok"
    assert not unfinished().exists()


def test_a_command_between_two_projects_is_not_taken_for_dead(vendor: Served):
    parent = request_sync(vendor.connection, Trigger.COMMAND)
    assert parent is not None
    first, second = discover(parent)
    long_ago = clock.now() - timedelta(minutes=30)
    Sync.objects.filter(pk=parent.pk).update(started_at=long_ago)
    carry_out(first)
    schedule.close_dead()
    carry_out(second)
    parent.refresh_from_db()
    assert parent.status == "ok"


def test_a_project_claimed_by_a_dead_process_is_free_when_the_claim_ran_out(
    vendor: Served,
):
    vendor.sync()
    Project.objects.update(
        claim="00000000-0000-0000-0000-000000000001",
        claimed_until=clock.now() + timedelta(minutes=5),
    )
    assert "under way" in vendor.sync().error
    let_time_pass()
    assert vendor.sync().status == "ok"


def test_a_child_handed_out_twice_is_carried_out_once(vendor: Served):
    parent = request_sync(vendor.connection, Trigger.PERSON)
    assert parent is not None
    first, second = discover(parent)
    twin = Sync.objects.get(pk=first.pk)
    carry_out(first)
    asked = len(vendor.simulator.log)
    carry_out(twin)
    assert len(vendor.simulator.log) == asked
    first.refresh_from_db()
    assert first.status == "ok"
    carry_out(second)
    parent.refresh_from_db()
    assert parent.status == "ok"


def test_the_claim_is_held_while_a_long_list_needs_no_waiting():
    held: list[int] = []
    assert list(prefetch(iter(range(50)), lambda: held.append(1))) == list(range(50))
    assert len(held) >= 50


def test_two_commands_at_once_do_the_work_once(vendor: Served):
    whole = vendor.undisturbed()
    vendor.simulator.faults.add("runs/3/tests", "hang", seconds=3600)
    commands = [manage.start("sync", "--json") for _ in range(2)]
    wait_for(lambda: any(c.poll() is not None for c in commands), "one to be refused")
    vendor.simulator.faults.let_go()
    said = [command.communicate()[0] for command in commands]
    assert sorted(command.returncode for command in commands) == [0, 1]
    rows = [json.loads(line) for text in said for line in text.splitlines()]
    assert sorted(row["status"] for row in rows) == ["failed", "ok", "ok"]
    (refused,) = (row for row in rows if row["status"] == "failed")
    assert "under way" in refused["error"]
    assert tables() == whole


# --- an error of our own ----------------------------------------------------------


def test_an_error_of_our_own_closes_the_sync_and_frees_the_project(
    vendor: Served, monkeypatch: pytest.MonkeyPatch
):
    whole = vendor.undisturbed()
    with monkeypatch.context() as patch:
        patch.setattr("ingest.upsert.run.rebuild_run_days", lambda runs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            vendor.sync()
    parent = Sync.objects.get(parent=None)
    assert parent.status == "failed"
    assert "ZeroDivisionError" in parent.error
    assert "next sync goes on" in parent.error
    assert not unfinished().exists()
    assert not Project.objects.exclude(claim=None).exists()
    assert vendor.sync().status == "ok"
    assert tables() == whole


def test_a_run_that_the_database_refuses_costs_only_itself(vendor: Served):
    whole = vendor.undisturbed()

    def too_long(payload: Any) -> Any:
        for row in payload["result"]:
            for thread in row["threads"] if row["id"] == 4 else ():
                thread["name"] = "9" * 600
        return payload

    vendor.simulator.faults.add(LAST_LIST, "edit", edit=too_long)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE ingest_thread ADD CONSTRAINT no_long_name "
            "CHECK (1 / (CASE WHEN length(name) < 600 THEN 1 ELSE 0 END) = 1)"
        )
        try:
            parent = vendor.sync()
        finally:
            cursor.execute("ALTER TABLE ingest_thread DROP CONSTRAINT no_long_name")
    assert parent.status == "partial"
    assert "Run 4 could not be stored: division by zero" in parent.error
    assert Run.objects.count() == len(whole["runs"]) - 1
    # A case of the run that was rolled back does not exist: nothing may point to it.
    assert not Result.objects.exclude(case__in=Case.objects.all()).exists()
    assert vendor.sync().status == "ok"
    assert tables() == whole


def test_a_connection_deleted_while_its_sync_runs_ends_it_without_a_trace(
    vendor: Served,
):
    def delete(payload: Any) -> Any:
        try:
            remove_by_force(vendor.connection)
        finally:
            connections.close_all()
        return payload

    vendor.simulator.faults.add("runs/3/tests", "edit", edit=delete)
    parent = vendor.sync()
    assert parent.status == "failed"
    assert "deleted" in parent.error
    assert not Sync.objects.exists()
    assert not Run.objects.exists()


def remove_by_force(row: Connection) -> None:
    """As if the claim had just run out, though the sync is alive."""
    while True:
        Project.objects.update(claimed_until=None)
        with suppress(BusyError):
            remove_connection(row.pk)
            return


def test_a_connection_deleted_while_a_worker_syncs_it_ends_in_quiet(vendor: Served):
    parent = request_sync(vendor.connection, Trigger.PERSON)
    assert parent is not None
    first, _ = discover(parent)
    Connection.objects.all().delete()
    carry_out(first)
    tasks.sync_connection(parent.pk)
    tasks.sync_project(first.pk)
    assert not Sync.objects.exists()


# --- the database goes away ---------------------------------------------------------


def test_a_database_connection_lost_in_mid_sync_is_closed_with_a_sentence(
    vendor: Served, live_worker: Worker
):
    whole = vendor.undisturbed()
    vendor.simulator.faults.add("runs/3/tests", "hang", seconds=3600)
    tasks.start_due_syncs.delay()
    wait_for(lambda: Run.objects.filter(project__name="Product 1").count() >= 2, "runs")
    assert drop_other_connections()
    vendor.simulator.faults.let_go()
    wait_for(finished().exists, "the sync to be closed")
    parent = finished().get()
    assert parent.status == "partial"
    assert "The database broke off" in parent.error
    assert not Project.objects.exclude(claim=None).exists()
    Connection.objects.update(next_sync_at=clock.now())
    tasks.start_due_syncs.delay()
    wait_for(finished().filter(status="ok").exists, "the next sync")
    assert tables() == whole


def drop_other_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def test_a_database_connection_lost_between_two_syncs_is_not_noticed(
    vendor: Served, live_worker: Worker
):
    for count in (1, 2):
        Connection.objects.update(next_sync_at=clock.now())
        tasks.start_due_syncs.delay()
        wait_for(lambda n=count: finished().count() == n, f"sync {count}")
        drop_other_connections()
    assert {sync.status for sync in finished()} == {"ok"}


def test_a_connection_idle_too_long_in_this_process_is_replaced(vendor: Served):
    assert vendor.sync().status == "ok"
    killer = connections.create_connection("default")
    with killer.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    killer.close()
    with pytest.raises(Exception, match="terminat|closed"):
        request_sync(vendor.connection, Trigger.PERSON)
    connections["default"].close_if_unusable_or_obsolete()
    assert vendor.sync().status == "ok"


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[OwnDatabase]:
    database = OwnDatabase(tmp_path)
    yield database
    database.cluster.stop()


def test_a_database_gone_for_a_while_in_mid_sync_ends_the_command_in_a_sentence(
    vendor: Served, own_database: OwnDatabase
):
    whole = vendor.undisturbed()
    simulator = vendor.simulator
    row = Connection.objects.get()
    own_database.copy_of(row)
    simulator.faults.add("runs/3/tests", "hang", seconds=3600)
    with own_database.start("sync") as process:
        stored = "SELECT count(*) FROM ingest_run"
        wait_for(lambda: own_database.one(stored)[0] >= 3, "some runs")
        own_database.kill()
        simulator.faults.let_go()
        _, err = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "The database broke off" in err.strip().splitlines()[-1]
    # While it is gone a command says so too.
    gone = own_database.manage("sync")
    assert (gone.code, "Traceback" in gone.err) == (1, False)
    own_database.cluster.start()
    long_ago = "now() - interval '6 minutes'"
    own_database.one(f"UPDATE ingest_project SET claimed_until = {long_ago}")
    own_database.one(
        f"UPDATE ingest_sync SET started_at = {long_ago}, "
        f"finished_at = CASE WHEN finished_at IS NULL THEN NULL ELSE {long_ago} END"
    )
    ended = own_database.manage("sync")
    assert ended.code == 0, ended
    with own_database.in_use():
        assert tables() == whole
        assert not list(differences())
    died = "SELECT count(*) FROM ingest_sync WHERE error LIKE 'The worker ended%'"
    assert own_database.one(died)[0] >= 1


# --- the broker goes away -------------------------------------------------------------


@pytest.fixture
def own_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    """A Redis that may be killed; the worker of the test uses it."""
    server = RedisServer(free_port(), tmp_path / "redis")
    monkeypatch.setenv("REDIS_URL", server.url)
    yield server
    server.process.kill()
    server.process.wait(240)


def look(redis: str) -> None:
    """What beat does every few seconds, through this Redis."""
    with Broker(redis) as broker:
        tasks.start_due_syncs.apply_async(connection=broker)


def test_what_died_with_a_redis_is_sent_again_and_a_running_sync_goes_on(
    vendor: Served, own_redis: RedisServer, tmp_path: Path
):
    whole = vendor.undisturbed()
    vendor.simulator.faults.add("projects/2/automation/runs", "hang", seconds=3600)
    worker = Worker(str(connection.settings_dict["NAME"]), tmp_path)
    port = int(re.findall(r":(\d+)/", own_redis.url)[0])
    try:
        look(own_redis.url)
        children = Sync.objects.filter(parent__isnull=False)
        wait_for(
            lambda: (
                children.filter(status="running").count() == 1
                and children.filter(status="queued", sent_at__isnull=False).count() == 1
            ),
            "one project to run and one to wait on the queue",
        )
        own_redis.process.kill()
        own_redis.process.wait(240)
        vendor.simulator.faults.let_go()
        wait_for(children.filter(status="ok").exists, "the running one to end")
        own_redis.process = RedisServer(port, tmp_path / "redis").process
        wait_for(worker.listens, "the worker to listen again")
        look(own_redis.url)
        assert children.filter(status="queued").exists(), "not sent again at once"
        let_time_pass(3)
        look(own_redis.url)
        wait_for(finished().exists, "the lost one to be carried out")
    finally:
        worker.kill()
    assert finished().get().status == "ok"
    assert tables() == whole


# --- sums and beat ------------------------------------------------------------------


def test_a_beat_s_look_with_nothing_to_do_writes_nothing(vendor: Served):
    vendor.sync()
    before = list(Sync.objects.order_by("pk").values())
    tasks.start_due_syncs()
    assert list(Sync.objects.order_by("pk").values()) == before


def test_parents_of_both_ways_sum_their_children_up(
    vendor: Served, live_worker: Worker
):
    vendor.simulator.faults.add("/tests", "drop_field:key", rows=1, times=3)
    tasks.start_due_syncs.delay()
    wait_for(finished().exists, "the sync")
    for parent in Sync.objects.filter(parent=None):
        for name in ("runs_read", "results_read", "results_written", "rejected"):
            sums = sum(getattr(child, name) for child in parent.children.all())
            assert getattr(parent, name) == sums > 0, name


def test_two_connections_to_one_instance_synced_at_once_never_mix(vendor: Served):
    twin = Connection.objects.get(pk=vendor.connection.pk)
    twin.pk, twin.name = None, "Twin"
    twin.save()
    outcomes: list[str] = []

    def sync(row: Connection) -> None:
        outcomes.append(sync_in_foreground([row])[0].status)
        connections.close_all()

    workers = [
        threading.Thread(target=sync, args=(row,)) for row in (vendor.connection, twin)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert outcomes == ["ok", "ok"]
    counts = [
        Run.objects.filter(project__connection=row).count()
        for row in (vendor.connection, twin)
    ]
    assert counts == [8, 8]
    milestones = Run.objects.values_list("milestone_links__member__milestone")
    assert len(set(milestones)) == 1
