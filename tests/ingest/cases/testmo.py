"""Testmo's read API."""

from __future__ import annotations

from typing import Any

from tests.ingest.cases.server import (
    Page,
    Refused,
    Row,
    Vendor,
    json_answer,
    one,
    parameter,
    told,
    whole,
    words,
)
from tests.ingest.wire import Answer, Request

V1 = "/api/v1"
SIZES = {15, 25, 50, 100}
SIZES_OF_TESTS = range(100, 1001)
# Where an expanded object's id stands in a run, and the list that holds the object.
EXPANDS = {
    "automation_sources": ("source_id", "sources"),
    "configs": ("config_id", "configs"),
    "milestones": ("milestone_id", "milestones"),
    "users": ("created_by", "users"),
}


class ServedTestmo(Vendor):
    name = "testmo"
    list_of_runs = "/automation/runs"

    def prepare(self) -> None:
        get = {
            "/user": self.user,
            "/users": self.plain("users"),
            "/projects": self.plain("projects"),
            "/projects/{pk}": self.single("projects"),
            "/projects/{pid}/automation/runs": self.runs,
            "/projects/{pid}/automation/sources": self.plain("sources"),
            "/projects/{pid}/milestones": self.plain("milestones"),
            "/projects/{pid}/users": self.plain("users"),
            "/projects/{pid}/configs": self.plain("configs"),
            "/projects/{pid}/statuses": self.plain("statuses"),
            "/projects/{pid}/runs": self.plain("manual_runs"),
            "/projects/{pid}/sessions": self.plain("sessions"),
            "/automation/runs/{pk}": self.run,
            "/automation/runs/{pk}/tests": self.tests,
            "/automation/sources/{pk}": self.single("sources"),
            "/milestones/{pk}": self.single("milestones"),
            "/users/{pk}": self.single("users"),
            "/projects/{pid}/cases": self.plain("cases"),
            "/runs/{pk}": self.single("manual_runs"),
            "/runs/{pk}/results": self.manual_results,
        }
        for path, handler in get.items():
            self.route("GET", V1 + path, handler)

    def is_allowed(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.world['token']}"

    def error(self, status: int, sentence: str) -> Answer:
        return json_answer({"message": sentence}, status)

    # Objects

    def user(self, request: Request) -> Answer:
        return json_answer(self.world["user"])

    def single(self, part: str) -> Any:
        def handler(request: Request, pk: str) -> Answer:
            return json_answer(
                {"result": one(self.world.get(part, []), pk), "expands": []}
            )

        return handler

    def run(self, request: Request, pk: str) -> Answer:
        row = one(self.world["runs"], pk)
        return json_answer({"result": row, "expands": self.expanded(request, [row])})

    # Lists

    def plain(self, part: str) -> Any:
        def handler(request: Request, pid: str = "") -> Answer:
            rows = self.in_project(part, pid)
            return self.listed(request, rows, "created_at", SIZES)

        return handler

    def runs(self, request: Request, pid: str) -> Answer:
        rows = [r for r in self.in_project("runs", pid) if is_wanted(request, r)]
        return self.listed(request, rows, "created_at", SIZES)

    def tests(self, request: Request, pk: str) -> Answer:
        one(self.world["runs"], pk)
        # Names that begin so are the input's own notes.
        rows = [
            {name: value for name, value in row.items() if name[0] != "_"}
            for row in self.world["tests"].get(pk, [])
        ]
        if thread := parameter(request, "thread_id"):
            rows = [row for row in rows if str(row["thread_id"]) == thread]
        if statuses := words(request, "status_id"):
            rows = [row for row in rows if str(row["status"]) in statuses]
        return self.listed(request, rows, "automation_test_id", SIZES_OF_TESTS)

    def manual_results(self, request: Request, pk: str) -> Answer:
        one(self.world.get("manual_runs", []), pk)
        rows = self.world["results"].get(pk, [])
        if parameter(request, "get_latest_result") in ("1", "true"):
            rows = [row for row in rows if row["is_latest"]]
        return self.listed(request, rows, "created_at", SIZES)

    def in_project(self, part: str, pid: str) -> list[Row]:
        if pid:
            one(self.world["projects"], pid)
        rows = self.world.get(part, [])
        return [row for row in rows if str(row.get("project_id", pid)) == pid]

    def listed(self, request: Request, rows: list[Row], key: str, sizes: Any) -> Answer:
        size = whole(request, "per_page", 100)
        if size not in sizes:
            raise Refused(422, "The selected per page is invalid.")
        asked = parameter(request, "sort").partition(":")[2] or key
        asked = {"id": "automation_test_id"}.get(asked, asked)
        is_descending = parameter(request, "order", "desc") != "asc"
        rows = sorted(rows, key=lambda r: order_of(r.get(asked)), reverse=is_descending)
        page = self.page(request, rows, size, asked)
        return json_answer(told(self.envelope(request, page)))

    def envelope(self, request: Request, page: Page) -> Row:
        return {
            "page": page.number,
            "prev_page": page.number - 1 or None,
            "next_page": page.number + 1 if page.number < page.last else None,
            "last_page": page.last or None,
            "per_page": page.size,
            "total": page.total,
            "expands": self.expanded(request, page.rows),
            "result": page.rows,
        }

    def expanded(self, request: Request, rows: list[Row]) -> Any:
        """The objects that the rows speak of; an empty list when there are none, as
        PHP writes an empty map.
        """
        found: dict[str, list[Row]] = {}
        for name in words(request, "expands"):
            if name == "statuses":
                found[name] = self.world["statuses"]
            elif name in EXPANDS:
                key, part = EXPANDS[name]
                ids = [row.get(key) for row in rows]
                found[name] = [
                    {"id": row["id"], "name": row["name"]}
                    for row in self.world.get(part, [])
                    if row["id"] in ids
                ]
        return found or []


def order_of(value: Any) -> tuple[int, float, str]:
    """Nulls and what is no value first, then numbers, then texts."""
    if isinstance(value, str):
        return (2, 0, value)
    return (1, value, "") if isinstance(value, int | float) else (0, 0, "")


def is_wanted(request: Request, run: Row) -> bool:
    """Whether the run passes the list's filters; the times are exclusive bounds."""
    for name in ("config_id", "created_by", "milestone_id", "source_id", "status"):
        asked = words(request, name)
        if asked and str(run[name]) not in asked:
            return False
    tags = words(request, "tags")
    after, before = (parameter(request, f"created_{word}") for word in BOUNDS)
    return (
        (not tags or not set(tags).isdisjoint(run["tags"] or []))
        and (not after or str(run["created_at"]) > after)
        and (not before or str(run["created_at"]) < before)
    )


BOUNDS = ("after", "before")
