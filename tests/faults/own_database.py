"""A PostgreSQL of one test's own, for what no other test may notice."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from environ import Env

from dashboard.embedded.postgres import DATABASE, ROLE, Cluster
from ingest.models import Connection
from tests.databases import copy_tables
from tests.ingest import manage
from tests.services import wait_for


class OwnDatabase:
    """A PostgreSQL that may be killed: a cluster of its own with Passline's tables."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.cluster = Cluster(folder / "pg", {"fsync": "off"} | settings)
        self.cluster.start()
        place = self.cluster.socket_folder
        self.url = f"postgresql://{ROLE}@/{DATABASE}?host={place}"
        copy_tables(self.url)

    def copy_of(self, row: Connection) -> None:
        """What connects it to a tool."""
        row.pk = None
        with self.in_use():
            row.save(force_insert=True)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """What this process reads and writes meanwhile is in that database."""
        before = dict(connection.settings_dict)
        connection.close()
        connection.settings_dict.update(Env.db_url_config(self.url))
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(before)

    def manage(self, *words: str) -> manage.Ended:
        with self.start(*words) as process:
            out, err = process.communicate()
        return manage.Ended(process.returncode, out, err)

    def start(self, *words: str) -> Any:
        own = manage.on_test_database(DATABASE_URL=self.url)
        return manage.start(*words, environment=own)

    def kill(self) -> None:
        """SIGKILL, as when the machine's memory runs out: no farewell to anybody."""
        pid = self.cluster.running_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self.cluster.running_pid() is None, "PostgreSQL to die")

    def one(self, query: str) -> Any:
        with psycopg.connect(self.url, autocommit=True) as link:
            found = link.execute(query)
            return found.fetchone() if found.description else None
