"""Testmo's automation: sources, runs with their threads, and the tests of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ingest.simulator.server import Request, Response
from ingest.simulator.testmo import bodies, paging
from ingest.simulator.testmo.instance import Instance, MissingError
from ingest.simulator.testmo.statuses import Body, automation_status
from ingest.simulator.world import SimProject, SimResult, SimRun

RUN_EXPANDS = ("automation_sources", "configs", "milestones", "statuses", "users")
SOURCE_EXPANDS = ("users",)


class Automation(Instance):
    """What the pipelines deliver."""

    def prepare(self) -> None:
        super().prepare()
        project = "/api/v1/projects/{project_id}/automation"
        for pattern, handler in (
            (f"{project}/sources", self.list_sources),
            ("/api/v1/automation/sources/{source_id}", self.one_source),
            (f"{project}/runs", self.list_automation_runs),
            ("/api/v1/automation/runs/{run_id}", self.one_automation_run),
            ("/api/v1/automation/runs/{run_id}/tests", self.list_tests),
        ):
            self.route("GET", pattern, handler)

    def list_sources(self, request: Request, project_id: str) -> Response:
        project, now = self.project_of(project_id), self.now()
        retired = paging.flag(request, "is_retired")
        rows = [] if retired else bodies.sources(project)
        keys: dict[str, Callable[[str], Any]] = {
            f"automation_sources:{name}": lambda s: bodies.source_id(project, s)
            for name in ("created_at", "ran_at", "retired_at")
        }
        return self.page(
            request,
            paging.ordered(request, rows, keys),
            lambda source: bodies.source_body(project, source, now),
            SOURCE_EXPANDS,
        )

    def one_source(self, request: Request, source_id: str) -> Response:
        for project in self.projects:
            for source in bodies.sources(project):
                if str(bodies.source_id(project, source)) == source_id:
                    body = bodies.source_body(project, source, self.now())
                    return self.single(request, body, SOURCE_EXPANDS)
        raise MissingError("Automation source not found.")

    def list_automation_runs(self, request: Request, project_id: str) -> Response:
        project, now = self.project_of(project_id), self.now()
        source_ids, body = bodies.source_ids(project), self._bodies(project)
        rows = [
            run
            for run in project.runs_at(now)
            if run.kind == "automated"
            and paging.within(request, "created", run.started_at)
            and paging.among(request, "source_id", source_ids[run.source])
            and self.fits(request, run)
            and paging.among(request, "created_by", bodies.API_USER)
        ]
        if request.get("status"):
            rows = [
                r for r in rows if paging.among(request, "status", body(r)["status"])
            ]
        keys: dict[str, Callable[[SimRun], Any]] = {
            "automation_runs:created_at": lambda run: (run.started_at, run.number)
        }
        return self.page(
            request,
            paging.ordered(request, rows, keys),
            body,
            RUN_EXPANDS,
        )

    def one_automation_run(self, request: Request, run_id: str) -> Response:
        project, run = self.automation_run_of(run_id)
        return self.single(request, self._bodies(project)(run), RUN_EXPANDS)

    def list_tests(self, request: Request, run_id: str) -> Response:
        if not self.tests:
            raise MissingError("The route could not be found.")
        project, run = self.automation_run_of(run_id)
        if project.counts_only:
            raise MissingError("The tests of this run are not available.")
        rows = [
            result
            for result in run.results_at(self.now())
            if paging.among(request, "thread_id", bodies.thread_id(run, result.thread))
            and paging.among(request, "status_id", automation_status(result.outcome))
        ]
        keys: dict[str, Callable[[SimResult], Any]] = {
            "automation_run_tests:id": lambda r: r.number,
            "automation_run_tests:name": lambda r: (r.case.name, r.number),
            "automation_run_tests:status": lambda r: (
                automation_status(r.outcome),
                r.number,
            ),
            "automation_run_tests:elapsed": lambda r: (r.duration_ms, r.number),
            "automation_run_tests:created_at": lambda r: (r.finished_at, r.number),
        }
        return self.page(
            request,
            paging.ordered(request, rows, keys),
            lambda result: bodies.automation_test_body(project, run, result),
            sizes=paging.TEST_SIZES,
        )

    def _bodies(self, project: SimProject) -> Callable[[SimRun], Body]:
        """How a run of the project looks now; looked-up ids are gathered once."""
        source_ids, configs = bodies.source_ids(project), self.config_ids()
        now = self.now()
        return lambda run: bodies.automation_run_body(
            project, run, source_ids, configs, now
        )
