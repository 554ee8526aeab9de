"""Testably's documented REST API v1: its paths, pages, tokens and limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from ingest.simulator.server import Handler, Request, Response, Simulator
from ingest.simulator.testably import bodies
from ingest.simulator.testably.bodies import Bodies, Body
from ingest.simulator.testably.words import Vocabulary
from ingest.simulator.world import SimCase, SimProject, SimRun

TOKEN = "testably_" + "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
# A person's token without membership in any project.
STRANGER_TOKEN = "testably_" + "00000000000000000000000000000001"
DEFAULT_PER_PAGE, MAX_PER_PAGE = 20, 100
# Routes that the documentation shows with the badge "Coming Soon"; see also `Runs`.
SOON = (
    "POST /v1/projects",
    "PATCH /v1/projects/{pid}",
    "DELETE /v1/projects/{pid}",
    "POST /v1/projects/{pid}/test-cases",
    "POST /v1/projects/{pid}/test-cases/bulk",
    "PATCH /v1/projects/{pid}/test-cases/{cid}",
    "DELETE /v1/projects/{pid}/test-cases/{cid}",
    "POST /v1/runs/{rid}/results/bulk",
    "PUT /v1/runs/{rid}/results/{id}",
)


class RefusedError(Exception):
    """The request gets this status and sentence in the vendor's error body."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Reading(Simulator):
    """Testably by its documentation, and where they differ by its published code.

    vocabulary: documented, real, or mixed (by project). elapsed: seconds, float, null,
    clock ("MM:SS"), ms, or mixed (all but ms). stale_counters: a run counts only its
    last 100 rows. error_messages: errors carry `message` besides `error`.
    soon: making, changing and closing a run has come. soon_status: what a route that is
    coming soon answers. closed_status: what a change of a closed run is answered.
    tier: the plan of the token's person, which an upload needs to be 3.
    """

    vendor = "testably"
    limit = (60.0, 1.0)
    switches: ClassVar[dict[str, Any]] = {
        "vocabulary": "mixed",
        "elapsed": "seconds",
        "stale_counters": False,
        "error_messages": False,
        "soon": False,
        "soon_status": 404,
        "closed_status": 409,
        "tier": 7,
    }
    vocabulary: str
    elapsed: str
    stale_counters: bool
    error_messages: bool
    soon: bool
    soon_status: int
    closed_status: int
    tier: int

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": TOKEN}

    def prepare(self) -> None:
        project = "/v1/projects/{pid}"
        routes: dict[str, Handler] = {
            "/v1/projects": self._projects,
            project: self._project,
            f"{project}/test-cases": self._cases,
            f"{project}/test-cases/{{cid}}": self._case,
            f"{project}/runs": self._runs,
            f"{project}/runs/{{rid}}": self._run,
            f"{project}/milestones": self._milestones,
            f"{project}/milestones/{{mid}}": self._milestone,
            "/v1/runs/{rid}/results": self._results,
        }
        for pattern, handler in routes.items():
            self.route("GET", pattern, handler)
        for line in SOON:
            method, _, pattern = line.partition(" ")
            self.route(method, pattern, self.not_yet)

    # Who is let in

    def handle(self, request: Request) -> Response:
        """Credentials first: the bucket belongs to a token."""
        refusal = self.authorise(request)
        if refusal is not None:
            return refusal
        bucket = self.bucket
        if bucket is not None and (wait := bucket.take()):
            return self.limited(wait)
        try:
            answer = self._routed(request)
        except RefusedError as refused:
            answer = self.error(refused.status, refused.sentence)
        if bucket is not None:
            answer.headers["X-RateLimit-Limit"] = str(int(bucket.capacity))
            answer.headers["X-RateLimit-Remaining"] = str(bucket.left)
        return answer

    def authorise(self, request: Request) -> Response | None:
        scheme, _, token = request.header("authorization").partition(" ")
        if scheme != "Bearer" or not token:
            return self.error(401, "Missing or malformed Authorization header.")
        if token not in (TOKEN, STRANGER_TOKEN):
            return self.error(401, "Invalid or inactive API token.")
        return None

    def error(self, status: int, sentence: str) -> Response:
        body = {"error": sentence}
        if self.error_messages:
            body["message"] = f"{sentence} See the API documentation."
        return Response(status, body)

    def limited(self, seconds: float) -> Response:
        wait = max(1, -int(-seconds // 1))
        body = {
            "error": "Too Many Requests",
            "message": f"Rate limit exceeded. Try again in {wait} s.",
            "retry_after_seconds": wait,
        }
        headers = {"Retry-After": str(wait), "X-RateLimit-Remaining": "0"}
        return Response(429, body, headers)

    # Routes

    def not_yet(self, request: Request, **_: str) -> Response:
        return self.error(self.soon_status, "This endpoint is not available yet.")

    def _projects(self, request: Request) -> Response:
        now = self.now()
        mine = [] if is_stranger(request) else self.projects
        rows = [self._bodies(project, now).project_body() for project in mine]
        rows.sort(key=lambda row: row["updated_at"], reverse=True)
        return _page(request, rows, lambda row: row)

    def _project(self, request: Request, pid: str) -> Response:
        return one(self._project_of(request, pid).project_body())

    def _cases(self, request: Request, pid: str) -> Response:
        made = self._project_of(request, pid)
        cases = [c for c in made.project.cases if _case_fits(request, made, c)]
        return _page(request, cases, made.case_body)

    def _case(self, request: Request, pid: str, cid: str) -> Response:
        made = self._project_of(request, pid)
        for case in made.project.cases:
            if bodies.case_id(made.project, case) == cid:
                return one(made.case_detail(case))
        raise RefusedError(404, "Test case not found.")

    def _runs(self, request: Request, pid: str) -> Response:
        made = self._project_of(request, pid)
        newest_first = made.project.runs_at(made.now)[::-1]
        return _page(request, newest_first, made.run_body)

    def _run(self, request: Request, pid: str, rid: str) -> Response:
        made = self._project_of(request, pid)
        run = run_in(made.project, rid, made.now)
        if run is None:
            raise RefusedError(404, "Run not found.")
        return one({**made.run_body(run), "results": made.result_bodies(run)})

    def _results(self, request: Request, rid: str) -> Response:
        now = self.now()
        for project in self.projects:
            run = run_in(project, rid, now)
            if run is None:
                continue
            if is_stranger(request):
                raise RefusedError(403, "You are not a member of this project.")
            made = self._bodies(project, now)
            return _page(request, made.result_bodies(run), lambda row: row)
        raise RefusedError(404, "Run not found.")

    def _milestones(self, request: Request, pid: str) -> Response:
        made = self._project_of(request, pid)
        rows = [made.milestone_body(m) for m in made.project.milestones]
        wanted = request.get("status")
        rows = [row for row in rows if wanted in ("", row["status"])]
        return _page(request, rows, lambda row: row)

    def _milestone(self, request: Request, pid: str, mid: str) -> Response:
        made = self._project_of(request, pid)
        for milestone in made.project.milestones:
            if bodies.milestone_id(made.project, milestone) == mid:
                # Bare, where projects, cases, runs and results come under "data".
                return Response(200, made.milestone_detail(milestone))
        raise RefusedError(404, "Milestone not found.")

    # What is looked up

    def _project_of(self, request: Request, pid: str) -> Bodies:
        for project in self.projects:
            if bodies.project_id(project) == pid:
                if is_stranger(request):
                    raise RefusedError(403, "You are not a member of this project.")
                return self._bodies(project, self.now())
        raise RefusedError(404, "Project not found.")

    def _bodies(self, project: SimProject, now: datetime) -> Bodies:
        by_turns = self.projects.index(project) % 2 == 0
        documented = {"documented": True, "real": False, "mixed": by_turns}
        words = Vocabulary(documented[self.vocabulary])
        return Bodies(project, now, words, self.elapsed, self.stale_counters)


def is_stranger(request: Request) -> bool:
    return request.header("authorization").endswith(STRANGER_TOKEN)


def run_in(project: SimProject, rid: str, now: datetime) -> SimRun | None:
    runs = project.runs_at(now)
    return next((run for run in runs if bodies.run_id(run) == rid), None)


def _case_fits(request: Request, made: Bodies, case: SimCase) -> bool:
    body = made.case_body(case)
    asked = {name: request.get(name) for name in ("folder_id", "priority", "type")}
    if any(value and value != body[name] for name, value in asked.items()):
        return False
    return request.get("search").lower() in case.name.lower()


def one(body: Body) -> Response:
    return Response(200, {"data": body})


def _page(
    request: Request, rows: list[Any], body_of: Callable[[Any], Body]
) -> Response:
    page = _whole(request, "page", 1)
    per_page = min(_whole(request, "per_page", DEFAULT_PER_PAGE), MAX_PER_PAGE)
    shown = rows[(page - 1) * per_page : page * per_page]
    meta = {"total": len(rows), "page": page, "per_page": per_page}
    return Response(200, {"data": [body_of(row) for row in shown], "meta": meta})


def _whole(request: Request, name: str, default: int) -> int:
    raw = request.get(name) or str(default)
    if not raw.isdecimal() or int(raw) < 1:
        raise RefusedError(400, f"{name} must be a positive whole number.")
    return int(raw)
