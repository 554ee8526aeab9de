"""Runs that a client starts or reruns: what may be asked, and the run that follows."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ingest.simulator.moments import rows_at
from ingest.simulator.qatech import bodies, ids
from ingest.simulator.world import SimCase, SimProject, SimResult, SimRun

PREFIXED = r"(-.+_.+|_.+)\Z"
FIRST_NUMBER = 900_001
WAIT, PACE = timedelta(seconds=5), timedelta(seconds=1)
LONGEST_MS = 30_000
FAILS_EVERY = 11


class RefusedError(Exception):
    """The request gets this status and sentence in the vendor's error body."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class StartedRuns:
    """The runs that clients have started, each to be seen from then on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[int, list[SimRun]] = {}
        self._count = 0

    def of(self, project: SimProject) -> list[SimRun]:
        with self._lock:
            return list(self._runs.get(project.number, ()))

    def add(self, project: SimProject, cases: list[SimCase], now: datetime) -> SimRun:
        """A run of these cases, which begins after a short wait."""
        with self._lock:
            run = _new_run(FIRST_NUMBER + self._count, cases, now + WAIT)
            self._count += 1
            self._runs.setdefault(project.number, []).append(run)
            return run


def cases_to_start(project: SimProject, asked: Mapping[str, Any]) -> list[SimCase]:
    """The cases of POST /v1/run. Raises RefusedError."""
    if asked.get("trigger", "API") not in ("API", "GITHUB"):
        raise RefusedError(400, "trigger must be API or GITHUB.")
    if asked.get("notifications") == []:
        raise RefusedError(400, "notifications must not be empty.")
    plan, picked = asked.get("testPlanShortId"), asked.get("testCaseIds")
    if plan is not None and picked is not None:
        raise RefusedError(400, "Give testPlanShortId or testCaseIds, not both.")
    if picked is not None:
        return _picked(project, project.cases, picked)
    if plan is not None and not re.match("pln" + PREFIXED, str(plan)):
        raise RefusedError(400, "testPlanShortId must begin with pln_ or pln-.")
    if plan not in (None, bodies.plan_body(project)["shortId"]):
        raise RefusedError(404, "Test plan not found.")
    return project.cases


def cases_to_rerun(
    project: SimProject, run: SimRun, asked: Mapping[str, Any], now: datetime
) -> list[SimCase]:
    """The cases of POST /v1/run/{shortId}. Raises RefusedError."""
    failed_only, picked = asked.get("failedOnly"), asked.get("projectTestCaseIds")
    if failed_only is not None and picked is not None:
        raise RefusedError(400, "Give failedOnly or projectTestCaseIds, not both.")
    rows = rows_at(run, now)
    if failed_only:
        rows = [row for row in rows if row.state in ("failed", "error", "skipped")]
    cases = [row.case for row in rows]
    if picked is not None:
        cases = _picked(project, cases, picked)
    if not cases:
        raise RefusedError(400, "There is nothing to rerun.")
    return cases


def _picked(
    project: SimProject, cases: Iterable[SimCase], picked: object
) -> list[SimCase]:
    by_uuid = {ids.case_uuid(project, case): case for case in cases}
    if not isinstance(picked, list) or not picked:
        raise RefusedError(400, "A list of test case ids must name at least one.")
    unknown = [one for one in picked if one not in by_uuid]
    if unknown:
        raise RefusedError(400, f"Unknown test case ids: {unknown}.")
    return [by_uuid[one] for one in dict.fromkeys(picked)]


def _new_run(number: int, cases: list[SimCase], started_at: datetime) -> SimRun:
    results = [
        SimResult(
            number=index,
            case=case,
            outcome="passed" if case.number % FAILS_EVERY else "failed",
            attempt=1,
            thread=0,
            started_at=started_at + index * PACE,
            duration_ms=min(case.typical_ms, LONGEST_MS),
            message="" if case.number % FAILS_EVERY else "The goal was not reached.",
        )
        for index, case in enumerate(cases, 1)
    ]
    ended_at = max(result.finished_at for result in results)
    return SimRun(
        number=number,
        name=f"API run {number}",
        kind="automated",
        source="api",
        configuration="",
        milestone=None,
        tags=(),
        branch="",
        commit="",
        started_at=started_at,
        finished_at=ended_at,
        threads=1,
        results=results,
    )
