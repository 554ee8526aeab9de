"""Whole sites on databases of their own: gunicorn, and a worker where work is done."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from dashboard.embedded import processes
from dashboard.embedded.lifeline import die_with_parent
from tests.services import ROOT, free_port, wait_for


@dataclass
class Site:
    """A served Passline as `serve` starts it, open to readers like the demo.

    `cookie` is the session of a person who is logged in, "" where nobody can be.
    """

    database: str
    folder: Path
    redis_url: str
    static_root: Path
    cookie: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, *, with_worker: bool = False) -> None:
        """Start without waiting: several sites become ready side by side."""
        self._start("web", processes.web("127.0.0.1", self.port))
        if with_worker:
            self._start("worker", processes.worker(1))

    def wait(self) -> None:
        wait_for(self._answers, f"the site on port {self.port}")

    def ask_to_stop(self) -> None:
        for process in self._running:
            process.terminate()

    def stop(self) -> None:
        """End what was asked to stop, or does so now."""
        self.ask_to_stop()
        for process in self._running:
            try:
                process.wait(240)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(240)

    @property
    def log(self) -> str:
        """What its processes said; a page that breaks leaves its traceback here."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def _start(self, name: str, words: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        self._running.append(process)

    def environment(self) -> dict[str, str]:
        """That of its processes, and of a command that is to work on it."""
        url = urlsplit(os.environ["DATABASE_URL"])
        return os.environ | {
            "DATABASE_URL": urlunsplit(url._replace(path=f"/{self.database}")),
            "REDIS_URL": self.redis_url,
            "DATA_DIR": str(self.folder),
            "STATIC_ROOT": str(self.static_root),
            "PUBLIC_READ": "on",
            "ALLOW_PRIVATE_VENDOR_URLS": "on",
            **self.settings,
        }

    def _answers(self) -> bool:
        if any(process.poll() is not None for process in self._running):
            pytest.fail(f"a process of the site ended:\n{self.log}")
        try:
            with urllib.request.urlopen(f"{self.url}/login/", timeout=240):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
