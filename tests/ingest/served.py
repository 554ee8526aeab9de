"""A simulated vendor that is served, connected, and can be synced and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ingest.connections import save_connection
from ingest.models import (
    Case,
    Connection,
    Milestone,
    Project,
    Reject,
    Result,
    ResultChange,
    ResultText,
    Run,
    Sync,
)
from ingest.simulator.listener import running
from ingest.simulator.server import Simulator
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.world import SimRun
from ingest.sync import sync_in_foreground
from tests import clock
from tests.ingest import small_world
from tests.ingest.tables import tables

OUTCOMES = ["passed", "failed", "passed", "error", "skipped"]


@dataclass
class Served:
    simulator: Any
    connection: Connection

    def sync(self, **options: Any) -> Sync:
        self.connection.refresh_from_db()
        return sync_in_foreground([self.connection], **options)[0]

    def undisturbed(self) -> dict[str, list[Any]]:
        """What a sync leaves that nothing disturbs; nothing of it stays."""
        parent = self.sync()
        assert parent.status == "ok", parent.error
        left = tables()
        assert left["results"]
        self.forget()
        return left

    def forget(self) -> None:
        """As if nothing had ever been read."""
        for model in (Result, ResultText, ResultChange, Reject, Sync, Run, Case):
            model._default_manager.all().delete()
        Project.objects.all().delete()
        Milestone.objects.all().delete()
        Connection.objects.update(memory={}, next_sync_at=None)


@contextmanager
def served(simulator: Simulator) -> Iterator[Served]:
    with running(simulator) as url:
        told = simulator.connections(url)[0]
        row = save_connection(
            vendor=simulator.vendor,
            name="Vendor",
            base_url=told["base_url"],
            secrets=told["secrets"],
            settings=told["settings"],
            projects=told["projects"],
        )
        yield Served(simulator, row)


def a_testmo(runs: int = 6) -> SimulatedTestmo:
    """Two projects; the runs of the first began an hour after each other."""
    first = [some_run(number) for number in range(1, runs + 1)]
    second = [some_run(11), some_run(12)]
    world = small_world.world("testmo", first, second)
    return SimulatedTestmo(world, relaxed=True)


def some_run(number: int, **values: Any) -> SimRun:
    start = small_world.NOW - timedelta(days=2) + timedelta(hours=number)
    return small_world.run(number, OUTCOMES, started_at=start, **values)


def let_time_pass(minutes: int = 6) -> None:
    """Claims, and what syncs noted of the time, become so much older."""
    past = timedelta(minutes=minutes)
    for project in Project.objects.exclude(claimed_until=None):
        Project.objects.filter(pk=project.pk).update(
            claimed_until=clock.now() - timedelta(seconds=1)
        )
    for sync in Sync.objects.all():
        for name in ("requested_at", "sent_at", "started_at", "finished_at"):
            if getattr(sync, name):
                setattr(sync, name, getattr(sync, name) - past)
        sync.save()
