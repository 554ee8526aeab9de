"""Testomat.io's two read APIs, v2 and classic."""

from __future__ import annotations

from typing import Any

from tests.ingest.cases.inputs import World
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

V2 = "/api/v2/{slug}"
CLASSIC = "/api/{slug}"
JWT = "eyJhbGciOiJIUzI1NiJ9.EXAMPLE.double"
OWN_NOTES = {"project", "tests"}
EXAMPLE = {"example", "params"}
NAMES = {
    "given": {},
    "later": {
        "passed": "passed_count",
        "failed": "failed_count",
        "skipped": "skipped_count",
    },
    "first": {
        "title": "cleanTitle",
        "rungroup_id": "rungroupId",
        "test_title": "testTitle",
        "run_time": "runTime",
        "run_id": "runId",
        "test_id": "testId",
    },
}
FIRST = {
    "runs": {"id", "title", "kind", "rungroup_id", "env"},
    "testruns": {"id", "test_title", "message", "status", "substatus", "run_time"}
    | {"run_id", "test_id", "automated"},
}


class ServedTestomatio(Vendor):
    """api: "v2" or "classic", which a connection is told to use.

    tells_examples: v2 gives a testrun's `example` and `params`; its description has
    neither, the classic API always has both.
    names: those of v2's fields: "given" as in the inputs, "later" as newer clients read
    them, "first" as in its first description, which has neither counters nor times.
    """

    name = "testomatio"

    def __init__(
        self,
        *worlds: World,
        api: str = "v2",
        tells_examples: bool = True,
        names: str = "given",
        **options: Any,
    ) -> None:
        self.api, self.names = api, names
        self.tells_examples = tells_examples
        super().__init__(*worlds, **options)

    def prepare(self) -> None:
        self.route("POST", "/api/login", self.login)
        flat = {
            "/runs": self.flat_list("runs"),
            "/runs/{pk}": self.flat_one("runs"),
            "/testruns": self.flat_list("testruns"),
            "/suites": self.flat_list("suites"),
            "/suites/{pk}": self.flat_one("suites"),
            "/rungroups": self.flat_list("rungroups"),
            "/milestones": self.flat_list("milestones"),
            "/plans": self.flat_list("plans"),
        }
        for path, handler in flat.items():
            self.route("GET", V2 + path, handler)
        dashed = {
            "/runs": self.dashed_list("runs"),
            "/runs/{pk}": self.dashed_one("runs"),
            "/run/{pk}": self.dashed_one("runs"),
            "/testruns": self.dashed_list("testruns"),
            "/suites": self.dashed_list("suites"),
            "/suites/{pk}": self.dashed_one("suites"),
            "/rungroups": self.dashed_list("rungroups"),
            "/plans": self.dashed_list("plans"),
        }
        self.route("GET", "/api/projects", self.all_projects)
        self.route("GET", "/api/projects/{slug}", self.project)
        for path, handler in dashed.items():
            self.route("GET", CLASSIC + path, handler)

    @property
    def settings(self) -> dict[str, str]:
        return {"api": self.api}

    def is_allowed(self, request: Request) -> bool:
        if request.path == "/api/login":
            return True
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.path.startswith("/api/v2/"):
            return key in (self.world["token"], self.world["project_token"])
        return key == JWT

    def error(self, status: int, sentence: str) -> Answer:
        return json_answer({"error": sentence}, status)

    def login(self, request: Request) -> Answer:
        given = request.body if isinstance(request.body, dict) else {}
        world = self.world
        by_key = given.get("api_token") == world["token"]
        by_person = (given.get("email"), given.get("password")) == (
            world["email"],
            world["password"],
        )
        if by_key or by_person:
            return json_answer({"jwt": JWT})
        return self.error(401, "Invalid or paused token")

    # What is held

    def rows(self, request: Request, part: str, slug: str) -> list[Row]:
        one(self.world["projects"], slug)
        if part == "testruns":
            return self.testruns(request, slug)
        rows = [r for r in self.world.get(part, []) if r["project"] == slug]
        if part != "runs":
            return rows
        if status := parameter(request, "filter[status]"):
            rows = [row for row in rows if row["status"] == status]
        return sorted(rows, key=lambda r: str(r["created_at"]), reverse=True)

    def testruns(self, request: Request, slug: str) -> list[Row]:
        """In the order of execution."""
        own = {run["id"] for run in self.world["runs"] if run["project"] == slug}
        wanted = parameter(request, "run_id")
        rows = [
            row
            for run, rows in self.world["testruns"].items()
            if run in own and wanted in ("", run)
            for row in rows
        ]
        if test := parameter(request, "test_id"):
            rows = [row for row in rows if row["test_id"] == test]
        return sorted(rows, key=lambda r: r["id"])

    # API v2: flat

    def flat(self, part: str, row: Row) -> Row:
        names = NAMES[self.names]
        hidden = OWN_NOTES if self.tells_examples else OWN_NOTES | EXAMPLE
        shown = FIRST.get(part) if self.names == "first" else None
        return {
            names.get(name, name): value
            for name, value in row.items()
            if name not in hidden and (shown is None or name in shown)
        }

    def flat_list(self, part: str) -> Any:
        def handler(request: Request, slug: str) -> Answer:
            size = min(whole(request, "per_page", 30), 100)
            rows = self.rows(request, part, slug)
            page = self.page(request, rows, size, "created_at")
            meta = {"total": page.total, "page": page.number, "per_page": page.size}
            data = [self.flat(part, row) for row in page.rows]
            return json_answer({"data": data, "meta": told(meta)})

        return handler

    def flat_one(self, part: str) -> Any:
        def handler(request: Request, slug: str, pk: str) -> Answer:
            row = one(self.rows(request, part, slug), pk)
            return json_answer({"data": self.flat(part, row)})

        return handler

    # The classic API: JSON:API with dashed names

    def all_projects(self, request: Request) -> Answer:
        size = min(whole(request, "per_page", 50), 200)
        page = self.page(request, self.world["projects"], size)
        data = [dashed("projects", row) for row in page.rows]
        meta = {"num": page.total, "total_pages": page.last}
        return json_answer({"data": data, "meta": told(meta)})

    def project(self, request: Request, slug: str) -> Answer:
        row = one(self.world["projects"], slug)
        return json_answer({"data": dashed("projects", row)})

    def dashed_list(self, part: str) -> Any:
        def handler(request: Request, slug: str) -> Answer:
            size = 50
            if part != "suites":
                size = min(whole(request, "per_page", 50), 100)
            rows = self.rows(request, part, slug)
            page = self.page(request, rows, size, "created_at")
            meta = {"page": page.number, "per_page": page.size}
            stated = {"num": page.total, "total_pages": page.last}
            data = [dashed(part, row) for row in page.rows]
            return json_answer({"data": data, "meta": told(meta | stated)})

        return handler

    def dashed_one(self, part: str) -> Any:
        def handler(request: Request, slug: str, pk: str) -> Answer:
            row = one(self.rows(request, part, slug), pk)
            return json_answer({"data": dashed(part, row), "included": []})

        return handler


def dashed(part: str, row: Row) -> Row:
    attributes = {
        name.replace("_", "-"): value
        for name, value in row.items()
        if name not in OWN_NOTES | {"id"}
    }
    if part == "testruns":
        attributes["test"] = {
            "id": row["test_id"],
            "title": row["test_title"],
            "params": row.get("params", []),
            "suite-id": row["suite_id"],
        }
    return {"id": str(row["id"]), "type": part, "attributes": attributes}
