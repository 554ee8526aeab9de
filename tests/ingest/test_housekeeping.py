"""Partitions, retention, frozen months, key rotation, and where no secret may be."""

from __future__ import annotations

import base64
import logging
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction
from django.test import Client

from ingest import tasks
from ingest.connections import map_status, save_connection
from ingest.contract import Counts, Detail, Status
from ingest.housekeeping import keep_house
from ingest.models import (
    Case,
    Connection,
    Project,
    Reject,
    Result,
    ResultChange,
    ResultText,
    Run,
    RunChange,
    RunDay,
    Sync,
)
from ingest.partitions import (
    TABLES,
    drop_old_partitions,
    ensure_partition,
    existing_months,
    oldest_month,
    partition_on,
)
from ingest.rollups import differences, rebuild_all, rebuild_case_times
from ingest.simulator.listener import running
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from ingest.sync import sync_in_foreground
from ingest.upsert import Batch, ProjectStore, Written, mark_run_removed
from tests import clock, factories
from tests.ingest import small_world
from tests.ingest.records import a_batch, a_project, a_result
from tests.services import wait_for

pytestmark = pytest.mark.django_db

NOW = clock.START
TODAY = NOW.date()


def store(project: Project, batch: Batch) -> Written:
    writer = ProjectStore(project)
    with transaction.atomic():
        written = writer.store(batch)
    writer.cases.flush_times()
    return written


def a_run_of(days_ago: int, signs: str = "PF", **values: Any) -> Batch:
    """A run whose results are a minute older than itself, at their vendor's word."""
    start = NOW - timedelta(days=days_ago)
    batch = a_batch(signs, started_at=start, finished_at=start, **values)
    batch.results = [
        a_result(r.key, executed_at=start, raw_status=r.raw_status, message="m")
        if r.status is Status.PASSED
        else a_result(r.key, "F", executed_at=start, message="m")
        for r in batch.results
    ]
    return batch


def of_the_past(project: Project, days_ago: int, **values: Any) -> Run:
    """A run that was stored when it was young, `days_ago` days before today."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.upsert.run.partition_on", lambda start, now: start.date())
        store(project, a_run_of(days_ago, **values))
    return Run.objects.latest("pk")


# --- partitions -------------------------------------------------------------------


@pytest.mark.parametrize("day", [1, 28, 30, 31])
def test_partitions_of_this_and_next_month_are_made_ahead(day: int):
    with clock.stopped(datetime(2026, 1, day, 23, 59, tzinfo=UTC)):
        keep_house()
    assert existing_months() >= {date(2026, 1, 1), date(2026, 2, 1)}


def test_a_partition_is_attached_with_its_indexes():
    ensure_partition(date(2031, 5, 17))
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass",
                [f"{table}_y2031m05"],
            )
            (own,) = cursor.fetchone()
            cursor.execute(
                "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass", [table]
            )
            assert own == cursor.fetchone()[0] > 0
    ensure_partition(date(2031, 5, 1))


@pytest.mark.django_db(transaction=True)
def test_a_partition_made_from_many_threads_at_once_is_made_once():
    days = [date(2032, month, 3) for month in (1, 1, 2, 2, 1, 2)]
    barrier = threading.Barrier(len(days))
    raised: list[BaseException] = []

    def make(day: date) -> None:
        barrier.wait()
        try:
            with transaction.atomic():
                ensure_partition(day)
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=make, args=(day,)) for day in days]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    try:
        assert raised == []
        assert {date(2032, 1, 1), date(2032, 2, 1)} <= existing_months()
    finally:
        forget("y2032m01", "y2032m02")


def forget(*months: str) -> None:
    with connection.cursor() as cursor:
        for month in months:
            for table in TABLES:
                cursor.execute(f"DROP TABLE IF EXISTS {table}_{month}")


@pytest.mark.parametrize(
    ("start", "filed_on"),
    [
        (NOW, TODAY),
        (NOW - timedelta(days=399), TODAY - timedelta(days=399)),
        (NOW - timedelta(days=500), TODAY - timedelta(days=400)),
        (datetime(1, 1, 1, tzinfo=UTC), TODAY - timedelta(days=400)),
        (NOW + timedelta(days=1), TODAY + timedelta(days=1)),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), TODAY + timedelta(days=1)),
        (None, TODAY),
    ],
)
def test_a_run_is_filed_under_its_start_kept_within_reach(
    start: datetime | None, filed_on: date
):
    assert partition_on(start, NOW) == filed_on


# --- retention --------------------------------------------------------------------


def test_retention_drops_the_months_whose_newest_result_is_too_old(settings: Any):
    project = a_project()
    old, young = of_the_past(project, 200), of_the_past(project, 3, external_id="2")
    store(project, a_run_of(200, "PP"))
    assert ResultChange.objects.filter(run=old).exists()
    settings.RETENTION_DAYS = 100
    dropped = drop_old_partitions(TODAY)
    assert old.partition_on.replace(day=1) in dropped
    assert not Result.objects.filter(run=old).exists()
    assert not ResultText.objects.filter(run=old).exists()
    assert not ResultChange.objects.filter(run=old).exists()
    assert Result.objects.filter(run=young).count() == 2
    assert RunDay.objects.filter(run=old).count() == 1
    assert Run.objects.get(pk=old.pk).counts.total == 2
    assert drop_old_partitions(TODAY) == []


def test_a_month_with_one_late_result_stays_whole(settings: Any):
    project = a_project()
    run = of_the_past(project, 200)
    late = a_run_of(200, "PF")
    late.results.append(a_result("late", executed_at=NOW - timedelta(days=5)))
    store(project, late)
    settings.RETENTION_DAYS = 100
    drop_old_partitions(TODAY)
    assert Result.objects.filter(run=run).count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_month_that_is_being_read_is_dropped_the_next_time(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    run = of_the_past(a_project(), 200)
    settings.RETENTION_DAYS = 100
    reads, done = threading.Event(), threading.Event()

    def read() -> None:
        with transaction.atomic():
            assert Result.objects.filter(run=run.pk).count() == 2
            reads.set()
            done.wait(240)
        connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    reads.wait(240)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    monkeypatch.setattr("ingest.partitions.LOCK_TIMEOUT", "200ms")
    assert drop_old_partitions(TODAY) == []
    assert "kept for now" in caplog.text
    done.set()
    reader.join()
    assert run.partition_on.replace(day=1) in drop_old_partitions(TODAY)
    connection.close()


@pytest.fixture
def frozen(settings: Any) -> Run:
    """A run whose rows went with their month."""
    project = a_project()
    run = of_the_past(project, 200, detail=Detail.ROWS)
    of_the_past(project, 3, external_id="young")
    settings.RETENTION_DAYS = 100
    drop_old_partitions(TODAY)
    return Run.objects.get(pk=run.pk)


def kept(run: Run) -> tuple[Any, ...]:
    """All of a run that people see, and its roll-up."""
    unseen = {"read_at", "fingerprint", "must_be_read"}
    row = Run.objects.filter(pk=run.pk).values().get()
    days = list(RunDay.objects.filter(run=run.pk).values("day", "passed", "failed"))
    return {k: v for k, v in row.items() if k not in unseen}, days


def test_a_frozen_run_read_as_it_was_changes_nothing_and_rejects_nothing(frozen: Run):
    before = kept(frozen)
    assert store(frozen.project, a_run_of(200)) == Written(False, 0, 0)
    assert kept(frozen) == before
    assert not Reject.objects.exists()


def test_late_rows_of_a_frozen_run_are_rejects_with_a_sentence(frozen: Run):
    before, cases = kept(frozen), Case.objects.count()
    late = a_run_of(200, "PFP")
    assert store(frozen.project, late) == Written(False, 0, 0)
    assert kept(frozen) == before
    assert Case.objects.count() == cases
    rejects = Reject.objects.filter(run=frozen, resolved_at=None)
    assert rejects.count() == 3 == len(late.rejects)
    assert all("RETENTION_DAYS" in reject.reason for reject in rejects)
    assert not any(reject.is_stored for reject in late.rejects)
    store(frozen.project, a_run_of(200, "PFP"))
    assert rejects.count() == 3
    assert not list(differences())


def test_a_frozen_run_with_totals_only_keeps_them(settings: Any):
    project = a_project()
    values = {"detail": Detail.COUNTS, "vendor_counts": Counts(passed=9, failed=1)}
    run = of_the_past(project, 200, signs="", **values)
    settings.RETENTION_DAYS = 100
    drop_old_partitions(TODAY)
    before = kept(run)
    more = a_run_of(200, "", detail=Detail.COUNTS, vendor_counts=Counts(passed=50))
    store(project, more)
    assert kept(run) == before
    assert Reject.objects.get().run_id == run.pk


def test_a_frozen_run_that_its_vendor_forgot_keeps_its_days(frozen: Run):
    before = kept(frozen)
    assert mark_run_removed(frozen) == 0
    assert kept(frozen) == before


def test_rollups_leave_frozen_months_alone_even_behind_a_month_that_stayed(
    frozen: Run, settings: Any
):
    settings.RETENTION_DAYS = 900
    older = of_the_past(frozen.project, 300, external_id="older")
    assert oldest_month() < frozen.partition_on
    before = kept(frozen), kept(older)
    assert not list(differences())
    rebuild_all()
    assert (kept(frozen), kept(older)) == before


def test_mapping_a_word_asks_for_no_frozen_run(frozen: Run):
    Run.objects.update(unknown_words={"wontfix": 1})
    asked = map_status(frozen.project.connection, "wontfix", Status.BLOCKED)
    assert asked == 1
    assert not Run.objects.get(pk=frozen.pk).must_be_read


def test_first_times_of_cases_outlive_the_rows(frozen: Run):
    times = dict(Case.objects.values_list("key", "first_seen_at"))
    rebuild_case_times(frozen.project)
    assert dict(Case.objects.values_list("key", "first_seen_at")) == times
    assert times["case-0"] == NOW - timedelta(days=200)


@pytest.mark.django_db(transaction=True)
def test_a_full_sync_past_the_retention_is_ok_and_leaves_frozen_months(
    settings: Any, clock: Any
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    long_ago = NOW - timedelta(days=200)
    old = small_world.run(1, ["passed", "failed"], started_at=long_ago)
    gone = small_world.run(2, ["passed"], started_at=long_ago)
    new = small_world.run(3, ["passed"], started_at=NOW - timedelta(hours=5))
    world = small_world.world("testmo", [old, gone, new])
    world.now = NOW
    simulator = SimulatedTestmo(world, relaxed=True)
    with running(simulator) as url:
        row = save_connection(
            vendor="testmo", name="T", base_url=url, secrets=simulator.secrets
        )
        assert sync_in_foreground([row])[0].status == "ok"
        settings.RETENTION_DAYS = 100
        assert long_ago.date().replace(day=1) in drop_old_partitions(TODAY)
        before = list(RunDay.objects.order_by("pk").values())
        simulator.projects[0].runs.remove(gone)
        again = sync_in_foreground([row], is_full=True)[0]
        assert (again.status, again.rejected, again.runs_written) == ("ok", 0, 0)
        old.results = old.results[:1]
        late = sync_in_foreground([row], is_full=True)[0]
        assert (late.status, late.rejected) == ("partial", 1)
        # It is settled now: a plain sync does not stumble over it again.
        assert sync_in_foreground([row])[0].status == "ok"
    assert list(RunDay.objects.order_by("pk").values()) == before
    assert not list(differences())


# --- what else is kept ---------------------------------------------------------------


def test_old_syncs_and_mended_rejects_are_forgotten_and_open_ones_kept():
    project = a_project()
    long_ago = NOW - timedelta(days=31)
    common = {"connection": project.connection, "trigger": "schedule"}
    old = Sync.objects.create(
        **common, requested_at=long_ago, finished_at=long_ago, status="ok"
    )
    Sync.objects.create(
        **common, requested_at=long_ago, finished_at=long_ago, parent=old
    )
    unfinished = Sync.objects.create(**common, requested_at=long_ago)
    new = Sync.objects.create(**common, requested_at=NOW, finished_at=NOW)
    for resolved_at in (long_ago, None, NOW):
        Reject.objects.create(
            connection=project.connection,
            sync=old,
            where="w",
            reason="r",
            reason_key="r",
            payload="{}",
            created_at=long_ago,
            resolved_at=resolved_at,
        )
    keep_house()
    assert set(Sync.objects.all()) == {unfinished, new}
    found = Reject.objects.order_by("pk").values_list("resolved_at", "sync")
    assert list(found) == [(None, None), (NOW, None)]


# --- secrets ------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_a_run_said_before_is_forgotten_with_the_time_that_can_be_looked_at():
    run, now = factories.make_run(), clock.now()
    ages = (timedelta(days=399), timedelta(days=401))
    for age in ages:
        RunChange.objects.create(
            run=run, recorded_from=run.recorded_at, recorded_to=now - age, values={}
        )
    keep_house()
    assert [c.recorded_to for c in RunChange.objects.all()] == [now - ages[0]]


def test_credentials_move_to_the_first_key_and_stay_readable(settings: Any):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIALS_KEYS = [old]
    project = a_project(secrets={"token": "hunter2"})
    settings.CREDENTIALS_KEYS = [new, old]
    keep_house()
    settings.CREDENTIALS_KEYS = [new]
    row = Connection.objects.get(pk=project.connection_id)
    assert row.secrets == {"token": "hunter2"}
    keep_house()
    assert Connection.objects.get(pk=row.pk).credentials == row.credentials


def test_a_lost_key_keeps_no_other_credentials_from_being_rotated(
    settings: Any, caplog: pytest.LogCaptureFixture
):
    lost, old, new = (Fernet.generate_key().decode() for _ in range(3))
    settings.CREDENTIALS_KEYS = [lost]
    a_project("A", secrets={"token": "hunter1"})
    settings.CREDENTIALS_KEYS = [old]
    kept = a_project("B", secrets={"token": "hunter2"}).connection
    settings.CREDENTIALS_KEYS = [new, old]
    keep_house()
    assert "A connection" in caplog.text
    assert "CREDENTIALS_KEYS" in caplog.text
    settings.CREDENTIALS_KEYS = [new]
    assert Connection.objects.get(pk=kept.pk).secrets == {"token": "hunter2"}


SECRETS = {
    "token": "tok-Zx81qq-Geheim",
    "email": "ada@example.com",
    "password": "pw+/9=",
}


@pytest.mark.django_db
def test_no_page_of_the_admin_shows_a_secret(client: Client):
    project = a_project(secrets=SECRETS, memory={"jwt": "eyJhbGciOi"})
    row = project.connection
    sync = Sync.objects.create(
        connection=row, project=project, trigger="person", requested_at=NOW
    )
    reject = Reject.objects.create(
        connection=row, where="w", reason="r", reason_key="r", payload="{}",
        created_at=NOW,
    )  # fmt: skip
    root = get_user_model().objects.create_superuser("root", "r@example.com", "x")
    client.force_login(root)
    pages = ["/admin/"]
    for name, pk in (
        ("connection", row.pk),
        ("project", project.pk),
        ("sync", sync.pk),
        ("reject", reject.pk),
    ):
        pages += [f"/admin/ingest/{name}/", f"/admin/ingest/{name}/{pk}/change/"]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert_no_secret(answer.content.decode(), page)
        assert row.credentials not in answer.content.decode(), page
        assert "eyJhbGciOi" not in answer.content.decode(), page
    for page in ("connection/add/", f"connection/{row.pk}/delete/", "project/add/"):
        assert client.get(f"/admin/ingest/{page}").status_code == 403, page


def assert_no_secret(text: str, where: str) -> None:
    for name, secret in SECRETS.items():
        if name != "email":
            assert secret not in text, where
            assert base64.b64encode(secret.encode()).decode() not in text, where


@pytest.fixture
def disturbed(settings: Any, clock: Any) -> SimulatedTestomatio:
    """A Testomat.io with secrets of its own that answers every sort of refusal."""
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    world = small_world.world("testomatio", [small_world.run(1, ["passed", "failed"])])
    for run in world.projects[0].runs:
        run.tags = ("nightly",)
    return SimulatedTestomatio(world, relaxed=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["status:401", "status:403", "edit", "cut_json", ""])
def test_no_secret_reaches_a_log_or_a_table(
    kind: str, disturbed: SimulatedTestomatio, caplog: pytest.LogCaptureFixture
):
    secrets = disturbed.secrets
    caplog.set_level(logging.DEBUG, logger="ingest")
    with running(disturbed) as url, caplog.at_level(logging.DEBUG):
        row = save_connection(
            vendor="testomatio", name="T", base_url=url, secrets=secrets
        )
        echo = {"error": "refused: " + " ".join(secrets.values())}
        if kind:
            disturbed.faults.add(
                "runs", kind, times=None, after=1, edit=lambda payload: echo
            )
        sync = sync_in_foreground([row])[0]
        assert (sync.status == "ok") == (not kind)
    heard = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for secret in (secrets["token"], secrets["password"]):
        assert secret not in heard
        assert secret not in all_tables(but="credentials")
    assert "eyJ" not in all_tables(but="credentials")


def all_tables(*, but: str) -> str:
    """Every row of every table as text, one column left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT to_jsonb(t) - %s FROM "{table}" t', [but])
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


@pytest.mark.django_db(transaction=True)
def test_house_is_kept_by_a_real_worker(live_worker: Any, settings: Any):
    long_ago = NOW - timedelta(days=31)
    Sync.objects.create(
        connection=a_project().connection,
        trigger="schedule",
        requested_at=long_ago,
        finished_at=long_ago,
        status="ok",
    )
    tasks.keep_house.delay()
    wait_for(lambda: not Sync.objects.exists(), "the house to be kept")
