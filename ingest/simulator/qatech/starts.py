"""Runs that a client starts or reruns: what may be asked, and the run that follows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ingest.simulator.moments import rows_at
from ingest.simulator.qatech import bodies, ids
from ingest.simulator.qatech.asked import RefusedError, mapping, short_id
from ingest.simulator.world import SimCase, SimProject, SimResult, SimRun

FIRST_NUMBER = 900_001
WAIT, PACE = timedelta(seconds=5), timedelta(seconds=1)
LONGEST_MS = 30_000
FAILS_EVERY = 11
OUTCOME_BY_END = {"ERROR": "error", "CANCELLED": "untested"}


class StartedRuns:
    """The runs that clients have started, each to be seen from then on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[int, list[SimRun]] = {}
        self._count = 0

    def of(self, project: SimProject) -> list[SimRun]:
        with self._lock:
            return list(self._runs.get(project.number, ()))

    def add(
        self, project: SimProject, cases: list[SimCase], now: datetime, end: str
    ) -> SimRun:
        """A run of these cases, which begins after a short wait and ends so."""
        with self._lock:
            run = _new_run(FIRST_NUMBER + self._count, cases, now + WAIT, end)
            self._count += 1
            self._runs.setdefault(project.number, []).append(run)
            return run


def cases_to_start(project: SimProject, asked: Mapping[str, Any]) -> list[SimCase]:
    """The cases of POST /v1/run. Raises RefusedError."""
    if asked.get("trigger", "API") not in ("API", "GITHUB"):
        raise RefusedError(400, "trigger must be API or GITHUB.")
    if asked.get("notifications") == []:
        raise RefusedError(400, "notifications must not be empty.")
    for application in _applications(asked):
        _check_application(project, application)
    _check_parameters(asked)
    plan, picked = short_id(asked, "testPlanShortId", "pln"), asked.get("testCaseIds")
    if plan and picked is not None:
        raise RefusedError(400, "Give testPlanShortId or testCaseIds, not both.")
    if picked is not None:
        return _picked(project, project.cases, picked)
    if plan not in ("", bodies.plan_body(project)["shortId"]):
        raise RefusedError(404, "Test plan not found.")
    return project.cases


def cases_to_rerun(
    project: SimProject, run: SimRun, asked: Mapping[str, Any], now: datetime
) -> list[SimCase]:
    """The cases of POST /v1/run/{shortId}. Raises RefusedError."""
    failed_only, picked = asked.get("failedOnly"), asked.get("projectTestCaseIds")
    if failed_only is not None and picked is not None:
        raise RefusedError(400, "Give failedOnly or projectTestCaseIds, not both.")
    if failed_only not in (None, True, False):
        raise RefusedError(400, "failedOnly must be true or false.")
    rows = rows_at(run, now)
    if failed_only:
        rows = [row for row in rows if row.state in ("failed", "error", "skipped")]
    cases = [row.case for row in rows]
    if picked is not None:
        cases = _picked(project, cases, picked)
    if not cases:
        raise RefusedError(400, "There is nothing to rerun.")
    return cases


def _applications(asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = asked.get("applications", [])
    if not isinstance(given, list):
        raise RefusedError(400, "applications must be a list.")
    return [mapping(one, "Each of applications") for one in given]


def _check_application(project: SimProject, asked: Mapping[str, Any]) -> None:
    application = short_id(asked, "applicationShortId", "app")
    if not application:
        raise RefusedError(400, "applicationShortId is required.")
    if application != bodies.application_id(project):
        raise RefusedError(404, "Application not found.")
    short_id(asked, "devicePresetShortId", "preset")
    if asked.get("environment") is not None:
        _check_environment(project, mapping(asked["environment"], "environment"))


def _check_environment(project: SimProject, asked: Mapping[str, Any]) -> None:
    """One of `url` (with `name`), `shortId` and `applicationBuildShortId`."""
    ways = [n for n in ("url", "shortId", "applicationBuildShortId") if asked.get(n)]
    if len(ways) != 1:
        raise RefusedError(
            400, "environment must be one of url, shortId, applicationBuildShortId."
        )
    if ways == ["url"] and not str(asked["url"]).startswith(("http://", "https://")):
        raise RefusedError(400, "environment.url must be a web address.")
    short_id(asked, "applicationBuildShortId", "build")
    environment = short_id(asked, "shortId", "env")
    known = {one["shortId"] for one in bodies.environments(project)}
    if environment and environment not in known:
        raise RefusedError(404, "Environment not found.")


def _check_parameters(asked: Mapping[str, Any]) -> None:
    """What the two parameters hold is published nowhere: any list or object is taken."""
    if asked.get("parameters") is None:
        return
    parameters = mapping(asked["parameters"], "parameters")
    for name in ("configs", "configsByEnvironment"):
        if not isinstance(parameters.get(name, {}), dict | list):
            raise RefusedError(400, f"parameters.{name} must be a list or an object.")


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


def _new_run(
    number: int, cases: list[SimCase], started_at: datetime, end: str
) -> SimRun:
    results = [
        _new_result(index, case, started_at + index * PACE, end)
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


def _new_result(
    number: int, case: SimCase, started_at: datetime, end: str
) -> SimResult:
    """A run that ends in ERROR or is CANCELLED has these in place of every result."""
    fails = case.number % FAILS_EVERY == 0
    outcome = "failed" if fails else "passed"
    return SimResult(
        number=number,
        case=case,
        outcome=OUTCOME_BY_END.get(end, outcome),
        attempt=1,
        thread=0,
        started_at=started_at,
        duration_ms=min(case.typical_ms, LONGEST_MS),
        message="The goal was not reached." if fails else "",
    )
