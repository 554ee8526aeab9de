"""Clients that keep connections half open, and a web server for them to try."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil

from dashboard.embedded import processes
from dashboard.embedded.lifeline import die_with_parent
from tests.services import ROOT, free_port, wait_for

BYTE_EVERY_S = 0.1


class WebServer:
    """gunicorn as `serve` starts it, but for the class of its worker and for settings."""

    def __init__(
        self,
        database: str,
        folder: Path,
        worker: str = "",
        *,
        port: int | None = None,
        **settings: str,
    ) -> None:
        self.port = port or free_port()
        self.log = folder / "web.log"
        url = urlsplit(os.environ["DATABASE_URL"])
        words = processes.web("127.0.0.1", self.port)
        # However slow the machine is, what is under way may end.
        words.insert(2, "--graceful-timeout=60")
        if worker:
            words.insert(2, f"--worker-class=tests.dashboard.impatient.{worker}")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=os.environ
                | {
                    "DATABASE_URL": urlunsplit(url._replace(path=f"/{database}")),
                    "PUBLIC_READ": "on",
                }
                | settings,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        wait_for(self._answers, "the web server")

    def get(self, path: str) -> tuple[int, bytes]:
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=240) as answer:
            return answer.status, answer.read()

    def connect(self, *, reads_little: bool = False) -> socket.socket:
        client = socket.socket()
        if reads_little:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(240)
        client.connect(("127.0.0.1", self.port))
        return client

    def held(self) -> set[int]:
        """The ports of the clients whose connections the server keeps open."""
        (worker,) = psutil.Process(self.process.pid).children()
        return {
            one.raddr.port
            for one in worker.net_connections()
            if one.raddr and one.laddr.port == self.port
        }

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return int(self.process.wait(240))

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with suppress(OSError):
            return self.get("/healthz")[0] == 200
        return False


@contextmanager
def dripping(steps: list[Callable[[], object]]) -> Iterator[None]:
    """Meanwhile each of them is done again and again, as long as it can be."""
    is_over = threading.Event()

    def drip() -> None:
        while not is_over.is_set():
            for step in steps:
                # The server may have hung up, which is what it should do.
                with suppress(OSError):
                    step()
            time.sleep(BYTE_EVERY_S)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
