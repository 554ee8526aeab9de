"""A real PostgreSQL that follows the tests' own by streaming replication."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connections

from dashboard.database.replica import ALIAS
from dashboard.database.replica_engine.base import DatabaseWrapper
from dashboard.embedded import account, keeper
from dashboard.embedded.postgres import PORT, ROLE, Cluster, binaries
from tests.services import let_servers_in, wait_for


class Standby:
    """Made from a base backup of the primary, and never behind unless it is `paused`."""

    def __init__(self, primary: Cluster, folder: Path) -> None:
        let_servers_in(primary)
        self.cluster = Cluster(folder, primary.settings)
        self.cluster.make_folder()
        there = ["-h", str(primary.socket_folder), "-p", str(PORT), "-U", ROLE]
        how = ["--checkpoint=fast", "--write-recovery-conf", "--no-sync"]
        data = ["-D", str(self.cluster.data)]
        subprocess.run([binaries() / "pg_basebackup", *there, *how, *data], check=True)
        for path, _, files in os.walk(self.cluster.data):
            for each in (Path(path), *(Path(path, name) for name in files)):
                account.hand_over(each)
        self.start()

    @property
    def url(self) -> str:
        """As what DATABASE_REPLICA_URL names."""
        name = connections["default"].settings_dict["NAME"]
        host = quote(str(self.cluster.socket_folder), safe="")
        return f"postgresql://{ROLE}@:{PORT}/{name}?host={host}"

    def start(self) -> None:
        keeper.start(self.cluster)

    def stop(self) -> None:
        self.cluster.stop()

    def ask(self, statement: str) -> Any:
        """As somebody who is not Passline."""
        there = {"host": str(self.cluster.socket_folder), "port": PORT}
        name = connections["default"].settings_dict["NAME"]
        with psycopg.connect(dbname=name, user=ROLE, **there, autocommit=True) as asked:
            return asked.execute(statement).fetchone()

    def catch_up(self) -> None:
        """Until all that the primary has committed by now is there."""
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            (length,) = cursor.fetchone()
        asked = f"SELECT pg_last_wal_replay_lsn() >= '{length}'"
        wait_for(lambda: self.ask(asked)[0], "the standby to catch up")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within it nothing new comes to be there."""
        self.catch_up()
        self.ask("SELECT pg_wal_replay_pause()")
        state = "SELECT pg_get_wal_replay_pause_state() = 'paused'"
        wait_for(lambda: self.ask(state)[0], "the standby to pause")
        try:
            yield
        finally:
            self.ask("SELECT pg_wal_replay_resume()")
            self.catch_up()


@contextmanager
def read_from(standby: Standby) -> Iterator[None]:
    """Within it this thread knows it as its replica."""
    config = {**connections.settings["default"]}
    config["ENGINE"] = "dashboard.database.replica_engine"
    config["HOST"] = str(standby.cluster.socket_folder)
    config["OPTIONS"] = {"connect_timeout": 2}
    connections.settings[ALIAS] = config
    # Under the name of the one that tests may ask.
    connections[ALIAS] = DatabaseWrapper(config, "default")
    try:
        yield
    finally:
        connections[ALIAS].close()
        del connections[ALIAS], connections.settings[ALIAS]
