"""Signs of life of workers and beat: a file each, looked at by health checks.

    python -m dashboard.heartbeats worker

Remote control is off, so that nobody can ask a worker; instead it says so itself.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import bootsteps
from celery.signals import beat_init, before_task_publish

EVERY_S = 10
TOO_OLD_S = 60
Tell = Callable[[str], None]


def file_of(name: str, data_dir: Path) -> Path:
    """Two containers may share a folder; the host's name keeps them apart."""
    return data_dir / "heartbeats" / f"{name}-{socket.gethostname()}"


def is_alive(name: str, data_dir: Path) -> bool:
    """Whether the process has given a sign of life within a minute."""
    try:
        age_s = time.time() - file_of(name, data_dir).stat().st_mtime
    except FileNotFoundError:
        return False
    return age_s < TOO_OLD_S


def beat_once(name: str, data_dir: Path) -> None:
    file = file_of(name, data_dir)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch()
    # By the clock that is_alive reads, which need not be the file system's.
    os.utime(file, (time.time(), time.time()))


def worker_step(
    data_dir: Path, tell: Tell, take_back: Tell
) -> type[bootsteps.StartStopStep]:
    """A step of the worker's start that touches its file from the main loop's timer, and
    tells other machines, also that it ends.
    """

    def sign(name: str) -> None:
        beat_once(name, data_dir)
        tell(name)

    class Heartbeat(bootsteps.StartStopStep):
        requires = ("celery.worker.components:Timer",)

        def start(self, parent: Any) -> None:
            name = _name(parent)
            parent.timer.call_repeatedly(EVERY_S, sign, (name,), priority=10)
            sign(name)

        def stop(self, parent: Any) -> None:
            take_back(_name(parent))

    return Heartbeat


def _name(worker: Any) -> str:
    # One that is given no name of its own is "celery@…".
    return str(worker.hostname.partition("@")[0].replace("celery", "worker"))


def watch_beat(data_dir: Path, tell: Tell) -> None:
    """Let every message that beat sends be its sign of life; one comes every 15 s."""

    def sent(**_: Any) -> None:
        beat_once("beat", data_dir)
        tell("beat")

    def started(**_: Any) -> None:
        before_task_publish.connect(sent, weak=False)
        sent()

    beat_init.connect(started, weak=False)


if __name__ == "__main__":
    folder = Path(os.environ.get("DATA_DIR", "var"))
    sys.exit(not is_alive(sys.argv[1], folder))
