"""Testifly's jobs: one for each run, those that clients queue, and two that fail."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from ingest.simulator.moments import changed_at, rows_at, to_milliseconds
from ingest.simulator.world import SimCase, SimProject, SimResult, SimRun

# What the API lists of a project without being given ids.
LISTED = timedelta(days=31)
WAIT_FOR_START, WAIT_FOR_AGENT = timedelta(seconds=5), timedelta(seconds=10)
FIRST_NUMBER = 950_001
FAILURES = ("failed", "error")
FAILS_EVERY, FAILURE = 11, "The expected page did not appear."


def object_id(kind: str, *numbers: object) -> str:
    """24 hexadecimal digits that tell nothing about time."""
    text = ":".join(map(str, (kind, *numbers)))
    return sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is None for a job that never gets one; `selector` says what was asked.

    stuck: its agent never connects.
    """

    job_id: str
    created_at: datetime
    run: SimRun | None = None
    selector: str = ""
    agent: str = ""
    stuck: bool = False

    def status(self, now: datetime) -> str:
        if not self._has_begun(now):
            is_waiting = self.agent or self.stuck
            is_pending = now < self.created_at + WAIT_FOR_START
            return (
                "PendingAgentConnection" if is_waiting and not is_pending else "Pending"
            )
        if self.run is None:
            return "Failed"
        if self.run.is_open_at(now):
            return "InProgress"
        failed = any(row.state in FAILURES for row in rows_at(self.run, now))
        return "Failed" if failed else "Success"

    def body(self, now: datetime, null_run_id: bool) -> dict[str, Any]:
        body: dict[str, Any] = {
            "jobId": self.job_id,
            "status": self.status(now),
            "updatedAt": to_milliseconds(self.updated_at(now)),
        }
        if self.run is not None and self._has_begun(now):
            body["testRunId"] = object_id("run", self.run.number)
        elif null_run_id:
            body["testRunId"] = None
        return body

    def updated_at(self, now: datetime) -> datetime:
        if self.run is not None and self._has_begun(now):
            return changed_at(self.run, now)
        waited_until = self.created_at + WAIT_FOR_START
        return self.created_at if now < waited_until else waited_until

    def _has_begun(self, now: datetime) -> bool:
        if self.stuck:
            return False
        if self.run is None:
            return now >= self.created_at + WAIT_FOR_START
        return now >= self.run.started_at


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks for, and what will become of it.

    connects: whether the agent ever does. runs: whether a run ever begins.
    """

    selector: str
    agent: str
    connects: bool = True
    runs: bool = True


class JobQueue:
    """The jobs of all projects; what a client queues is here from then on."""

    def __init__(self, now: datetime) -> None:
        self._born = now
        self._lock = threading.Lock()
        self._queued: dict[int, list[Job]] = {}
        self._count = 0

    def runs_of(self, project: SimProject, now: datetime) -> list[SimRun]:
        queued = [job.run for job in self._own(project)]
        return project.runs_at(now) + [
            run for run in queued if run is not None and run.started_at <= now
        ]

    def of(self, project: SimProject, now: datetime) -> list[Job]:
        """Every job of the project, oldest first."""
        jobs = [_job_of(run) for run in project.runs_at(now)]
        return sorted(
            [*jobs, *self._odd(project), *self._own(project)],
            key=lambda job: job.created_at,
        )

    def listed(self, project: SimProject, now: datetime) -> list[Job]:
        """The jobs of the last month."""
        jobs = self.of(project, now)
        return [job for job in jobs if job.created_at > now - LISTED]

    def queue(
        self, project: SimProject, cases: list[SimCase], wanted: Wanted, now: datetime
    ) -> tuple[Job, bool]:
        """The job and whether it is new: a waiting or running twin is given back."""
        with self._lock:
            own = self._queued.setdefault(project.number, [])
            for job in own:
                is_done = job.status(now) in ("Success", "Failed")
                same = (job.selector, job.agent) == (wanted.selector, wanted.agent)
                if same and not is_done:
                    return job, False
            number = FIRST_NUMBER + self._count
            self._count += 1
            own.append(_new_job(number, cases, wanted, now))
            return own[-1], True

    def _own(self, project: SimProject) -> list[Job]:
        with self._lock:
            return list(self._queued.get(project.number, ()))

    def _odd(self, project: SimProject) -> list[Job]:
        stuck_id = object_id("stuck", project.number)
        failed_id = object_id("failed", project.number)
        return [
            Job(failed_id, self._born - timedelta(days=3)),
            Job(stuck_id, self._born - timedelta(days=2), stuck=True),
        ]


def _job_of(run: SimRun) -> Job:
    return Job(object_id("job", run.number), run.started_at, run)


def _new_job(number: int, cases: list[SimCase], wanted: Wanted, now: datetime) -> Job:
    wait = WAIT_FOR_START + (WAIT_FOR_AGENT if wanted.agent else timedelta())
    stuck = bool(wanted.agent) and not wanted.connects
    run = None if stuck or not wanted.runs else _new_run(number, cases, now + wait)
    job_id = object_id("job", number)
    return Job(job_id, now, run, wanted.selector, wanted.agent, stuck)


def _new_run(number: int, cases: list[SimCase], started_at: datetime) -> SimRun:
    results: list[SimResult] = []
    at = started_at
    for index, case in enumerate(cases, 1):
        fails = case.number % FAILS_EVERY == 0
        outcome, message = ("failed", FAILURE) if fails else ("passed", "")
        result = SimResult(index, case, outcome, 1, 0, at, case.typical_ms, message)
        results.append(result)
        at = result.finished_at
    return SimRun(
        number=number,
        name=f"API execution {number}",
        kind="automated",
        source="api",
        configuration="",
        milestone=None,
        tags=(),
        branch="",
        commit="",
        started_at=started_at,
        finished_at=at,
        threads=1,
        results=results,
    )
