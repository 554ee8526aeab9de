"""The demo's five vendors: started, read, connected, and watched while they sync."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils import timezone

from dashboard.embedded import EmbeddedError
from dashboard.embedded.site import check_port
from dashboard.embedded.supervisor import Service, Supervisor
from ingest.connections import save_connection, vendors
from ingest.models import Connection, Project, RunDay
from ingest.tasks import request_sync

FIRST_PORT = 8101
VENDOR_COUNT = 5
INTERVAL_MINUTES = 5
LOOK_EVERY_S = 1.0


def port_base() -> int:
    """The first of five neighbouring free ports, the same ones whenever possible.

    Raises:
        EmbeddedError: every range that we try is in use.
    """
    for base in range(FIRST_PORT, FIRST_PORT + 500, 10):
        if all(_is_free(port) for port in range(base, base + VENDOR_COUNT)):
            return base
    raise EmbeddedError("No five neighbouring ports are free for the demo's vendors.")


def _is_free(port: int) -> bool:
    try:
        check_port("127.0.0.1", port)
    except EmbeddedError:
        return False
    return True


def start_simulators(
    parent: Supervisor, folder: Path, runs: int
) -> queue.SimpleQueue[dict[str, Any]]:
    """Start the simulated vendors; each object that they announce is queued.

    They announce a connection each, at last `{"ready": true}`; after a restart again.
    """
    announced: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    words = ["--data-dir", str(folder), "--relaxed", f"--port-base={port_base()}"]
    words.append(f"--runs={runs}")
    parent.start(
        Service(
            "simulators",
            ["ingest.simulator", *words],
            read=lambda line: announced.put(json.loads(line)),
        )
    )
    return announced


def connect(announcement: dict[str, Any]) -> Connection:
    """Connect to a simulated vendor and ask for its first sync at once.

    Raises:
        VendorError: the simulator refuses, or does not answer.
    """
    connection = save_connection(
        vendor=announcement["vendor"],
        name=_name(announcement["vendor"], announcement["name"]),
        base_url=announcement["base_url"],
        settings=announcement["settings"],
        secrets=announcement["secrets"],
        projects=announcement["projects"],
        interval_minutes=INTERVAL_MINUTES,
    )
    request_sync(connection.pk)
    return connection


def _name(vendor: str, announced: str) -> str:
    """ "QA.tech" for qatech, "QA.tech 2" for qatech-2."""
    labels = {known.name: known.label for known in vendors()}
    return labels[vendor] + announced.removeprefix(vendor).replace("-", " ")


@dataclass
class Progress:
    """Says once when the overview has numbers, and once when everything is synced."""

    say: Callable[[str], None]
    # How many connections the simulators announced, once they have announced all.
    expected: int | None = None
    started: float = field(default_factory=time.monotonic)
    since: datetime = field(default_factory=timezone.now)
    looked: float = 0.0
    has_numbers: bool = False
    is_synced: bool = False

    def look(self) -> None:
        now = time.monotonic()
        if self.is_synced or now - self.looked < LOOK_EVERY_S:
            return
        self.looked = now
        if not self.has_numbers and RunDay.objects.exists():
            self.has_numbers = True
            self.say(f"Overview shows numbers after {now - self.started:.0f} s.")
        if self.expected and everything_is_synced(self.expected, self.since):
            self.is_synced = True
            self.say(f"All five are synced after {now - self.started:.0f} s.")


def everything_is_synced(expected: int, since: datetime) -> bool:
    """Whether `expected` connections exist and each of their projects succeeded since."""
    has_succeeded = Q(last_success_at__gte=since)
    ready = Connection.objects.filter(has_succeeded).count()
    waiting = Project.objects.exclude(has_succeeded).exists()
    return ready >= expected and not waiting


def is_second_start() -> bool:
    """Whether there are numbers already, of another day perhaps."""
    return RunDay.objects.exists()
