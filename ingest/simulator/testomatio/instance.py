"""One Testomat.io instance: its switches, who may do what, how things are found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from ingest.simulator.server import Request, Response, Simulator
from ingest.simulator.testomatio import access, pushed, words
from ingest.simulator.testomatio.pushed import PushedRun
from ingest.simulator.testomatio.words import RowOfRun
from ingest.simulator.world import SimCase, SimProject, SimRun

V2_PREFIX, REPORTER = "/api/v2/", "/api/reporter"
IMPORT = "/api/load"


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
    suites_per_page: 50 in reality. queries: whether v2 lists of tests take `tql`. executes: an automated run that is launched or rerun
    goes on by itself. reporter_refusal: 401 (documented) or 403 for a reporter's wrong
    key. late_status: what a testrun reported to a finished run is answered, 0 when it
    is taken. No limit of requests is published; this one is an
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
        "queries": True,
        "executes": True,
        "reporter_refusal": 401,
        "late_status": 0,
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
    queries: bool
    executes: bool
    reporter_refusal: int
    late_status: int

    @property
    def secrets(self) -> dict[str, str]:
        return {
            "token": access.TOKEN,
            "email": access.EMAIL,
            "password": access.PASSWORD,
        }

    def prepare(self) -> None:
        self.jwts = access.Jwts()
        self._given = {"run": 0, "result": 0}
        self._case_numbers: dict[tuple[Any, ...], int] = {}
        self.route("POST", "/api/login", self.log_in)

    def error(self, status: int, sentence: str) -> Response:
        return Response(status, {"error": sentence})

    def error_to(self, request: Request, status: int, sentence: str) -> Response:
        if request.path.startswith((REPORTER, IMPORT)):
            return Response(status, {"message": sentence})
        return self.error(status, sentence)

    def handle(self, request: Request) -> Response:
        try:
            return super().handle(request)
        except RefusedError as error:
            return self.error_to(request, error.status, error.sentence)

    def authorise(self, request: Request) -> Response | None:
        if request.path == "/api/login":
            return None
        if request.path.startswith(V2_PREFIX):
            return self._authorise_v2(request)
        if request.path.startswith((REPORTER, IMPORT)):
            return self._authorise_reporter(request)
        jwt = access.bearer(request)
        if self.jwts.is_valid(jwt, self.jwt_life, self.jwt_uses):
            return None
        status = self.expired_status if jwt else 403
        return self.error(status, "You are not signed in.")

    def _authorise_v2(self, request: Request) -> Response | None:
        """The API token itself, and here the scheme is needed."""
        scheme, _, token = request.header("authorization").partition(" ")
        general = (access.TOKEN, access.READ_ONLY_TOKEN)
        own = access.slug_of(token)
        if scheme != "Bearer" or (token not in general and not own):
            return self.error(401, "Invalid or paused token")
        wanted = request.path.removeprefix(V2_PREFIX).partition("/")[0]
        if own not in ("", wanted):
            return self.error(404, "Project not found")
        if wanted in self.forbidden:
            return self.error(403, "Project is archived")
        if token == access.READ_ONLY_TOKEN and request.method != "GET":
            return self.error(403, "You have a read-only role in this project")
        return None

    def _authorise_reporter(self, request: Request) -> Response | None:
        if access.slug_of(access.api_key(request)):
            return None
        return self.error_to(request, self.reporter_refusal, "Invalid api_key")

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

    def own_run(self, project: SimProject, run_id: str) -> PushedRun:
        """The run as one that may be written, whoever made it. Raises RefusedError."""
        run = self.run_of(project, run_id)
        if isinstance(run, PushedRun):
            return run
        counted = words.counters(self.testruns_of(run))
        status = words.run_status(run, counted, self.now())
        word = status if status == "terminated" else ""
        environments, url = words.environments(run), words.build_url(run)
        own = pushed.adopted(run, word, environments, url)
        self.show_run(project, own)
        return own

    def new_run(self, project: SimProject, name: str, kind: str) -> PushedRun:
        """A run that nobody sees yet."""
        return PushedRun(
            number=pushed.FIRST_RUN - 1 + self.next_number("run"),
            name=name,
            kind=kind,
            source="api",
            configuration="",
            milestone=None,
            tags=("",),
            branch="",
            commit="",
            started_at=self.now(),
            finished_at=None,
            threads=1,
        )

    def next_number(self, kind: str) -> int:
        """The next one of "run", from 1, or of "result", from FIRST_RESULT."""
        with self.writing:
            self._given[kind] += 1
            given = self._given[kind]
        return given if kind == "run" else pushed.FIRST_RESULT - 1 + given

    def case_number(self, key: tuple[Any, ...]) -> int:
        """The same number for the same key."""
        known = self._case_numbers
        return known.setdefault(key, pushed.FIRST_CASE + len(known))

    def show_case(self, project: SimProject, case: SimCase) -> None:
        """List a test that a report has created, once."""
        index = [own.number for own in self.projects].index(project.number)
        own = self.projects[index]
        if all(known.number != case.number for known in own.cases):
            self.projects[index] = replace(own, cases=[*own.cases, case])

    def group_label(
        self, project: SimProject, *, title: str = "", group_id: str = ""
    ) -> str:
        """The label of a group found by its title, if any, or by its id."""
        for group in words.groups(project):
            if title == group.title or group_id == group.group_id:
                return group.label
        if group_id:
            raise RefusedError(422, "Unknown rungroup_id")
        return ""

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


def json_of(request: Request) -> dict[str, Any]:
    """The body. Raises RefusedError (400) unless it is a JSON object."""
    try:
        asked = request.json()
    except ValueError as error:
        raise RefusedError(400, "The body is not valid JSON") from error
    if not isinstance(asked, dict):
        raise RefusedError(400, "The body must be a JSON object")
    return asked


def environments_of(told: object) -> tuple[str, ...]:
    """A comma list or an array."""
    parts = told if isinstance(told, list) else str(told or "").split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())
