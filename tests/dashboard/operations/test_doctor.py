"""What `manage.py doctor` finds: nothing where all is well, and each thing that is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
import redis
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from dashboard.models import Channel, ScheduledTask
from dashboard.operations import broker_client, signs
from dashboard.operations.doctor import (
    configuration,
    database,
    examine,
    files,
    processes,
    stored,
)
from dashboard.operations.doctor.finding import Check, Finding
from ingest.credentials import encrypted
from ingest.models import RunDay
from ingest.partitions import ensure_partition, next_month
from tests import clock
from tests.dashboard.page_reader import person
from tests.factories import make_connection, make_project, make_results, make_run
from tests.services import ROOT, free_port

pytestmark = pytest.mark.django_db
# The tests' server may lose what it holds.
OF_THE_TESTS = {"fsync is off", "full_page_writes is off"}
GOOD_KEY = "Jw8-Rk3mXv0Tq5Zc7Yh1Lp9Fs2Dn4Gb6Wa_Eu8Io0Vt3Mx5KjLh2Qw"


@pytest.fixture(autouse=True)
def _all_is_well(settings, empty_redis):
    settings.SECRET_KEY = GOOD_KEY
    for name in ("worker", "courier", "beat"):
        signs.tell(name)
    person("root", is_superuser=True)
    ensure_partition(clock.today())
    ensure_partition(next_month(clock.today().replace(day=1)))
    tool = make_connection("Mobile")
    make_results(make_run(make_project(tool)), "PF")


def problems(*checks: Check) -> list[str]:
    return [f.what for check in checks for f in check() if f.level == "problem"]


def notes(*checks: Check) -> list[str]:
    return [f.what for check in checks for f in check() if f.level == "note"]


def test_where_all_is_well_there_is_nothing_to_mend():
    found = list(examine.examine())
    wrong = [f.what for f in found if f.level == "problem"]
    assert {what.split(":")[0] for what in wrong} == OF_THE_TESTS
    assert len(wrong) == len(OF_THE_TESTS)
    parts = {"database", "broker", "processes", "clocks", "files", "tools", "secrets"}
    assert {f.about for f in found} >= parts | {"stored"}
    assert all(bool(f.mend) == (f.level != "ok") for f in found)


def test_the_command_says_what_to_do_and_ends_with_1():
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.code == 1
    assert "problem  database: fsync is off" in out.getvalue()
    assert "→ Set fsync = on." in out.getvalue()
    assert "2 to mend" in out.getvalue()


def test_the_command_ends_with_0_where_nothing_must_be_mended(monkeypatch):
    monkeypatch.setattr(database, "_MUST_BE", {"autovacuum": ""})
    monkeypatch.setattr(
        database, "CHECKS", (database.check_server_settings, database.check_server)
    )
    out = StringIO()
    call_command("doctor", "--json", stdout=out)
    found = [Finding(**json.loads(line)) for line in out.getvalue().splitlines()]
    assert {f.level for f in found} <= {"ok", "note"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", "short", "short enough to be guessed"),
        ("SECRET_KEY", "ab" * 40, "short enough to be guessed"),
        ("SECRET_KEY", f"django-insecure-{GOOD_KEY}", "copied from an example"),
        ("CREDENTIALS_KEYS", ["A" * 43 + "="], "everybody can read"),
        ("DEBUG", True, "DEBUG is on"),
        ("ALLOWED_HOSTS", ["*"], "allows every name"),
        ("CSRF_TRUSTED_ORIGINS", ["https://qa.example.com"], "is no allowed host"),
    ],
)
def test_a_setting_that_is_dangerous(settings, name, value, said):
    checks = [c for c in configuration.CHECKS if c.__name__ != "check_by_django"]
    assert problems(*checks) == []
    setattr(settings, name, value)
    (what,) = problems(*checks)
    assert said in what


def test_a_file_of_keys_that_others_may_read(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    file = tmp_path / ".env"
    file.touch(0o600)
    assert problems(configuration.check_what_is_open) == []
    file.chmod(0o644)
    assert len(problems(configuration.check_what_is_open)) == 1


def test_what_is_open_on_purpose_is_a_note(settings):
    settings.PUBLIC_READ = settings.ALLOW_PRIVATE_VENDOR_URLS = True
    assert len(notes(configuration.check_what_is_open)) == 2


def test_tables_of_an_older_and_of_a_newer_program():
    MigrationRecorder(connection).record_applied("ingest", "9999_of_tomorrow")
    (what,) = problems(database.check_migrations)
    assert what == "The database is newer than this program: ingest.9999_of_tomorrow."
    MigrationRecorder.Migration.objects.filter(app="ingest").delete()
    (what,) = problems(database.check_migrations)
    assert what.startswith("These migrations have not run: ingest.00")
    # What is stored is not asked for in tables of another form.
    assert "stored" not in {f.about for f in examine.examine()}


def test_a_table_whose_changes_are_not_counted():
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER count_change ON ingest_run")
    (what,) = problems(database.check_migrations)
    assert "ingest_run" in what


def test_connections_that_run_out(monkeypatch):
    assert problems(database.check_connections) == []
    monkeypatch.setattr(database, "FEW_LEFT", 0.0)
    (what,) = problems(database.check_connections)
    assert "connections are in use" in what


@pytest.fixture
def own_broker(redis_server):
    """Settings of the server that are put back."""
    with redis.Redis.from_url(redis_server) as client:
        yield client
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")


@pytest.mark.parametrize(
    ("policy", "is_problem"),
    [("allkeys-lru", True), ("noeviction", True), ("volatile-lfu", False)],
)
def test_a_broker_that_throws_tasks_away(own_broker, policy, is_problem):
    assert problems(processes.check_broker) == []
    assert "no limit of memory" in notes(processes.check_broker)[0]
    own_broker.config_set("maxmemory", 50_000_000)
    own_broker.config_set("maxmemory-policy", policy)
    assert [policy in what for what in problems(processes.check_broker)] == [
        True
    ] * is_problem


def test_a_queue_that_nobody_empties(own_broker):
    own_broker.rpush("quick", *range(1001))
    assert "1,001 messages wait in the queue quick." in notes(processes.check_broker)


def told_by(name: str, host: str, **said: float | str) -> None:
    now = broker_client.broker().time()[0]
    kept = {"at": now, "clock": now, "program": processes.program_stamp(), **said}
    broker_client.broker().hset(signs.KEY, f"{name}@{host}", json.dumps(kept))


def test_processes_that_do_not_run(own_broker):
    own_broker.delete(signs.KEY)
    found = problems(processes.check_processes)
    assert found == [f"No {n} gives a sign of life." for n in ("worker", "beat")]
    assert len(notes(processes.check_processes)) == 1
    told_by("worker", "a", at=broker_client.broker().time()[0] - 180)
    found = problems(processes.check_processes)
    assert found[0] == "No worker gives a sign of life; the last was 3 min ago."


def test_two_beats_and_a_worker_of_another_release():
    told_by("beat", "another")
    told_by("worker", "another", program="older")
    assert problems(processes.check_processes) == [
        "More than one beat runs; each sends every task.",
        "worker on another runs another program than this one.",
    ]


def test_a_beat_that_sends_nothing():
    ScheduledTask.objects.create(name="x", sent_at=clock.now())
    assert problems(processes.check_schedule) == []
    ScheduledTask.objects.update(sent_at=clock.now() - timedelta(minutes=5))
    assert len(problems(processes.check_schedule)) == 1


@pytest.mark.parametrize(("ahead_s", "level"), [(-10, "note"), (90, "problem")])
def test_a_clock_that_is_wrong(ahead_s, level):
    now = broker_client.broker().time()[0]
    told_by("worker", "far", clock=now + ahead_s)
    (found,) = processes.check_clocks()
    assert found.level == level
    way = "ahead of" if ahead_s > 0 else "behind"
    # Asked at another moment of the same second.
    assert f"worker on far is {abs(ahead_s)} s {way}" in found.what or (
        f"worker on far is {abs(ahead_s) - 1} s {way}" in found.what
    )


def test_a_folder_that_cannot_be_written_and_a_full_disk(
    settings, tmp_path, monkeypatch
):
    settings.DATA_DIR = tmp_path / "gone"
    (what,) = problems(files.check_data_dir)
    assert what.startswith("DATA_DIR cannot be written")
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(files, "LEAST_FREE_MB", 1 << 40)
    (what,) = problems(files.check_data_dir)
    assert "are free for DATA_DIR" in what


def test_static_files_that_are_missing(settings, tmp_path):
    assert problems(files.check_static_files) == []
    settings.STATIC_ROOT = tmp_path
    (what,) = problems(files.check_static_files)
    assert "not collected" in what
    (tmp_path / "staticfiles.json").write_text('{"paths": {"a.css": "a.1.css"}}')
    (what,) = problems(files.check_static_files)
    assert what.startswith("1 static files are missing")


def test_tools_that_fail_or_fall_behind():
    make_connection("Broken", last_error="It said 401.", failing_since=clock.now())
    make_connection("Late", last_success_at=clock.now() - timedelta(days=1))
    make_connection("Paused", last_success_at=None, paused_at=clock.now())
    broken, late = problems(stored.check_tools)
    assert broken.startswith("Broken fails since")
    assert broken.endswith(": It said 401.")
    assert late == "Late brought nothing lately."


def test_secrets_whose_key_is_lost(settings):
    tool = make_connection("Tool")
    tool.secrets = {"token": "abc"}
    tool.save()
    ada = person("ada")
    Authenticator.objects.create(
        user=ada, type="totp", data={"secret": encrypted({"secret": "x"})}
    )
    Channel.objects.create(
        owner=ada, kind="slack", name="QA", sealed_address=encrypted({"url": "x"})
    )
    assert problems(stored.check_secrets) == []
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    of_tool, of_person, of_channel = problems(stored.check_secrets)
    assert of_tool == "The credentials of Tool cannot be read."
    assert "second factor of ada" in of_person
    assert "address of QA" in of_channel


def test_months_that_are_not_made_ahead():
    after = next_month(clock.today().replace(day=1))
    with connection.cursor() as cursor:
        for table in ("ingest_result", "ingest_resulttext"):
            cursor.execute(f"DROP TABLE {table}_{after:y%Ym%m}")
    (what,) = problems(stored.check_months)
    assert f"{after:%Y-%m};" in what


def test_roll_ups_that_are_not_what_their_rows_say():
    assert problems(stored.check_rollups) == []
    RunDay.objects.update(passed=7)
    (what,) = problems(stored.check_rollups)
    assert "stored (" in what


def test_nobody_who_could_administer(django_user_model):
    django_user_model.objects.filter(is_superuser=True).update(is_active=False)
    assert len(problems(stored.check_people)) == 1


def test_without_a_database_the_rest_is_still_checked():
    nowhere = f"postgresql://passline:hunter2@127.0.0.1:{free_port()}/x"
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "problem  database: The database does not answer" in done.stdout
    assert "ok       broker:" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr
