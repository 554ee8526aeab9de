"""The parent of the embedded mode's processes: starts, restarts and ends them."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from dashboard.embedded.lifeline import PARENT_PIPE

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
LOOK_EVERY_S = 0.2
# How long a stopping process may finish its work, then how long its children may.
PATIENCE_S = 5.0
LAST_WORDS_S = 3.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
# A process that lived this long was healthy: its next death is a first one again.
HEALTHY_S = 60.0


@dataclass
class Service:
    """A process that should always run; `command` begins with a Python module.

    `read` is called in a thread of its own with each line of its standard output. With
    `niceness` it gives way to those without, where all want to compute.
    """

    name: str
    command: Sequence[str]
    read: Callable[[bytes], None] | None = None
    niceness: int = 0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    due: float = field(default=0.0)


class Supervisor:
    """Keeps services running until a signal comes; each is a session of its own.

    A Ctrl-C in the terminal therefore reaches only the parent, which then ends the
    services one after the other, and a killed worker's pool can be ended as a group.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.services: list[Service] = []
        self.stopping = False
        self._pipe, self._lifeline = os.pipe()
        self._environment = {**environment, PARENT_PIPE: str(self._pipe)}

    def start(self, service: Service) -> None:
        """Start a service and keep it running from now on."""
        self.services.append(service)
        self._spawn(service)

    def run(self, tick: Callable[[], None]) -> None:
        """Watch the services, and call `tick` between, until SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            while not self.stopping:
                for service in self.services:
                    self._look_after(service)
                tick()
                time.sleep(LOOK_EVERY_S)
        finally:
            self.stop()

    def stop(self) -> None:
        """End all services, last started first: politely, then by group, then hard."""
        self.stopping = True
        running = [s for s in reversed(self.services) if s.process]
        for service in running:
            _signal(service, signal.SIGTERM, group=False)
        _wait(running, PATIENCE_S)
        # A pool's process takes this as an exception, so that it can release its lease.
        for service in running:
            _signal(service, signal.SIGTERM, group=True)
        _wait(running, LAST_WORDS_S)
        for service in running:
            _end_group(service)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _look_after(self, service: Service) -> None:
        process, now = service.process, time.monotonic()
        if process is None:
            if now >= service.due:
                self._spawn(service)
        elif process.poll() is not None:
            _end_group(service)
            service.process = None
            if now - service.started > HEALTHY_S:
                service.pause_s = FIRST_PAUSE_S
            service.due = now + service.pause_s
            logger.warning(
                "%s ended (%s) and is started again in %g s",
                service.name,
                _how(process.returncode),
                service.pause_s,
            )
            service.pause_s = min(2 * service.pause_s, LONGEST_PAUSE_S)

    def _spawn(self, service: Service) -> None:
        service.started = time.monotonic()
        service.process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.embedded.child", *service.command],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if service.read else None,
            pass_fds=[self._pipe],
            start_new_session=True,
        )
        if service.niceness:
            _give_way(service.process.pid, service.niceness)
        if service.read and service.process.stdout:
            each = (service.read, service.process.stdout)
            threading.Thread(target=_read_lines, args=each, daemon=True).start()


def _give_way(pid: int, niceness: int) -> None:
    # It has not begun to make threads and processes, which have what it has.
    own = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, pid, own + niceness)
    # Where Linux shares processors between sessions first, that is without effect.
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(f"{niceness}")


def _read_lines(read: Callable[[bytes], None], lines: IO[bytes]) -> None:
    with lines:
        for line in lines:
            read(line)


def _signal(service: Service, number: signal.Signals, *, group: bool) -> None:
    if service.process is not None:
        with suppress(ProcessLookupError, PermissionError):
            if group:
                os.killpg(service.process.pid, number)
            elif service.process.poll() is None:
                service.process.send_signal(number)


def _end_group(service: Service) -> None:
    """End what a dead process left behind: the pool of a killed worker, say."""
    _signal(service, signal.SIGKILL, group=True)
    if service.process is not None:
        service.process.wait()


def _wait(services: Sequence[Service], limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    for service in services:
        if service.process is not None:
            with suppress(subprocess.TimeoutExpired):
                service.process.wait(max(0.0, deadline - time.monotonic()))


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return signal.Signals(-code).name
