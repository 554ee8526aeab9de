"""The shape of a simulated year of testing, before any vendor's own words for it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class SimCase:
    """A test with a stable number inside its project; `folder` is "A / B / C"."""

    number: int
    name: str
    folder: str
    typical_ms: int


@dataclass(frozen=True, slots=True)
class SimResult:
    """One execution. `outcome` is passed, failed, error, skipped, blocked or untested;
    in Testmo's projects also retest, wontfix (a custom failure) and parked (a custom
    status that says neither passed nor failed).

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

    @property
    def finished_at(self) -> datetime:
        return self.started_at + timedelta(milliseconds=self.duration_ms)


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
    """`finished_at` is None for the one run that never ends.

    `number` is unique in the world and grows with time. `kind` is automated or manual.
    The world reaches some hours beyond its `now`, so that a demo lives on: what a
    vendor would show at a moment comes from `SimProject.runs_at`, `is_open_at` and
    `results_at`, never from the bare fields.
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

    def is_open_at(self, now: datetime) -> bool:
        return self.finished_at is None or self.finished_at > now

    def finished_by(self, now: datetime) -> datetime | None:
        """The end of the run when it has been reached, else None."""
        return None if self.is_open_at(now) else self.finished_at

    def results_at(self, now: datetime) -> list[SimResult]:
        """The results that have come in; all of them once the run is finished."""
        if not self.is_open_at(now):
            return self.results
        return [result for result in self.results if result.finished_at <= now]

    def pending_at(self, now: datetime) -> list[SimCase]:
        """The cases of an open run that have no result yet, each once, in order."""
        if not self.is_open_at(now):
            return []
        done = {result.case.number for result in self.results_at(now)}
        waiting = {
            result.case.number: result.case
            for result in self.results
            if result.case.number not in done
        }
        return list(waiting.values())


@dataclass(slots=True)
class SimProject:
    """`vendor` is the simulator that serves it; `counts_only`: no per-test rows.
    `planned`: by a milestone's number, the cases that somebody assigned to it.
    """

    number: int
    vendor: str
    name: str
    counts_only: bool = False
    cases: list[SimCase] = field(default_factory=list)
    milestones: list[SimMilestone] = field(default_factory=list)
    runs: list[SimRun] = field(default_factory=list)
    planned: dict[int, list[SimCase]] = field(default_factory=dict)

    def runs_at(self, now: datetime) -> list[SimRun]:
        """The runs that have started, oldest first."""
        starts = [run.started_at for run in self.runs]
        return self.runs[: bisect_right(starts, now)]


@dataclass(slots=True)
class World:
    seed: int
    now: datetime
    projects: list[SimProject] = field(default_factory=list)

    def projects_of(self, vendor: str) -> list[SimProject]:
        return [project for project in self.projects if project.vendor == vendor]
