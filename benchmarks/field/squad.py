"""Linaro SQUAD in an environment of its own: its packages, database, queue and server.

Nothing of it is a dependency of Passline. It runs as its documentation has it for
production: `squad`, which is gunicorn, PostgreSQL, and a queue for its tasks.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from benchmarks.intake.server import cpu_s, free_port, wait_until_it_answers

VERSION = "1.98"
GROUP = "field"
_GROUP = """
from squad.core.models import Group
group, _ = Group.objects.get_or_create(slug="field")
for number in range({projects}):
    group.projects.get_or_create(slug=f"product-{{number}}")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Squad:
    """A SQUAD that answers; `connection` are the words that open its database."""

    port: int
    token: str
    storage: Path
    connection: str
    web: psutil.Process
    database: psutil.Process

    def cpu_s(self) -> tuple[float, float]:
        """Of the web process and of the database, since they began."""
        return cpu_s(self.web), cpu_s(self.database)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.connection, autocommit=True) as connection:
            cursor = connection.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def squad_in(folder: Path, *, python: str, projects: int) -> Iterator[Squad]:
    """SQUAD on what the folder holds; its projects are made where there are none."""
    from dashboard.embedded.postgres import DATABASE, ROLE, Cluster
    from dashboard.embedded.valkey import Valkey

    folder.mkdir(parents=True, exist_ok=True)
    python = python or _installed(folder / "venv")
    cluster, queue = Cluster(folder / "postgres"), Valkey(folder / "valkey")
    cluster.start()
    queue.start()
    host = str(cluster.socket_folder)
    environment = _environment(folder, host, ROLE, DATABASE, queue)
    try:
        token = _prepared(python, environment, projects)
        with _served(python, environment, folder / "server.log") as (port, web):
            yield Squad(
                port=port,
                token=token,
                storage=folder / "storage",
                connection=f"host={host} user={ROLE} dbname={DATABASE}",
                web=web,
                database=psutil.Process(cluster.running_pid()),
            )
    finally:
        queue.stop()
        cluster.stop()


def _installed(venv: Path) -> str:
    python = venv / "bin" / "python"
    if not (venv / "bin" / "squad").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        needed = (f"squad=={VERSION}", "psycopg2-binary", "redis")
        subprocess.run([*pip, *needed], check=True)
        # It would fetch what browsers load from the Internet whenever it starts.
        for script in venv.glob("lib/*/site-packages/squad/frontend/static/download"):
            script.write_text("#!/bin/sh\n")
    return str(python)


def _environment(
    folder: Path, host: str, role: str, database: str, queue: Any
) -> dict[str, str]:
    """Connections stay open as they do here: by default SQUAD opens one a request."""
    words = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": role,
        "HOST": host,
        "CONN_MAX_AGE": "600",
    }
    of_folder = {
        "SQUAD_STORAGE_DIR": folder / "storage",
        "SQUAD_STATIC_DIR": folder / "static",
        "XDG_DATA_HOME": folder,
        "SECRET_KEY_FILE": folder / "secret.dat",
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {
        **kept,
        **{name: str(path) for name, path in of_folder.items()},
        "ENV": "production",
        "DATABASE": ":".join(f"{name}={value}" for name, value in words.items()),
        # What is queued for a worker waits: that costs SQUAD nothing here.
        "SQUAD_CELERY_BROKER_URL": f"redis+socket://:{queue.password}@{queue.socket_path}",
        "SQUAD_BASE_URL": "http://127.0.0.1",
        "SQUAD_LOG_LEVEL": "WARNING",
        "DJANGO_LOG_LEVEL": "WARNING",
    }


def _prepared(python: str, environment: Mapping[str, str], projects: int) -> str:
    """Tables, static files, projects, and the token of somebody who may submit."""
    token = secrets.token_hex(20)

    def manage(*words: str) -> int:
        command = [python, "-m", "squad.manage", *words]
        done = subprocess.run(
            command, env=environment, stdout=subprocess.DEVNULL, check=False
        )
        return done.returncode

    assert manage("migrate", "-v", "0") == 0
    assert manage("collectstatic", "--no-input", "-v", "0") == 0
    manage("users", "add", "bench", "--superuser", "--passwd", token)
    assert manage("users", "set-token", "bench", token) == 0
    assert manage("shell", "-c", _GROUP.format(projects=projects)) == 0
    return token


@contextmanager
def _served(
    python: str, environment: Mapping[str, str], log: Path
) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    command = [python, "-m", "squad.run", "--fast", "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as said:
        web = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        try:
            wait_until_it_answers(web, f"http://127.0.0.1:{port}/api/version/")
            yield port, psutil.Process(web.pid)
        finally:
            web.terminate()
            web.wait()
