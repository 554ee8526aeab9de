"""Testmo's user, projects, milestones and look-up lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ingest.simulator.server import Request, Response
from ingest.simulator.testmo import bodies, paging
from ingest.simulator.testmo.instance import Instance, MissingError, named
from ingest.simulator.testmo.statuses import STATUSES, Body
from ingest.simulator.world import SimMilestone, SimProject

MILESTONE_EXPANDS = (
    "issues",
    "milestone_stats",
    "milestone_types",
    "milestones",
    "statuses",
    "users",
)


class Planning(Instance):
    """What is set up by people before anything runs."""

    def prepare(self) -> None:
        super().prepare()
        project = "/api/v1/projects/{project_id}"
        for pattern, handler in (
            ("/api/v1/user", self.current_user),
            ("/api/v1/projects", self.list_projects),
            (project, self.one_project),
            (f"{project}/users", self.list_users),
            (f"{project}/milestones", self.list_milestones),
            ("/api/v1/milestones/{milestone_id}", self.one_milestone),
            (f"{project}/configs", self.list_configs),
            (f"{project}/statuses", self.list_statuses),
        ):
            self.route("GET", pattern, handler)

    def current_user(self, request: Request) -> Response:
        user = next(u for u in bodies.USERS if u["id"] == bodies.API_USER)
        zone = {"timezone": "UTC", "date_format": "Y-m-d", "time_format": "H:i"}
        return Response(200, user | zone)

    def list_projects(self, request: Request) -> Response:
        done = paging.flag(request, "is_completed")
        rows = [] if done else self.projects
        keys: dict[str, Callable[[SimProject], Any]] = {
            "projects:created_at": lambda project: project.number,
            "projects:completed_at": lambda project: project.number,
        }
        now = self.now()
        return self.page(
            request,
            paging.ordered(request, rows, keys),
            lambda project: bodies.project_body(project, now),
        )

    def one_project(self, request: Request, project_id: str) -> Response:
        body = bodies.project_body(self.project_of(project_id), self.now())
        return self.single(request, body)

    def list_users(self, request: Request, project_id: str) -> Response:
        self.project_of(project_id)
        return self.page(request, bodies.USERS, dict)

    def list_milestones(self, request: Request, project_id: str) -> Response:
        project, now = self.project_of(project_id), self.now()
        done, tags = (
            paging.flag(request, "is_completed"),
            request.values("automation_tags"),
        )
        rows = [
            milestone
            for milestone in project.milestones
            if done in (None, milestone.completed_at is not None)
            and paging.within(request, "completed", milestone.completed_at)
            and paging.within(request, "created", bodies.created_at(milestone))
            and (not tags or milestone.tag in tags)
        ]
        keys: dict[str, Callable[[SimMilestone], Any]] = {
            "milestones:created_at": lambda m: (m.starts_at, m.number),
            "milestones:completed_at": lambda m: (m.completed_at or now, m.number),
        }
        return self.page(
            request,
            paging.ordered(request, rows, keys),
            lambda m: bodies.milestone_body(project, m, now),
            MILESTONE_EXPANDS,
        )

    def one_milestone(self, request: Request, milestone_id: str) -> Response:
        for project in self.projects:
            for milestone in project.milestones:
                if str(milestone.number) == milestone_id:
                    body = bodies.milestone_body(project, milestone, self.now())
                    return self.single(request, body, MILESTONE_EXPANDS)
        raise MissingError("Milestone not found.")

    def list_configs(self, request: Request, project_id: str) -> Response:
        return self._newer(request, project_id, named(self.config_ids()))

    def list_statuses(self, request: Request, project_id: str) -> Response:
        return self._newer(request, project_id, STATUSES)

    def _newer(
        self, request: Request, project_id: str, rows: Sequence[Body]
    ) -> Response:
        self.project_of(project_id)
        if not self.lookups:
            raise MissingError("The route could not be found.")
        return self.page(request, rows, dict)
