"""The shape of a simulated year of testing, before any vendor's own words for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SimCase:
    """A test with a stable number inside its project; `folder` is "A / B / C"."""

    number: int
    name: str
    folder: str
    typical_ms: int


@dataclass(frozen=True, slots=True)
class SimResult:
    """One execution. `outcome` is passed, failed, error, skipped, blocked or untested.

    `attempt` counts from 1 within the run. `number` is unique in the project.
    """

    number: int
    case: SimCase
    outcome: str
    attempt: int
    thread: int
    started_at: datetime
    duration_ms: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class SimMilestone:
    number: int
    name: str
    starts_at: datetime
    due_at: datetime
    completed_at: datetime | None
    tag: str = ""


@dataclass(slots=True)
class SimRun:
    """`finished_at` is None for the one open run; `custom` counts custom statuses.

    `number` is unique in the world and grows with time. `kind` is automated or manual.
    """

    number: int
    name: str
    kind: str
    source: str
    configuration: str
    milestone: SimMilestone | None
    tags: tuple[str, ...]
    branch: str
    commit: str
    started_at: datetime
    finished_at: datetime | None
    threads: int
    results: list[SimResult] = field(default_factory=list)


@dataclass(slots=True)
class SimProject:
    """`vendor` is the simulator that serves it; `counts_only`: no per-test rows."""

    number: int
    vendor: str
    name: str
    counts_only: bool = False
    cases: list[SimCase] = field(default_factory=list)
    milestones: list[SimMilestone] = field(default_factory=list)
    runs: list[SimRun] = field(default_factory=list)


@dataclass(slots=True)
class World:
    seed: int
    now: datetime
    projects: list[SimProject] = field(default_factory=list)

    def projects_of(self, vendor: str) -> list[SimProject]:
        return [project for project in self.projects if project.vendor == vendor]
