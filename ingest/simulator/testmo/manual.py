"""Testmo's manual runs, their results, and the repository that names their cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ingest.simulator.server import Request, Response
from ingest.simulator.testmo import manual_bodies, paging, repository
from ingest.simulator.testmo.instance import Instance
from ingest.simulator.testmo.statuses import Body
from ingest.simulator.world import SimProject, SimRun

RUN_EXPANDS = ("configs", "issues", "milestones", "states", "statuses", "users")
RESULT_EXPANDS = ("issues", "statuses", "users")


class Manual(Instance):
    """What testers do by hand."""

    def prepare(self) -> None:
        super().prepare()
        project = "/api/v1/projects/{project_id}"
        for pattern, handler in (
            (f"{project}/runs", self.list_manual_runs),
            ("/api/v1/runs/{run_id}", self.one_manual_run),
            ("/api/v1/runs/{run_id}/results", self.list_manual_results),
            (f"{project}/folders", self.list_folders),
            (f"{project}/cases", self.list_cases),
        ):
            self.route("GET", pattern, handler)

    def list_manual_runs(self, request: Request, project_id: str) -> Response:
        project, now = self.project_of(project_id), self.now()
        closed = paging.flag(request, "is_closed")
        rows = [
            (number, run)
            for number, owner, run in self.manual_runs()
            if owner is project
            and closed in (None, not run.is_open_at(now))
            and paging.within(request, "created", run.started_at)
            and paging.within(request, "closed", run.finished_by(now))
            and self.fits(request, run)
        ]
        keys: dict[str, Callable[[tuple[int, SimRun]], Any]] = {
            "runs:created_at": lambda row: row[0],
            "runs:closed_at": lambda row: (row[1].finished_by(now) or now, row[0]),
        }
        return self.page(
            request,
            paging.ordered(request, rows, keys),
            lambda row: self._manual_body(project, row[1], row[0]),
            RUN_EXPANDS,
        )

    def one_manual_run(self, request: Request, run_id: str) -> Response:
        number, project, run = self.manual_run_of(run_id)
        body = self._manual_body(project, run, number)
        return self.single(request, body, RUN_EXPANDS)

    def list_manual_results(self, request: Request, run_id: str) -> Response:
        number, project, run = self.manual_run_of(run_id)
        latest = paging.flag(request, "get_latest_result")
        rows = [
            row
            for row in manual_bodies.manual_result_bodies(
                project, run, number, self.now()
            )
            if (not latest or row["is_latest"])
            and paging.among(request, "status_id", row["status_id"])
            and paging.among(request, "assignee_id", row["assignee_id"])
            and paging.among(request, "created_by", row["created_by"])
            and paging.within(
                request, "created", datetime.fromisoformat(row["created_at"])
            )
        ]
        keys: dict[str, Callable[[Body], Any]] = {
            "run_results:created_at": lambda row: (row["created_at"], row["id"])
        }
        ordered = paging.ordered(request, rows, keys)
        return self.page(request, ordered, dict, RESULT_EXPANDS)

    def list_folders(self, request: Request, project_id: str) -> Response:
        folders = repository.folder_bodies(self.project_of(project_id))
        return self.page(request, folders, dict)

    def list_cases(self, request: Request, project_id: str) -> Response:
        project = self.project_of(project_id)
        folders = repository.folder_ids(project)
        return self.page(
            request,
            repository.manual_cases(project),
            lambda case: repository.case_body(project, case, folders),
        )

    def _manual_body(self, project: SimProject, run: SimRun, number: int) -> Body:
        configs = self.config_ids()
        return manual_bodies.manual_run_body(project, run, number, configs, self.now())
