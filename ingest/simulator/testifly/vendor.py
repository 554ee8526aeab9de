"""Testifly's three endpoints: queue an execution, ask for jobs, read a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from ingest.simulator.server import Request, Response, Simulator
from ingest.simulator.testifly.jobs import JobQueue, Wanted, object_id
from ingest.simulator.testifly.report import Report
from ingest.simulator.world import SimCase, SimProject

SELECTORS = ("featureId", "testSuiteId", "testId", "tests")


def project_key(project: SimProject) -> str:
    return f"tf_{object_id('key', project.number)}"


def project_id(project: SimProject) -> str:
    return object_id("project", project.number)


def case_id(project: SimProject, case: SimCase) -> str:
    """What `testId` and `tests` take; no endpoint tells it."""
    return object_id("test", project.number, case.number)


def folder_id(project: SimProject, folder: str) -> str:
    """What `featureId` (the first part) and `testSuiteId` (the whole path) take."""
    return object_id("folder", project.number, folder)


class RefusedError(Exception):
    """The request gets this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class SimulatedTestifly(Simulator):
    """Testifly by its one page about executions.

    refusal: 401 or 403 for a bad key. null_run_id: `testRunId` is null, not absent,
    before the run exists. agents_connect: whether an agent that an execution names ever
    connects. executions_run: when False, an execution fails before there is a run.
    exists_status, exists_job_id: the HTTP status of AlreadyExists, and whether that
    answer names the job. The other switches are told at `report.Report`.
    """

    vendor = "testifly"
    switches: ClassVar[dict[str, Any]] = {
        "refusal": 401,
        "null_run_id": False,
        "agents_connect": True,
        "executions_run": True,
        "exists_status": 200,
        "exists_job_id": True,
        "open_labels": True,
        "short_lists": True,
        "duration_unit": "ms",
    }
    refusal: int
    null_run_id: bool
    agents_connect: bool
    executions_run: bool
    exists_status: int
    exists_job_id: bool
    open_labels: bool
    short_lists: bool
    duration_unit: str

    @property
    def secrets(self) -> dict[str, str]:
        """The key of the first project; see `connections` for others."""
        return {"token": project_key(self.projects[0])}

    @property
    def project_ids(self) -> list[str]:
        return [project_id(self.projects[0])]

    def connections(self, base_url: str) -> list[dict[str, Any]]:
        """One for each project: a key opens one project only."""
        return [
            {
                "name": f"{self.vendor}-{index}" if index > 1 else self.vendor,
                "base_url": base_url,
                "secrets": {"token": project_key(project)},
                "settings": {},
                "projects": [project_id(project)],
            }
            for index, project in enumerate(self.projects, 1)
        ]

    def prepare(self) -> None:
        self.jobs = JobQueue(self.world.now)
        self.route("POST", "/api/testExecution/{project}", self._execute)
        self.route("POST", "/api/jobs/{project}", self._jobs)
        self.route("GET", "/api/testRun/{project}/{run}", self._report)

    # Who is let in

    def authorise(self, request: Request) -> Response | None:
        if self._project_of_key(request) is None:
            return self.error(self.refusal, "Invalid or missing API key.")
        return None

    def error(self, status: int, sentence: str) -> Response:
        return Response(status, {"success": False, "message": sentence})

    def _routed(self, request: Request) -> Response:
        try:
            return super()._routed(request)
        except RefusedError as refused:
            return self.error(refused.status, refused.sentence)

    # Routes

    def _execute(self, request: Request, project: str) -> Response:
        own, asked = self._own(request, project), _asked(request)
        if asked.get("action") != "executeTests":
            raise RefusedError(400, "action must be executeTests.")
        selected = {name: asked[name] for name in SELECTORS if name in asked}
        cases = _selected(own, selected)
        if not cases:
            raise RefusedError(400, f"One of {', '.join(SELECTORS)} must select tests.")
        selector = json.dumps(selected, sort_keys=True)
        agent = str(asked.get("agentName") or "")
        wanted = Wanted(selector, agent, self.agents_connect, self.executions_run)
        job, is_new = self.jobs.queue(own, cases, wanted, self.now())
        if is_new:
            return _scheduled("Success", job.job_id)
        known_id = job.job_id if self.exists_job_id else None
        return _scheduled("AlreadyExists", known_id, self.exists_status)

    def _jobs(self, request: Request, project: str) -> Response:
        own, asked, now = self._own(request, project), _asked(request), self.now()
        wanted = asked.get("jobIds")
        if wanted is None:
            jobs, missing = self.jobs.listed(own, now), []
        else:
            known = {job.job_id: job for job in self.jobs.of(own, now)}
            if not isinstance(wanted, list):
                raise RefusedError(400, "jobIds must be a list.")
            jobs = [known[one] for one in wanted if str(one) in known]
            missing = [one for one in wanted if str(one) not in known]
        made = [job.body(now, self.null_run_id) for job in jobs]
        body = {"success": True, "jobs": made, "missingJobIds": missing}
        return Response(200, body)

    def _report(self, request: Request, project: str, run: str) -> Response:
        own, now = self._own(request, project), self.now()
        for candidate in self.jobs.runs_of(own, now):
            if object_id("run", candidate.number) == run:
                variants = (self.open_labels, self.short_lists, self.duration_unit)
                return Response(200, Report(own, candidate, now, *variants).body())
        raise RefusedError(404, "Test run not found.")

    # What is looked up

    def _project_of_key(self, request: Request) -> SimProject | None:
        key = request.header("x-api-key")
        return next((p for p in self.projects if project_key(p) == key), None)

    def _own(self, request: Request, project: str) -> SimProject:
        """The project of the key, which must also be the one in the path."""
        own = self._project_of_key(request)
        if own is None or project_id(own) != project:
            raise RefusedError(self.refusal, "The API key is not of this project.")
        return own


def _scheduled(word: str, job_id: str | None, status: int = 200) -> Response:
    body = {"success": True, "scheduleStatus": word, "jobId": job_id}
    return Response(status, {k: v for k, v in body.items() if v is not None})


def _asked(request: Request) -> Mapping[str, Any]:
    try:
        asked = request.json() if request.body else {}
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    return asked


def _selected(project: SimProject, selected: Mapping[str, Any]) -> list[SimCase]:
    """The cases that any of the selectors names."""
    tests = selected.get("tests", [])
    wanted = {*map(str, tests if isinstance(tests, list) else [tests])}
    wanted |= {str(selected[name]) for name in SELECTORS[:3] if name in selected}
    return [
        case
        for case in project.cases
        if case_id(project, case) in wanted
        or folder_id(project, case.folder) in wanted
        or folder_id(project, case.folder.split(" / ")[0]) in wanted
    ]
