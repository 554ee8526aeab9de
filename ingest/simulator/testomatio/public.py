"""Testomat.io's Public API v2 under /api/v2/{slug}: flat, {data, meta}, Bearer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ingest.simulator.server import Request, Response
from ingest.simulator.testomatio import public_bodies as bodies
from ingest.simulator.testomatio import words
from ingest.simulator.testomatio.instance import Instance, RefusedError
from ingest.simulator.testomatio.words import Body
from ingest.simulator.world import SimCase, SimProject, SimRun

DEFAULT_PER_PAGE, MAX_PER_PAGE = 30, 100
OF_MILESTONE = re.compile(r"milestone == '([^']*)'")


class Public(Instance):
    """Read with the API token itself; there is no list of projects here."""

    def prepare(self) -> None:
        super().prepare()
        for resource in (
            "runs",
            "testruns",
            "rungroups",
            "plans",
            "milestones",
            "suites",
            "tests",
        ):
            lister = getattr(self, f"v2_{resource}")
            self.route("GET", f"/api/v2/{{slug}}/{resource}", lister)
        self.route("GET", "/api/v2/{slug}/runs/{run_id}", self.v2_run)
        self.route("GET", "/api/v2/{slug}/testruns/{testrun_id}", self.v2_testrun)
        self.route("GET", "/api/v2/{slug}/rungroups/{group_id}", self.v2_rungroup)

    def v2_runs(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        kinds, group = request.values("filter[kind]"), request.get("groupId")
        statuses, search = request.values("filter[status]"), request.get("search")
        runs = [
            run
            for run in self.runs_of(project)
            if (not kinds or run.kind in kinds)
            and (not search or search.lower() in run.name.lower())
            and (not group or self._in_group(project, run, group))
            and (not statuses or self._status(run) in statuses)
        ]
        return self._page(request, runs, lambda run: self._v2_run(project, run))

    def v2_run(self, request: Request, slug: str, run_id: str) -> Response:
        project = self.project_of(slug)
        body = self._v2_run(project, self.run_of(project, run_id))
        return Response(200, {"data": body})

    def v2_testruns(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        wanted, statuses = request.get("run_id"), request.values("filter[status]")
        found = self.runs_of(project)[::-1]
        runs = [self.run_of(project, wanted)] if wanted else found
        rows = [
            (run, row)
            for run in runs
            for row in self.testruns_of(run)
            if not statuses or row.status in statuses
        ]
        return self._page(
            request,
            rows,
            lambda pair: bodies.testrun_body(project, pair[0], pair[1], self.naming),
        )

    def v2_testrun(self, request: Request, slug: str, testrun_id: str) -> Response:
        project = self.project_of(slug)
        for run in self.runs_of(project):
            for row in self.testruns_of(run):
                body = bodies.testrun_body(project, run, row, self.naming)
                if str(body["id"]) == testrun_id:
                    return Response(200, {"data": body})
        raise RefusedError(404, "Testrun not found")

    def v2_rungroups(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        runs = self.runs_of(project)
        groups = words.groups(project)
        return self._page(
            request, groups, lambda g: bodies.group_body(project, g, groups, runs)
        )

    def v2_rungroup(self, request: Request, slug: str, group_id: str) -> Response:
        project = self.project_of(slug)
        runs, groups = self.runs_of(project), words.groups(project)
        for group in groups:
            if group.group_id == group_id:
                body = bodies.group_body(project, group, groups, runs)
                return Response(200, {"data": body})
        raise RefusedError(404, "Rungroup not found")

    def v2_plans(self, request: Request, slug: str) -> Response:
        rows = [bodies.plan_body(*plan) for plan in words.plans(self.project_of(slug))]
        return self._page(request, rows, dict)

    def v2_milestones(self, request: Request, slug: str) -> Response:
        wanted, now = request.get("status"), self.now()
        rows = [
            bodies.milestone_body(milestone, now)
            for milestone in self.project_of(slug).milestones
        ]
        rows = [row for row in rows if wanted in ("", row["status"])]
        return self._page(request, rows, dict)

    def v2_suites(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        paths = words.suite_paths(project)
        return self._page(request, paths, lambda p: bodies.suite_body(project, p))

    def v2_tests(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        if "suites" in request.query:
            raise RefusedError(500, "Internal server error")
        wanted = request.query.get("suites[]", ())
        cases = [
            case
            for case in self._queried(project, request.get("tql"))
            if not wanted or words.suite_id(project, case.folder) in wanted
        ]
        return self._page(request, cases, lambda c: bodies.test_body(project, c))

    def _queried(self, project: SimProject, tql: str) -> Sequence[SimCase]:
        """The tests that a query chooses; of its language only a milestone by title."""
        if not tql or not self.queries:
            return project.cases
        asked = OF_MILESTONE.fullmatch(tql)
        if asked is None:
            raise RefusedError(422, "The query cannot be read")
        named = [m.number for m in project.milestones if m.name == asked[1]]
        return [case for number in named for case in project.planned.get(number, ())]

    def _v2_run(self, project: SimProject, run: SimRun) -> Body:
        if self.naming == "old":
            return bodies.old_run_body(project, run)
        body = bodies.run_body(project, run, self.testruns_of(run), self.now())
        if self.env == "text":
            body["env"] = ", ".join(body["env"])
        left_out = set() if self.counters else set(bodies.RUN_COUNTERS)
        left_out |= set() if self.times else set(bodies.RUN_TIMES)
        return {name: value for name, value in body.items() if name not in left_out}

    def _status(self, run: SimRun) -> str:
        counted = words.counters(self.testruns_of(run))
        return words.run_status(run, counted, self.now())

    def _in_group(self, project: SimProject, run: SimRun, group_id: str) -> bool:
        group = words.group_of(project, run)
        return group is not None and group.group_id == group_id

    def _page(
        self, request: Request, rows: Sequence[Any], body: Callable[[Any], Body]
    ) -> Response:
        page = self.number(request, "page", 1)
        size = self.number(request, "per_page", DEFAULT_PER_PAGE)
        if size > MAX_PER_PAGE and self.over_100 == "422":
            raise RefusedError(422, "per_page must be between 1 and 100")
        size = min(size, MAX_PER_PAGE)
        meta: Body = {"total": len(rows), "page": page, "per_page": size}
        if self.naming == "new":
            pages = max(1, -(-len(rows) // size))
            meta |= {"total_pages": pages, "has_more": page < pages}
        chosen = rows[(page - 1) * size : page * size]
        return Response(200, {"data": [body(row) for row in chosen], "meta": meta})
