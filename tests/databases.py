"""Databases beside the one that pytest-django makes, on the same server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from django.core.management import call_command
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX

from dashboard.embedded.postgres import binaries


def create_database(name: str, template: str = "") -> None:
    """A database of that name; one of a killed run gives way to it."""
    copied = f' TEMPLATE "{template}"' if template else ""
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"{copied}')


def drop_databases(names: list[str]) -> None:
    with connection._nodb_cursor() as cursor:
        for name in names:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def using_database(name: str) -> Iterator[None]:
    """What this process reads and writes meanwhile is in that database.

    Other tests empty the test database or undo what they did, in any order.
    """
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def empty_database_name() -> str:
    return f"{TEST_DATABASE_PREFIX}{_own_database()}_empty"


def _own_database() -> str:
    """The one that the settings name, whichever is used meanwhile."""
    return urlsplit(os.environ["DATABASE_URL"]).path.removeprefix("/")


def make_empty_database() -> None:
    """A copy of the test database, which pytest-django makes where a test is to use it."""
    name, used = empty_database_name(), str(connection.settings_dict["NAME"])
    # Nobody may be connected to what is copied.
    connection.close()
    if used != _own_database():
        create_database(name, template=used)
        return
    create_database(name)
    with using_database(name):
        call_command("migrate", interactive=False, verbosity=0)


def copy_tables(url: str) -> None:
    """All tables into the empty database at `url`, of another server: half a second where
    migrating takes five.
    """
    ours = urlsplit(os.environ["DATABASE_URL"])
    source = urlunsplit(ours._replace(path=f"/{empty_database_name()}"))
    dump = subprocess.run(
        [binaries() / "pg_dump", "--no-owner", f"--dbname={source}"],
        capture_output=True,
        check=True,
    )
    subprocess.run(
        [binaries() / "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=on", url],
        input=dump.stdout,
        stdout=subprocess.DEVNULL,
        check=True,
    )
