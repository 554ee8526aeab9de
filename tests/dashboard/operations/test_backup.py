"""`backup` and `restore`: what comes back, what stays out, and what leaves no trace."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from dashboard.embedded import EmbeddedError, postgres
from dashboard.models import Channel, Scope, Share, Subscription
from dashboard.operations import signs
from dashboard.operations.backup import contents, programs
from dashboard.operations.backup.archive import Manifest, opened
from dashboard.people.tokens import issue_token
from dashboard.precomputed.precompute import precompute
from ingest.credentials import encrypted
from ingest.models import Connection, Project
from tests.dashboard.page_reader import PASSWORD, person
from tests.dashboard.world import make_world
from tests.services import ROOT, wait_for

MARK = "of-nobody-else"
# Beside those that are left out on purpose: when it ran is not what was stored.
OF_THE_RUN = {"django_migrations", "dashboard_changecount", "dashboard_act"}


@dataclass(frozen=True)
class Made:
    """Backups of the database that the tests of this file share, without and with secrets."""

    plain: Path
    whole: Path
    secrets: tuple[str, ...]


def store_secrets() -> tuple[str, ...]:
    """Of each kind that opens something; as they stand in the tables."""
    root = person("root", is_superuser=True)
    tool = Connection.objects.get(name="Testmo")
    tool.secrets = {"token": MARK}
    tool.save()
    token, _ = issue_token(root, by="root", scopes={Scope.READ}, projects=[])
    factor = Authenticator.objects.create(
        user=root, type="totp", data={"secret": encrypted({"secret": MARK})}
    )
    channel = Channel.objects.create(
        owner=root, kind="slack", name="QA", sealed_address=encrypted({"address": MARK})
    )
    Subscription.objects.create(
        owner=root, channel=channel, kind="digest", name="Daily", zone="UTC"
    )
    share = Share.objects.create(
        owner=root, token_hash="5a" * 32, path="/runs/", projects=[]
    )
    browser = Client()
    assert browser.login(username="root", password=PASSWORD)
    session = browser.cookies["sessionid"].value
    return (
        *(root.password, tool.credentials, token.token_hash, factor.data["secret"]),
        *(channel.sealed_address, share.token_hash, session),
    )


@contextmanager
def somebody_writes() -> Iterator[None]:
    """One transaction after another that changes two tables alike, as a sync does."""
    over, begun = threading.Event(), threading.Event()
    dsn = connection.connection.info.dsn

    def write() -> None:
        with psycopg.connect(dsn, autocommit=True) as client:
            number = 0
            while not over.is_set():
                number += 1
                with client.transaction():
                    client.execute(
                        "UPDATE ingest_connection SET backfill_days = %s", [number]
                    )
                    client.execute("UPDATE ingest_project SET version = %s", [number])
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    wait_for(begun.is_set, "the first of them")
    try:
        yield
    finally:
        over.set()
        writer.join(240)


@pytest.fixture(scope="module")
def made(
    django_db_setup: None,
    django_db_blocker: Any,
    redis_server: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("backups")
    plain, whole = folder / "plain.backup", folder / "whole.backup"
    with django_db_blocker.unblock():
        make_world()
        precompute()
        secrets = store_secrets()
        with somebody_writes():
            call_command("backup", str(plain))
        call_command("backup", str(whole), "--with-credentials")
        yield Made(plain, whole, secrets)
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def _database(made: Made, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@dataclass(frozen=True)
class Place:
    """An installation of its own: a database that nobody filled, and its settings."""

    url: str
    data_dir: Path

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": self.url,
                "DATA_DIR": str(self.data_dir),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def place(_database: None, empty_redis: None, tmp_path: Path) -> Iterator[Place]:
    name = "restored"
    server = psycopg.connect(connection.connection.info.dsn, autocommit=True)
    server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    server.execute(f"CREATE DATABASE {name}")
    url = urlsplit(os.environ["DATABASE_URL"])
    yield Place(urlunsplit(url._replace(path=f"/{name}")), tmp_path)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


def tables(url: str | None = None) -> dict[str, list[str]]:
    """Every row of every table as text, by table."""
    dsn = url or connection.connection.info.dsn
    with psycopg.connect(dsn) as client:
        names = client.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = 'public'::regnamespace AND NOT relispartition"
        ).fetchall()
        return {
            name: [
                row
                for (row,) in client.execute(
                    f"SELECT t::text FROM public.{name} t ORDER BY 1"
                )
            ]
            for (name,) in names
        }


def test_a_whole_backup_comes_back_row_by_row(made, place):
    done = place.run("restore", str(made.whole))
    assert done.returncode == 0, done.stderr
    assert "Every roll-up row that was compared is what its rows say." in done.stdout
    assert "fits the keys in CREDENTIALS_KEYS" in done.stdout
    here, there = tables(), tables(place.url)
    assert here.keys() == there.keys()
    filled = {name for name, rows in here.items() if rows}
    assert filled >= {"ingest_result", "ingest_runday", "dashboard_standardfigure"}
    differing = {name for name in here if here[name] != there[name]}
    assert (
        differing - OF_THE_RUN
        == {"django_session", "usersessions_usersession"} & filled
    )
    assert there["django_session"] == []
    assert here["dashboard_act"] == there["dashboard_act"]
    done = place.run("migrate", "--check")
    assert done.returncode == 0, "nothing is left to migrate, and views are there"


def test_without_being_asked_a_backup_holds_nothing_that_opens_anything(made, place):
    said = dump_as_text(made.plain)
    assert [secret for secret in made.secrets if secret in said] == []
    with_secrets = dump_as_text(made.whole)
    missing = [secret for secret in made.secrets if secret not in with_secrets]
    # Of a session, whatever is asked for.
    assert missing == [made.secrets[-1]]
    done = place.run("restore", str(made.plain))
    assert done.returncode == 0, done.stderr
    assert "every tool is paused" in done.stdout
    here, there = tables(), tables(place.url)
    left_out = {*contents.NEVER, *contents.SECRET}
    assert all(there[name] == [] for name in left_out)
    differing = {name for name in here if here[name] != there[name]}
    # The writer went on.
    allowed = {*left_out, *contents.REPLACED, *OF_THE_RUN, "ingest_project"}
    assert differing <= allowed
    with psycopg.connect(place.url) as client:
        row = client.execute(
            "SELECT credentials, paused_by FROM ingest_connection WHERE name = 'Testmo'"
        ).fetchone()
        assert row == ("", "restore")
        (password,) = client.execute("SELECT password FROM auth_user").fetchone()
        assert password.startswith("!")
    link = done.stdout.split("root: ")[1].split()[0]
    assert "/set-password/" in link


def dump_as_text(file: Path) -> str:
    """All that is in it, as somebody would who found it."""
    sql = subprocess.run(
        [postgres.binaries() / "pg_restore", "--file=-", file],
        capture_output=True,
        check=True,
    ).stdout
    with zipfile.ZipFile(file) as archive:
        return sql.decode() + "".join(
            archive.read(name).decode() for name in archive.namelist()
        )


def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(made, place):
    assert place.run("restore", str(made.plain)).returncode == 0
    with psycopg.connect(place.url) as client:
        of_connections = client.execute(
            "SELECT DISTINCT backfill_days FROM ingest_connection"
        ).fetchall()
        of_projects = client.execute(
            "SELECT DISTINCT version FROM ingest_project"
        ).fetchall()
    assert of_connections == of_projects
    assert len(of_projects) == 1


def test_an_installation_in_use_is_kept_unless_that_is_said(made, place):
    assert place.run("migrate").returncode == 0
    # One that was only set up holds nothing yet.
    assert place.run("restore", str(made.whole)).returncode == 0
    with psycopg.connect(place.url) as client:
        client.execute("UPDATE ingest_project SET name = 'Kept'")
    done = place.run("restore", str(made.whole))
    assert done.returncode == 1
    assert "This installation is in use" in done.stderr
    assert "Traceback" not in done.stderr
    with psycopg.connect(place.url) as client:
        names = client.execute("SELECT DISTINCT name FROM ingest_project").fetchall()
        assert names == [("Kept",)]
        client.execute("CREATE TABLE of_a_newer_release (id int)")
    done = place.run("restore", str(made.whole), "--replace")
    assert done.returncode == 0, done.stderr
    there = tables(place.url)
    assert there["ingest_connection"] == tables()["ingest_connection"]
    assert "of_a_newer_release" not in there


def test_tables_of_another_program_are_never_touched(made, place):
    with psycopg.connect(place.url) as client:
        client.execute("CREATE TABLE theirs (id int)")
    done = place.run("restore", str(made.whole), "--replace")
    assert done.returncode == 1
    assert "tables of another program" in done.stderr
    assert list(tables(place.url)) == ["theirs"]


# What the older release would have done.
OLDER_BACKUP = """
import django, sys
django.setup()
from django.core.management import call_command
from dashboard.operations.backup import making
making.unapplied = list
call_command("backup", sys.argv[1])
"""


def test_one_of_an_older_release_is_migrated(made, place):
    assert place.run("restore", str(made.whole)).returncode == 0
    older = place.run("migrate", "dashboard", "0053")
    assert older.returncode == 0, older.stderr
    file = str(place.data_dir / "older")
    # Only a release that has these tables makes a backup of them.
    done = place.run("backup", file)
    assert "The tables are not those of this release" in done.stderr
    subprocess.run(
        [sys.executable, "-c", OLDER_BACKUP, file],
        env={**os.environ, "DATABASE_URL": place.url, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    done = place.run("restore", file, "--replace")
    assert done.returncode == 0, done.stderr
    with psycopg.connect(place.url) as client:
        found = client.execute(
            "SELECT name FROM django_migrations WHERE name LIKE '0060_incident%'"
        ).fetchall()
    assert len(found) == 1


def with_manifest(made: Made, file: Path, **changed: Any) -> Path:
    """A copy that says something else of itself."""
    shutil.copyfile(made.whole, file)
    with opened(made.whole) as (_, manifest):
        told = {name: getattr(manifest, name) for name in Manifest.__slots__}
    size = manifest.dump_bytes
    with file.open("r+b") as target:
        target.truncate(size)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("manifest.json", json.dumps(told | changed))
    return file


@pytest.mark.usefixtures("_database", "empty_redis")
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"migrations": ["dashboard.9999_later"]}, "tables that this release does not"),
        ({"format": 2, "release": "9.0"}, "made by Passline 9.0"),
        ({"server": 99}, "made of PostgreSQL 99"),
        ({"dump_sha256": "0"}, "not a whole backup"),
    ],
)
def test_what_does_not_fit_changes_nothing(made, tmp_path, changed, said):
    file = with_manifest(made, tmp_path / "odd", **changed)
    before = tables()
    with pytest.raises(CommandError, match=said):
        call_command("restore", str(file), "--replace")
    assert tables() == before


@pytest.mark.usefixtures("_database", "empty_redis")
@pytest.mark.parametrize("part", [0.2, 0.9, 0.999])
def test_a_file_that_was_cut_short_changes_nothing(made, tmp_path, part):
    content = made.whole.read_bytes()
    file = tmp_path / "cut"
    file.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(CommandError, match="not a whole backup"):
        call_command("restore", str(file), "--replace")
    assert Project.objects.exists()


@pytest.mark.usefixtures("_database", "empty_redis")
def test_nothing_is_put_back_while_a_worker_runs(made):
    signs.tell("worker")
    with pytest.raises(CommandError, match="These still run"):
        call_command("restore", str(made.whole), "--replace")
    assert Project.objects.exists()


@pytest.mark.usefixtures("_database")
def test_a_file_that_exists_is_kept_unless_that_is_said(made, tmp_path):
    file = tmp_path / "kept"
    file.write_text("mine")
    with pytest.raises(CommandError, match="exists"):
        call_command("backup", str(file))
    assert file.read_text() == "mine"
    call_command("backup", str(file), "--overwrite")
    with opened(file) as (_, manifest):
        assert not manifest.with_credentials
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("_database")
def test_a_backup_that_fails_leaves_no_file(made, tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "NEVER", ("a b'\"",))
    monkeypatch.setattr(
        programs, "_candidates", lambda name: iter([Path("/bin/false")])
    )
    with pytest.raises(CommandError, match="needs a pg_dump that is no older"):
        call_command("backup", str(tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", str(tmp_path / "no" / "folder"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_backup_that_is_ended_leaves_no_file(place, tmp_path, number):
    """Held up by a table that somebody else has."""
    folder = tmp_path / "backups"
    folder.mkdir()
    assert place.run("migrate").returncode == 0
    with psycopg.connect(place.url) as holder:
        holder.execute("LOCK TABLE ingest_case IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen(
            [sys.executable, "manage.py", "backup", str(folder / "x")],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": place.url},
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: list(folder.iterdir()), "the draft")
        process.send_signal(number)
        assert process.wait(240) != 0
    assert list(folder.iterdir()) == []


@pytest.mark.django_db
def test_an_older_pg_dump_of_the_system_gives_way_to_a_newer_one(tmp_path, monkeypatch):
    older = tmp_path / "pg_dump"
    older.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.4'\n")
    older.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    chosen = programs._program("pg_dump", programs.server_major())
    assert chosen == postgres.binaries() / "pg_dump"
    assert programs._program("pg_dump", 12) == older

    def none() -> Path:
        raise EmbeddedError("not installed")

    monkeypatch.setattr(programs, "binaries", none)
    with pytest.raises(Exception, match=f"{older} is of version 12"):
        programs._program("pg_dump", 18)


@pytest.mark.django_db
def test_each_table_that_keeps_a_secret_is_named(made):
    """A column of such a name belongs into contents.py, or into this list with a reason."""
    kept_on_purpose = {
        # They say whether something is the same as before, and open nothing.
        *("ingest_pushedrun.content_hash", "ingest_receivedresult.content_hash"),
        *("ingest_receivedresult.name_hash", "ingest_startedrun.body_hash"),
        *("ingest_case.key_hash", "ingest_startedrun.key", "ingest_case.key"),
        *("ingest_casealias.key_hash", "ingest_casealias.key"),
        *("ingest_milestone.name_key", "ingest_reject.reason_key"),
        # Signed with SECRET_KEY, which is nowhere in the database.
        "dashboard_embed.key",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname || '.' || attname, relname FROM pg_attribute "
            "JOIN pg_class c ON c.oid = attrelid WHERE relkind IN ('r', 'p') "
            "AND relnamespace = 'public'::regnamespace AND NOT relispartition "
            "AND attname ~ 'token|secret|password|credential|sealed|hash|(^|_)key$'"
        )
        found = dict(cursor.fetchall())
    named = {*contents.NEVER, *contents.SECRET, *contents.REPLACED}
    assert {c for c, table in found.items() if table not in named} <= kept_on_purpose
    assert User.objects.exists()
