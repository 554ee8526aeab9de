"""A world small enough to be counted by hand, for the tests of the simulators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ingest.simulator.world import (
    SimCase,
    SimMilestone,
    SimProject,
    SimResult,
    SimRun,
    World,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DURATION_MS = 45_250
MILESTONE = SimMilestone(
    1, "Release 1", NOW - timedelta(days=30), NOW + timedelta(days=30), None
)


def cases(count: int = 12) -> list[SimCase]:
    return [
        SimCase(number, f"Case {number}", "Shop / Cart", DURATION_MS)
        for number in range(1, count + 1)
    ]


def run(
    number: int,
    outcomes: Sequence[str],
    *,
    started_at: datetime = NOW - timedelta(days=1),
    is_open: bool = False,
) -> SimRun:
    """One result a minute: the n-th outcome is that of the n-th case."""
    results = [
        SimResult(
            number=number * 100 + index,
            case=case,
            outcome=outcome,
            attempt=1,
            thread=0,
            started_at=started_at + index * MINUTE,
            duration_ms=DURATION_MS,
            message="Expected 3, got 4" if outcome in ("failed", "error") else "",
        )
        for index, (case, outcome) in enumerate(
            zip(cases(), outcomes, strict=False), start=1
        )
    ]
    ended_at = started_at + (len(results) + 1) * MINUTE
    return SimRun(
        number=number,
        name=f"Run {number}",
        kind="automated",
        source="web",
        configuration="",
        milestone=MILESTONE,
        tags=(),
        branch="",
        commit="",
        started_at=started_at,
        finished_at=None if is_open else ended_at,
        threads=1,
        results=results,
    )


def world(vendor: str, *projects: list[SimRun]) -> World:
    """A project for each list of runs, which are sorted by their start."""
    made = [
        SimProject(
            number=number,
            vendor=vendor,
            name=f"Product {number}",
            cases=cases(),
            milestones=[MILESTONE],
            runs=sorted(runs, key=lambda one: one.started_at),
        )
        for number, runs in enumerate(projects, 1)
    ]
    return World(1, NOW, made)
