"""Five simulated tools on loopback, and a site's database filled from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from ingest.connections import save_connection
from ingest.models import Connection
from ingest.simulator.generator import build_world
from ingest.simulator.listener import running
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testifly import SimulatedTestifly
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from ingest.simulator.world import SimMilestone, SimResult, SimRun, World
from ingest.sync import sync_in_foreground
from tests import clock

VENDORS: tuple[type[Simulator], ...] = (
    SimulatedTestmo,
    SimulatedTestomatio,
    SimulatedTestably,
    SimulatedQaTech,
    SimulatedTestifly,
)
LABELS = {
    "testmo": "Testmo",
    "testomatio": "Testomat.io",
    "testably": "Testably",
    "qatech": "QA.tech",
    "testifly": "Testifly",
}
RUNS, DAYS = 60, 45
# The same history on every day: planned for this moment and moved to the present. No
# result of it leaves a window of 7, 14, 30 or 60 days within the next nine hours.
PLANNED_FOR = datetime(2026, 8, 20, 16, tzinfo=UTC)
UNKNOWN_WORD = "wontfix"


@dataclass
class Tool:
    simulator: Simulator
    base_url: str


@contextmanager
def served() -> Iterator[dict[str, Tool]]:
    """The tools by vendor. Their time stands still, so that no new run comes in."""
    now = clock.START
    world = build_world(seed=2026, now=PLANNED_FOR, runs=RUNS, days=DAYS)
    move(world, by=now - PLANNED_FOR)
    with ExitStack() as stack:
        tools = {}
        for make in VENDORS:
            simulator = make(world, relaxed=True, clock=lambda: now)
            base_url = stack.enter_context(running(simulator))
            tools[simulator.vendor] = Tool(simulator, base_url)
        yield tools


def move(world: World, *, by: timedelta) -> None:
    """Let all that happens in the world happen later."""
    world.now += by
    for project in world.projects:
        for milestone in project.milestones:
            _move(milestone, by)
        for run in project.runs:
            for happening in (run, *run.results):
                _move(happening, by)


def _move(happening: SimMilestone | SimRun | SimResult, by: timedelta) -> None:
    for field in fields(happening):
        value = getattr(happening, field.name)
        if isinstance(value, datetime):
            # Most of them are frozen, for the simulators that share them.
            object.__setattr__(happening, field.name, value + by)


def fill(tools: dict[str, Tool]) -> None:
    """Connect and sync all tools; then one fails, one is stale, one is paused.

    One record is rejected, and two results have a status that nobody knows.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "ALLOW_PRIVATE_VENDOR_URLS", True)
        rows = [row for tool in tools.values() for row in _connected(tool)]
        _disturb(tools)
        sync_in_foreground(rows)
        failing = [row for row in rows if row.vendor == "testifly"]
        # For ever, as a key that was taken back is refused for ever.
        tools["testifly"].simulator.faults.add(".", "status:401", times=None)
        sync_in_foreground(failing)
    _age("qatech", hours=3)
    rested = Connection.objects.filter(vendor="qatech").last()
    assert rested is not None
    Connection.objects.filter(pk=rested.pk).update(
        paused_at=clock.now(), paused_by="mara"
    )


def _connected(tool: Tool) -> Iterator[Connection]:
    vendor = tool.simulator.vendor
    for found in tool.simulator.connections(tool.base_url):
        yield save_connection(
            vendor=vendor,
            name=LABELS[vendor] + found["name"].removeprefix(vendor).replace("-", " "),
            base_url=found["base_url"],
            secrets=found["secrets"],
            settings=found["settings"],
            projects=found["projects"],
            # No beat runs here, and a connection is fresh for twice its interval.
            interval_minutes=1440,
        )


def _disturb(tools: dict[str, Tool]) -> None:
    """One run's first two results have a word of nobody's, another run's one has none,
    which makes it a reject.
    """
    faults, results = tools["testably"].simulator.faults, r"GET /v1/runs/[^/]+/results"
    faults.add(results, f'set_field:status="{UNKNOWN_WORD}"', rows=2)
    faults.add(results, "drop_field:status", rows=1)


def _age(vendor: str, *, hours: int) -> None:
    for row in Connection.objects.filter(vendor=vendor):
        assert row.last_success_at is not None
        row.last_success_at -= timedelta(hours=hours)
        row.save(update_fields=["last_success_at"])
