"""Testomat.io's classic JSON:API under /api/{slug}: three dialects of paging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ingest.simulator.server import Request, Response
from ingest.simulator.testomatio import access, words
from ingest.simulator.testomatio import classic_bodies as bodies
from ingest.simulator.testomatio.instance import Instance, RefusedError
from ingest.simulator.testomatio.words import Body, Group
from ingest.simulator.world import SimRun

MAX_PROJECTS = 200
RUNS_PER_PAGE, MAX_PER_PAGE = 50, 100
DASHBOARD_PER_PAGE = 30


class Classic(Instance):
    """Log in first; names are dashed; ids are strings."""

    def prepare(self) -> None:
        super().prepare()
        for pattern, handler in (
            ("/api/projects", self.list_projects),
            ("/api/projects/{slug}", self.one_project),
            ("/api/{slug}/runs/dashboard", self.dashboard),
            ("/api/{slug}/runs", self.list_runs),
            ("/api/{slug}/runs/{run_id}", self.one_run),
            ("/api/{slug}/run/{run_id}", self.one_run),
            ("/api/{slug}/testruns", self.list_testruns),
            ("/api/{slug}/suites", self.list_suites),
            ("/api/{slug}/suites/tree", self.suite_tree),
            ("/api/{slug}/suites/{suite_id}", self.one_suite),
            ("/api/{slug}/tests/{test_id}", self.one_test),
            ("/api/{slug}/rungroups", self.list_rungroups),
            ("/api/{slug}/rungroups/{group_id}", self.one_rungroup),
            ("/api/{slug}/plans", self.list_plans),
        ):
            self.route("GET", pattern, handler)

    # Projects: meta num and total_pages

    def list_projects(self, request: Request) -> Response:
        size = min(MAX_PROJECTS, self.number(request, "per_page", MAX_PROJECTS))
        rows = [bodies.project_body(project) for project in self.projects]
        chosen, pages = self._cut(request, rows, size)
        meta = {"num": len(rows), "total_pages": pages}
        return Response(200, {"data": chosen, "meta": meta})

    def one_project(self, request: Request, slug: str) -> Response:
        body = bodies.project_body(self.project_of(slug))
        # The real answer holds this secret, too: a client must not keep it.
        body["attributes"]["api-key"] = access.project_token(slug)
        return Response(200, {"data": body})

    # Runs: meta page, per_page, num and total_pages; the dashboard speaks camelCase

    def list_runs(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        runs = self.runs_of(project)
        if request.get("group_id"):
            wanted = request.get("group_id")
            runs = [run for run in runs if self._group_id(slug, run) == wanted]
        return self._paged(request, runs, lambda run: self._run(slug, run))

    def dashboard(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        rows: list[Body] = [
            self._group(slug, group)
            for group in words.groups(project)
            if not group.parent
        ]
        loose = [r for r in self.runs_of(project) if not words.group_of(project, r)]
        size = DASHBOARD_PER_PAGE
        entries: list[Body | SimRun] = [*rows, *loose]
        chosen, pages = self._cut(request, entries, size)
        data = [
            self._run(slug, entry) if isinstance(entry, SimRun) else entry
            for entry in chosen
        ]
        meta = {"page": self.number(request, "page", 1), "perPage": size}
        meta |= {"totalCount": len(entries), "totalPages": pages}
        return Response(200, {"data": data, "meta": meta})

    def one_run(self, request: Request, slug: str, run_id: str) -> Response:
        run = self.run_of(self.project_of(slug), run_id)
        body = self._run(slug, run)
        tests = {row.case.number: row.case for row in self.testruns_of(run)}
        project = self.project_of(slug)
        refs = [bodies.ref("tests", words.test_id(project, c)) for c in tests.values()]
        body["relationships"] = {"tests": {"data": refs}}
        return Response(200, {"data": body, "included": []})

    def list_testruns(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        if not request.get("run_id"):
            raise RefusedError(400, "run_id or test_id is required")
        run = self.run_of(project, request.get("run_id"))
        rows = self.testruns_of(run)
        return self._paged(
            request, rows, lambda row: bodies.testrun_body(project, run, row)
        )

    # Suites: 50 root suites a page whatever is asked for, children one by one

    def list_suites(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        paths = words.suite_paths(project)
        roots = words.child_suites(paths, "")
        chosen, pages = self._cut(request, roots, self.suites_per_page)
        data = [bodies.suite_body(project, path, paths) for path in chosen]
        meta = {"num": len(roots), "total_pages": pages}
        return Response(200, {"data": data, "meta": meta})

    def one_suite(self, request: Request, slug: str, suite_id: str) -> Response:
        project = self.project_of(slug)
        paths = words.suite_paths(project)
        for path in paths:
            if words.suite_id(project, path) == suite_id:
                body = bodies.suite_body(project, path, paths)
                included = bodies.tests_in(project, path)
                return Response(200, {"data": body, "included": included})
        raise RefusedError(404, "Suite not found")

    def suite_tree(self, request: Request, slug: str) -> Response:
        return Response(200, bodies.suite_tree(self.project_of(slug)))

    def one_test(self, request: Request, slug: str, test_id: str) -> Response:
        project = self.project_of(slug)
        for case in project.cases:
            if words.test_id(project, case) == test_id:
                body = bodies.test_body(project, case)
                return Response(200, {"data": body, "included": []})
        raise RefusedError(404, "Test not found")

    # Rungroups and plans

    def list_rungroups(self, request: Request, slug: str) -> Response:
        parent = request.get("groupId")
        groups = [g for g in words.groups(self.project_of(slug)) if g.parent == parent]
        return self._paged(request, groups, lambda group: self._group(slug, group))

    def one_rungroup(self, request: Request, slug: str, group_id: str) -> Response:
        for group in words.groups(self.project_of(slug)):
            if group.group_id == group_id:
                return Response(200, {"data": self._group(slug, group)})
        raise RefusedError(404, "Rungroup not found")

    def list_plans(self, request: Request, slug: str) -> Response:
        project = self.project_of(slug)
        rows = [bodies.plan_body(project, *plan) for plan in words.plans(project)]
        return self._paged(request, rows, dict)

    # Making answers

    def _run(self, slug: str, run: SimRun) -> Body:
        project = self.project_of(slug)
        return bodies.run_body(project, run, self.testruns_of(run), self.now())

    def _group(self, slug: str, group: Group) -> Body:
        project = self.project_of(slug)
        runs = [r for r in self.runs_of(project) if words.group_of(project, r) == group]
        return bodies.group_body(project, group, runs)

    def _group_id(self, slug: str, run: SimRun) -> str:
        group = words.group_of(self.project_of(slug), run)
        return group.group_id if group else ""

    def _cut(
        self, request: Request, rows: Sequence[Any], size: int
    ) -> tuple[list[Any], int]:
        """The rows of the page asked for, and how many pages there are."""
        page = self.number(request, "page", 1)
        pages = max(1, -(-len(rows) // size))
        return list(rows[(page - 1) * size : page * size]), pages

    def _paged(
        self, request: Request, rows: Sequence[Any], body: Callable[[Any], Body]
    ) -> Response:
        size = min(MAX_PER_PAGE, self.number(request, "per_page", RUNS_PER_PAGE))
        chosen, pages = self._cut(request, rows, size)
        meta = {
            "page": self.number(request, "page", 1),
            "per_page": size,
            "num": len(rows),
            "total_pages": pages,
        }
        data = [body(row) for row in chosen]
        return Response(200, {"data": data, "included": [], "meta": meta})
