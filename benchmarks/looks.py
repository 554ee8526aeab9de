"""What it costs to see late changes: a plain sync and a look at everything.

    python -m benchmarks.looks [RUNS]

One project of RUNS (5,000) runs of four results each over 390 days, of which nothing has
changed, at each vendor's simulator: requests and seconds of both, beside the first sync.
A vendor's rate limit comes on top: at Testably's 60 requests a minute its look takes at
least as many seconds as it has requests beyond the first sixty.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from datetime import datetime, timedelta

from benchmarks.ground import fresh_database
from benchmarks.table import show
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testifly import SimulatedTestifly
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from ingest.simulator.world import SimCase, SimProject, SimResult, SimRun, World

RUNS, DAYS = 5_000, 390
OUTCOMES = ("passed", "passed", "failed", "skipped")
VENDORS: tuple[type[Simulator], ...] = (
    SimulatedTestmo,
    SimulatedTestomatio,
    SimulatedTestably,
    SimulatedTestifly,
    SimulatedQaTech,
)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with fresh_database():
        rows = [row for vendor in VENDORS for row in measured(vendor, count)]
    show(
        f"Nothing new among {count:,} runs",
        ("vendor, sync", "status", "runs listed", "requests", "seconds"),
        rows,
    )


def measured(vendor: type[Simulator], count: int) -> list[tuple[object, ...]]:
    """A row for the first sync, a plain one and a look."""
    from ingest.connections import save_connection
    from ingest.models import Project
    from ingest.simulator.listener import running
    from ingest.sync import sync_in_foreground

    simulator = vendor(world(vendor.vendor, count), relaxed=True)
    rows: list[tuple[object, ...]] = []
    with running(simulator) as url:
        told = simulator.connections(url)[0]
        connection = save_connection(
            vendor=vendor.vendor,
            name=vendor.vendor,
            base_url=told["base_url"],
            secrets=told["secrets"],
            settings=told["settings"],
            projects=told["projects"],
        )
        for name in ("first", "plain", "look"):
            simulator.log = deque()
            begun = time.perf_counter()
            (parent,) = sync_in_foreground([connection], is_look=name == "look")
            seconds = time.perf_counter() - begun
            rows.append(
                (
                    f"{vendor.vendor}, {name}",
                    parent.status,
                    f"{parent.runs_read:,}",
                    f"{len(simulator.log):,}",
                    f"{seconds:.1f}",
                )
            )
        assert Project.objects.filter(connection=connection, looked_at__isnull=False)
    return rows


def world(vendor: str, count: int) -> World:
    """One project whose runs lie evenly over DAYS."""
    now = datetime.now().astimezone()
    cases = [SimCase(n, f"Case {n}", "Shop / Cart", 45_000) for n in range(1, 5)]
    step = timedelta(days=DAYS) / count
    project = SimProject(number=1, vendor=vendor, name="Product 1", cases=cases)
    for number in range(1, count + 1):
        begun = now - timedelta(days=DAYS) + number * step - timedelta(hours=2)
        project.runs.append(some_run(number, begun, cases))
    return World(seed=1, now=now, projects=[project])


def some_run(number: int, begun: datetime, cases: list[SimCase]) -> SimRun:
    results = [
        SimResult(
            number=number * 10 + index,
            case=case,
            outcome=outcome,
            attempt=1,
            thread=0,
            started_at=begun + index * timedelta(minutes=1),
            duration_ms=45_000,
            message="Expected 3, got 4" if outcome == "failed" else "",
        )
        for index, (case, outcome) in enumerate(zip(cases, OUTCOMES, strict=True))
    ]
    return SimRun(
        number=number,
        name=f"Nightly {number}",
        kind="automated",
        source="web",
        configuration="",
        milestone=None,
        tags=("web",),
        branch="main",
        commit="",
        started_at=begun,
        finished_at=begun + timedelta(minutes=5),
        threads=1,
        results=results,
    )


if __name__ == "__main__":
    main()
