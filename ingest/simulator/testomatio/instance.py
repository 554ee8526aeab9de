"""One Testomat.io instance: its switches, who may do what, how things are found."""

from __future__ import annotations

from typing import Any, ClassVar

from ingest.simulator.server import Request, Response, Simulator
from ingest.simulator.testomatio import access, words
from ingest.simulator.testomatio.words import RowOfRun
from ingest.simulator.world import SimProject, SimRun

V2_PREFIX = "/api/v2/"


class RefusedError(Exception):
    """The request gets this status and this sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Instance(Simulator):
    """The switches are what the facts leave open or what changed over time.

    jwt_life: seconds; jwt_uses: requests until a JWT expires, None for any number.
    expired_status: 403 (documented by the clients) or 401.
    naming: "new" or "old" (March 2026) field names in v2; the old ones have no status,
    counters or times in a run. counters, times: whether v2 runs have them (new names).
    env: "array" or "text" in v2 runs. attempts: whether a repeated test has a testrun
    for each attempt. over_100: "422" or "clamp" for a v2 per_page above 100.
    forbidden: slugs that answer 403 in v2, as archived projects do.
    suites_per_page: 50 in reality. No limit of requests is published; this one is an
    assumption.
    """

    vendor = "testomatio"
    limit = (150.0, 30.0)
    switches: ClassVar[dict[str, Any]] = {
        "jwt_life": 3600.0,
        "jwt_uses": None,
        "expired_status": 403,
        "naming": "new",
        "counters": True,
        "times": True,
        "env": "array",
        "attempts": False,
        "over_100": "422",
        "forbidden": (),
        "suites_per_page": 50,
    }
    jwt_life: float
    jwt_uses: int | None
    expired_status: int
    naming: str
    counters: bool
    times: bool
    env: str
    attempts: bool
    over_100: str
    forbidden: tuple[str, ...]
    suites_per_page: int

    @property
    def secrets(self) -> dict[str, str]:
        return {
            "token": access.TOKEN,
            "email": access.EMAIL,
            "password": access.PASSWORD,
        }

    def prepare(self) -> None:
        self.jwts = access.Jwts()
        self.route("POST", "/api/login", self.log_in)

    def error(self, status: int, sentence: str) -> Response:
        return Response(status, {"error": sentence})

    def handle(self, request: Request) -> Response:
        try:
            return super().handle(request)
        except RefusedError as error:
            return self.error(error.status, error.sentence)

    def authorise(self, request: Request) -> Response | None:
        if request.path == "/api/login":
            return None
        if request.path.startswith(V2_PREFIX):
            return self._authorise_v2(request)
        jwt = access.bearer(request)
        if self.jwts.is_valid(jwt, self.jwt_life, self.jwt_uses):
            return None
        status = self.expired_status if jwt else 403
        return self.error(status, "You are not signed in.")

    def _authorise_v2(self, request: Request) -> Response | None:
        """The API token itself, and here the scheme is needed."""
        scheme, _, token = request.header("authorization").partition(" ")
        known = token == access.TOKEN or token in access.PROJECT_TOKENS
        if scheme != "Bearer" or not known:
            return self.error(401, "Invalid or paused token")
        wanted = request.path.removeprefix(V2_PREFIX).partition("/")[0]
        if access.PROJECT_TOKENS.get(token, wanted) != wanted:
            return self.error(404, "Project not found")
        if wanted in self.forbidden:
            return self.error(403, "Project is archived")
        return None

    def log_in(self, request: Request) -> Response:
        if access.may_log_in(request):
            return Response(200, {"jwt": self.jwts.issue()})
        return self.error(401, "Wrong token, e-mail or password.")

    # Finding

    def project_of(self, slug: str) -> SimProject:
        for project in self.projects:
            if words.slug(project) == slug:
                return project
        raise RefusedError(404, "Project not found")

    def runs_of(self, project: SimProject) -> list[SimRun]:
        """Newest first."""
        return project.runs_at(self.now())[::-1]

    def run_of(self, project: SimProject, run_id: str) -> SimRun:
        for run in self.runs_of(project):
            if words.run_id(run.number) == run_id:
                return run
        raise RefusedError(404, "Run not found")

    def testruns_of(self, run: SimRun) -> list[RowOfRun]:
        return words.testruns(run, self.now(), attempts=self.attempts)

    def number(self, request: Request, name: str, default: int) -> int:
        """A positive whole number from the query. Raises RefusedError (422)."""
        text = request.get(name)
        if not text:
            return default
        if not text.isdigit() or int(text) < 1:
            raise RefusedError(422, f"{name} must be a positive number")
        return int(text)
