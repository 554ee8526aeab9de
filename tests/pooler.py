"""A real PgBouncer between a test and its PostgreSQL, and how to ask through it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from dashboard.embedded import account
from dashboard.embedded.lifeline import die_with_parent
from tests.services import free_port, wait_for

# Where Debian puts it is on root's path alone.
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
MISSING = "pgbouncer is not installed"
IS_REQUIRED = os.environ.get("REQUIRE_POOLER", "").lower() in {"1", "on", "true", "yes"}


def insist() -> None:
    """Raises UsageError where REQUIRE_POOLER asks for a pooler and there is none."""
    if IS_REQUIRED and PROGRAM is None:
        raise pytest.UsageError(f"REQUIRE_POOLER is set, and {MISSING}.")


class PgBouncer:
    """In transaction mode, with so few sessions that every client gets those of others."""

    def __init__(self, folder: Path, pool_size: int) -> None:
        self.port = free_port()
        self._log = folder / "pgbouncer.log"
        file = folder / "pgbouncer.ini"
        file.write_text(_configuration(self.port, pool_size))
        command = account.command([str(PROGRAM), str(file)], [file])
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, preexec_fn=die_with_parent
            )
        wait_for(self._answers, "pgbouncer")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self._log.read_text()
        try:
            with self.session() as session:
                session.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def session(self) -> psycopg.Connection[Any]:
        """Another client of the same pool."""
        where = {"host": "127.0.0.1", "port": self.port, "prepare_threshold": None}
        named = connection.settings_dict
        return psycopg.connect(dbname=named["NAME"], user=named["USER"], **where)

    @property
    def url(self) -> str:
        """As what DATABASE_URL names."""
        named = connection.settings_dict
        return f"postgresql://{named['USER']}@127.0.0.1:{self.port}/{named['NAME']}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def _configuration(port: int, pool_size: int) -> str:
    there = connection.settings_dict
    said = {
        "host": there["HOST"] or there["OPTIONS"].get("host"),
        "port": there["PORT"],
        "dbname": there["NAME"],
        "user": there["USER"],
        "password": there["PASSWORD"],
    }
    target = " ".join(f"{name}={value}" for name, value in said.items() if value)
    return (
        f"[databases]\n{there['NAME']} = {target}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = transaction\ndefault_pool_size = {pool_size}\n"
    )


@contextmanager
def pooled(pool: PgBouncer) -> Iterator[None]:
    """Within it this thread asks through the pool."""
    own = connections["default"]
    through = own.copy()
    through.settings_dict |= {"HOST": "127.0.0.1", "PORT": str(pool.port)}
    through.settings_dict["OPTIONS"].pop("host", None)
    connections["default"] = through
    try:
        yield
    finally:
        through.close()
        connections["default"] = own
