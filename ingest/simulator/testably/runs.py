"""Testably's routes for runs that the documentation says are coming soon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.simulator.server import Handler, Request, Response
from ingest.simulator.testably import bodies, pushed
from ingest.simulator.testably.bodies import Bodies
from ingest.simulator.testably.pushed import PushedRun
from ingest.simulator.testably.reading import Reading, RefusedError, one, run_in
from ingest.simulator.world import SimCase, SimMilestone, SimProject

RUN = "/v1/projects/{pid}/runs/{rid}"


class Runs(Reading):
    """With the switch `soon` a run is made, renamed, linked and closed."""

    def prepare(self) -> None:
        self._numbers = 0
        # Before those that say "not yet": the first route that fits answers.
        self.route("POST", "/v1/projects/{pid}/runs", self._when_here(self._create))
        self.route("PATCH", RUN, self._when_here(self._update))
        self.route("POST", f"{RUN}/close", self._when_here(self._close))
        super().prepare()

    def _when_here(self, handler: Handler) -> Handler:
        def answer(request: Request, **names: str) -> Response:
            return (handler if self.soon else self.not_yet)(request, **names)

        return answer

    # Routes

    def _create(self, request: Request, pid: str) -> Response:
        asked = _asked(request)
        with self.writing:
            project = self._project_of(request, pid).project
            name, cases = _name(asked), _cases(project, asked)
            self._numbers += 1
            run = PushedRun(
                number=pushed.FIRST_RUN - 1 + self._numbers,
                name=name,
                kind="automated",
                source="api",
                configuration="",
                milestone=_milestone(project, asked),
                tags=(),
                branch="",
                commit="",
                started_at=self.now(),
                finished_at=None,
                threads=1,
                results=[pushed.waiting(n, case) for n, case in enumerate(cases, 1)],
            )
            self.show_run(project, run)
            made = self._project_of(request, pid)
        return Response(201, {"data": made.run_body(run)})

    def _update(self, request: Request, pid: str, rid: str) -> Response:
        asked = _asked(request)
        with self.writing:
            made, run = self._open_run(request, pid, rid)
            name = _name(asked) if "name" in asked else run.name
            if "milestone_id" in asked:
                run.milestone = _milestone(made.project, asked)
            run.name, run.touched_at = name, self.now()
        return one(made.run_body(run))

    def _close(self, request: Request, pid: str, rid: str) -> Response:
        """Nothing but an upload, which asks for no status, changes a closed run."""
        with self.writing:
            made, run = self._open_run(request, pid, rid)
            run.finished_at = self.now()
        return one(made.run_body(run))

    # What is looked up

    def _open_run(
        self, request: Request, pid: str, rid: str
    ) -> tuple[Bodies, PushedRun]:
        made = self._project_of(request, pid)
        found = run_in(made.project, rid, made.now)
        if found is None:
            raise RefusedError(404, "Run not found.")
        if not found.is_open_at(made.now):
            raise RefusedError(self.closed_status, "The run is closed.")
        run = pushed.adopted(found)
        self.show_run(made.project, run)
        return self._project_of(request, pid), run


def _asked(request: Request) -> Mapping[str, Any]:
    try:
        asked = request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    return asked


def _name(asked: Mapping[str, Any]) -> str:
    name = asked.get("name")
    if not isinstance(name, str) or not name.strip():
        raise RefusedError(400, "name is required.")
    return name


def _cases(project: SimProject, asked: Mapping[str, Any]) -> list[SimCase]:
    wanted = asked.get("test_case_ids")
    if not isinstance(wanted, list) or not wanted:
        raise RefusedError(400, "test_case_ids is required.")
    known = {bodies.case_id(project, case): case for case in project.cases}
    unknown = [str(case_id) for case_id in wanted if str(case_id) not in known]
    if unknown:
        raise RefusedError(400, f"Unknown test cases: {', '.join(unknown)}.")
    return [known[case_id] for case_id in dict.fromkeys(map(str, wanted))]


def _milestone(project: SimProject, asked: Mapping[str, Any]) -> SimMilestone | None:
    wanted = asked.get("milestone_id")
    if wanted is None:
        return None
    for milestone in project.milestones:
        if bodies.milestone_id(project, milestone) == wanted:
            return milestone
    raise RefusedError(404, "Milestone not found.")
