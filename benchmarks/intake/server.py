"""The web process that is measured, and what it and the database cost."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

START_LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """`serve --web-only`, and the process of the database beside it."""

    port: int
    web: psutil.Process
    database: psutil.Process

    def cpu_s(self) -> tuple[float, float]:
        """Of the web process and of the database, since they began."""
        return cpu_s(self.web), cpu_s(self.database)

    def most_memory_mb(self) -> float:
        """The most that its largest process ever had in memory."""
        return max(map(_peak_mb, [self.web, *self.web.children(recursive=True)]))


@contextmanager
def served() -> Iterator[Server]:
    """One web process on the database that Django is set up on here."""
    port = free_port()
    command = ["manage.py", "serve", "--web-only", "--port", str(port)]
    web = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    try:
        wait_until_it_answers(web, f"http://127.0.0.1:{port}/healthz")
        yield Server(port, psutil.Process(web.pid), _database())
    finally:
        web.terminate()
        web.wait()


def wait_until_it_answers(web: subprocess.Popen[bytes], url: str) -> None:
    """Raises RuntimeError where it ends before, or takes too long."""
    deadline = time.monotonic() + START_LIMIT_S
    while web.poll() is None and time.monotonic() < deadline:
        with (
            suppress(OSError),
            urllib.request.urlopen(url, timeout=1),
        ):
            return
        time.sleep(0.2)
    raise RuntimeError("The server does not answer.")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _database() -> psutil.Process:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    parent = psutil.Process(backend).parent()
    assert parent is not None
    return parent


def cpu_s(process: psutil.Process) -> float:
    """With its children, those that ended too."""
    spent = 0.0
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            spent += sum(one.cpu_times()[:4])
    return spent


def _peak_mb(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
