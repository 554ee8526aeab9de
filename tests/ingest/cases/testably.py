"""Testably's read API."""

from __future__ import annotations

from tests.ingest.cases.server import (
    Row,
    Vendor,
    json_answer,
    one,
    parameter,
    told,
    whole,
)
from tests.ingest.wire import Answer, Request

V1 = "/v1"
MOST_PER_PAGE = 100


class ServedTestably(Vendor):
    name = "testably"

    def prepare(self) -> None:
        get = {
            "/projects": self.all_projects,
            "/projects/{pk}": self.project,
            "/projects/{pid}/runs": self.runs,
            "/projects/{pid}/runs/{pk}": self.run,
            "/projects/{pid}/milestones": self.milestones,
            "/projects/{pid}/milestones/{pk}": self.milestone,
            "/projects/{pid}/test-cases": self.none,
            "/projects/{pid}/members": self.none,
            "/projects/{pid}/sessions": self.none,
            "/runs/{rid}/results": self.results,
        }
        for path, handler in get.items():
            self.route("GET", V1 + path, handler)

    def is_allowed(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.world['token']}"

    def error(self, status: int, sentence: str) -> Answer:
        return json_answer({"error": sentence}, status)

    # Objects: some wrapped, some bare, as documented

    def project(self, request: Request, pk: str) -> Answer:
        return json_answer({"data": one(self.world["projects"], pk)})

    def run(self, request: Request, pid: str, pk: str) -> Answer:
        row = one(self.of_project("runs", pid), pk)
        return json_answer({"data": row | {"results": self.rows_of(pk)}})

    def milestone(self, request: Request, pid: str, pk: str) -> Answer:
        row = one(self.of_project("milestones", pid), pk)
        linked = [
            {name: run.get(name) for name in ("id", "name", "status")}
            for run in self.of_project("runs", pid)
            if run["milestone_id"] == pk
        ]
        return json_answer(row | {"linked_runs": linked, "sub_milestones": []})

    # Lists

    def all_projects(self, request: Request) -> Answer:
        rows = sorted(self.world["projects"], key=lambda r: r["updated_at"])
        return self.listed(request, rows[::-1])

    def runs(self, request: Request, pid: str) -> Answer:
        rows = sorted(self.of_project("runs", pid), key=lambda r: str(r["created_at"]))
        return self.listed(request, rows[::-1], "created_at")

    def results(self, request: Request, rid: str) -> Answer:
        one(self.world["runs"], rid)
        return self.listed(request, self.rows_of(rid), "tested_at")

    def milestones(self, request: Request, pid: str) -> Answer:
        rows = self.of_project("milestones", pid)
        if status := parameter(request, "status"):
            rows = [row for row in rows if row["status"] == status]
        return self.listed(request, rows)

    def none(self, request: Request, pid: str) -> Answer:
        return self.listed(request, [])

    def rows_of(self, rid: str) -> list[Row]:
        return [*self.world["results"].get(rid, [])]

    def of_project(self, part: str, pid: str) -> list[Row]:
        one(self.world["projects"], pid)
        # The project is in the path, never in the object.
        return [
            {name: value for name, value in row.items() if name != "project_id"}
            for row in self.world[part]
            if row["project_id"] == pid
        ]

    def listed(self, request: Request, rows: list[Row], key: str = "") -> Answer:
        size = min(whole(request, "per_page", 20), MOST_PER_PAGE)
        page = self.page(request, rows, size, key)
        meta = {"total": page.total, "page": page.number, "per_page": page.size}
        return json_answer({"data": page.rows, "meta": told(meta)})
