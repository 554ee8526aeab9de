"""The data that is recorded: five simulated tools, synced twice, one of them in trouble.

What people say about it comes in later, through the forms of the pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.cache import caches

from benchmarks.golden import stillness
from dashboard.models import set_role
from dashboard.readers import Role
from ingest.connections import save_connection
from ingest.models import Connection, Project, Reject, Run, Sync
from ingest.simulator.generator import build_world
from ingest.simulator.listener import running
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testifly import SimulatedTestifly
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from ingest.sync import sync_in_foreground

VENDORS: tuple[type[Simulator], ...] = (
    SimulatedTestmo,
    SimulatedTestomatio,
    SimulatedTestably,
    SimulatedQaTech,
    SimulatedTestifly,
)
RUNS, DAYS = 60, 45
PEOPLE = ("mara", "otto")
Tools = dict[str, tuple[Simulator, str]]


@contextmanager
def tools() -> Iterator[Tools]:
    """Simulators with their addresses by vendor, until the recording has ended."""
    world = build_world(seed=2026, now=stillness.NOW, runs=RUNS, days=DAYS)
    with ExitStack() as stack:
        yield {
            simulator.vendor: (simulator, stack.enter_context(running(simulator)))
            for simulator in (make(world, relaxed=True) for make in VENDORS)
        }


def fill(served: Tools) -> None:
    """Connect all and sync them at two moments; then one fails, one is stale, one is
    paused, one never came to anything, and one project was never read.
    """
    for simulator, _ in served.values():
        simulator.clock = lambda: stillness.EARLIER
    with stillness.at(stillness.EARLIER):
        rows = [row for one in served.values() for row in _connected(*one)]
        sync_in_foreground(rows)
    for simulator, _ in served.values():
        simulator.clock = lambda: stillness.NOW
    with stillness.at(stillness.NOW):
        _disturb(served)
        sync_in_foreground([row for row in rows if row.vendor != "qatech"])
        served["testifly"][0].faults.add(".", "status:401", times=None)
        sync_in_foreground([row for row in rows if row.vendor == "testifly"])
        _odd_rows(rows)
        precompute()


def make_people() -> None:
    """An administrator and an editor."""
    password = make_password("a word", salt="saltofrecordings")
    mara, otto = (
        User.objects.create(username=name, password=password) for name in PEOPLE
    )
    mara.is_staff = mara.is_superuser = True
    mara.save()
    set_role(otto, Role.EDITOR)


def _connected(simulator: Simulator, base_url: str) -> Iterator[Connection]:
    for found in simulator.connections(base_url):
        yield save_connection(
            vendor=simulator.vendor,
            name=found["name"].replace("-", " ").title(),
            base_url=found["base_url"],
            secrets=found["secrets"],
            settings=found["settings"],
            projects=found["projects"],
            interval_minutes=60,
        )


def _disturb(served: Tools) -> None:
    """Words that nobody knows, and rows that cannot be read."""
    faults, results = served["testably"][0].faults, r"GET /v1/runs/[^/]+/results"
    faults.add(results, 'set_field:status="wontfix"', rows=2)
    faults.add(results, 'set_field:elapsed="soon"', rows=1)
    served["testomatio"][0].faults.add(r"/runs", "html", after=2)


def _odd_rows(rows: list[Connection]) -> None:
    """What no simulator leaves by itself."""
    paused = [row for row in rows if row.vendor == "qatech"][-1]
    Connection.objects.filter(pk=paused.pk).update(
        paused_at=stillness.NOW, paused_by="mara"
    )
    unread = Connection.objects.create(
        name="Never read", vendor="testmo", base_url="https://unread.example"
    )
    Project.objects.create(connection=unread, external_id="1", name="Nothing yet")
    for trigger, status in (("person", "queued"), ("schedule", "running")):
        Sync.objects.create(
            connection=unread,
            trigger=trigger,
            status=status,
            requested_at=stillness.NOW - timedelta(minutes=3),
            started_at=stillness.NOW if status == "running" else None,
        )
    run = Run.objects.filter(detail="rows", status="failed").latest("at", "pk")
    for number in range(3):
        Reject.objects.create(
            connection=run.project.connection,
            project=run.project,
            run=run if number else None,
            is_stored=number == 1,
            created_at=stillness.NOW - timedelta(hours=number),
            where=f"results[{number}]",
            reason="no id",
            reason_key="no id",
            payload='{"name": "<b>bold</b> & more", "id": null}',
        )


def precompute() -> None:
    """As the beat does it, so that usual windows come from tables and others do not."""
    from dashboard.celery import app

    app.loader.import_default_modules()
    (task,) = [name for name in app.tasks if name.endswith("refresh_standard_figures")]
    app.tasks[task]()


def forget_throttles() -> None:
    if "throttles" in settings.CACHES:
        caches["throttles"].clear()
