"""QA.tech's REST API v1: its two kinds of keys, its paths and its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ingest.simulator.moments import CaseRow
from ingest.simulator.qatech import bodies, creation, ids, paging, starts
from ingest.simulator.qatech.asked import RefusedError
from ingest.simulator.qatech.starts import StartedRuns
from ingest.simulator.server import Handler, Request, Response, Simulator, TokenBucket
from ingest.simulator.world import SimProject, SimRun

ORGANISATION_KEY = "qat_org_7Qm2Vd"
READ_ONLY_KEY = "qat_org_read_1Fz8"
SUSPENDED_KEY = "qat_org_suspended_0"
ORGANISATION_KEYS = (ORGANISATION_KEY, READ_ONLY_KEY)
OUTBOUND_IPS = ["192.0.2.10", "192.0.2.11"]
CASES_LIMIT, STEPS_LIMIT = 100, 20


def project_key(project: SimProject) -> str:
    return f"qat_proj_{project.number:04d}_3xN9"


class SimulatedQaTech(Simulator):
    """QA.tech by its newest specification, without a list of runs.

    last_run: GET /v1/test-cases tells each case's last run. usage_exceeded: starting a
    run is a 402. bad_key_status: 401 or 403. requests_per_minute: a limit with 429 and
    Retry-After, which the vendor does not document; 0 is none. started_end: COMPLETED,
    ERROR or CANCELLED, how runs end that are started from then on.
    """

    vendor = "qatech"
    switches: ClassVar[dict[str, Any]] = {
        "last_run": False,
        "usage_exceeded": False,
        "bad_key_status": 401,
        "requests_per_minute": 0,
        "started_end": "COMPLETED",
    }
    last_run: bool
    usage_exceeded: bool
    bad_key_status: int
    requests_per_minute: int
    started_end: str

    @property
    def secrets(self) -> dict[str, str]:
        """The key of the first project; see `connections` for the others."""
        return {"token": project_key(self.projects[0])}

    @property
    def settings(self) -> dict[str, Any]:
        return self._settings(self.projects[0])

    @property
    def project_ids(self) -> list[str]:
        return [ids.project_id(self.projects[0])]

    def connections(self, base_url: str) -> list[dict[str, Any]]:
        """One for each project: its key, and its run ids, which nothing lists."""
        return [
            {
                "name": f"{self.vendor}-{index}" if index > 1 else self.vendor,
                "base_url": base_url,
                "secrets": {"token": project_key(project)},
                "settings": self._settings(project),
                "projects": [ids.project_id(project)],
            }
            for index, project in enumerate(self.projects, 1)
        ]

    def prepare(self) -> None:
        self.started = StartedRuns()
        self.created = creation.CreatedCases()
        self._project_keys = {project_key(p): p for p in self.projects}
        execution = "/v1/run-test-case/{short_id}"
        application = "/v1/applications/{application}"
        reads: dict[str, Handler] = {
            "/v1/run/{short_id}": self._run,
            execution: self._execution,
            f"{execution}/trace": self._trace,
            "/v1/test-cases": self._cases,
            "/v1/projects": self._projects,
            "/v1/applications": self._applications,
            f"{application}/environments": self._environments,
            "/v1/outbound-ips": self._outbound_ips,
        }
        for pattern, handler in reads.items():
            self.route("GET", pattern, handler)
        self.route("POST", "/v1/run", self._start)
        self.route("POST", "/v1/run/{short_id}", self._rerun)
        self.route("POST", "/v1/test-cases", self._create_case)

    def switch(self, **switches: Any) -> None:
        super().switch(**switches)
        if "requests_per_minute" in switches:
            each = float(self.requests_per_minute)
            self.bucket = TokenBucket(each, each / 60) if each else None

    # Who is let in

    def authorise(self, request: Request) -> Response | None:
        if request.path.rstrip("/") == "/v1/outbound-ips":
            return None
        key = _key(request)
        if not key:
            return self.error(401, "Missing API key.")
        if key == SUSPENDED_KEY:
            return self.error(403, "The organization is suspended.")
        if key not in ORGANISATION_KEYS and key not in self._project_keys:
            return self.error(self.bad_key_status, "Invalid API key.")
        if request.method == "POST" and key == READ_ONLY_KEY:
            return self.error(403, "The key lacks the write scope.")
        return None

    def _routed(self, request: Request) -> Response:
        try:
            return super()._routed(request)
        except RefusedError as refused:
            return self.error(refused.status, refused.sentence)

    # Routes

    def _run(self, request: Request, short_id: str) -> Response:
        project = self._project(request, request.get("projectShortId"))
        wanted = request.get("testCases")
        if wanted not in ("", "all", "failed"):
            raise RefusedError(400, "testCases must be all or failed.")
        run = self._find_run(project, short_id)
        return Response(200, bodies.run_body(run, self.now(), wanted))

    def _execution(self, request: Request, short_id: str) -> Response:
        project, run, row = self._find_execution(request, short_id)
        detail = bodies.execution_detail(project, run, row, self.now())
        return Response(200, detail)

    def _trace(self, request: Request, short_id: str) -> Response:
        _, _, row = self._find_execution(request, short_id)
        page = paging.page(request, "steps", bodies.trace_steps(row), STEPS_LIMIT)
        return Response(200, {"runTestCaseShortId": short_id, **page})

    def _cases(self, request: Request) -> Response:
        project = self._project(request, request.get("projectShortId"))
        made = [bodies.case_body(project, case) for case in project.cases]
        if self.last_run:
            last = bodies.last_runs(self._runs(project), self.now())
            for case, body in zip(project.cases, made, strict=True):
                body["lastRun"] = last.get(case.number)
        made += self.created.of(project, last_run=self.last_run)
        made = [body for body in made if paging.case_fits(request, body)]
        return Response(200, paging.page(request, "testCases", made, CASES_LIMIT))

    def _projects(self, request: Request) -> Response:
        own = self._project_keys.get(_key(request))
        projects = self.projects if own is None else [own]
        made = [{"shortId": ids.project_id(p), "name": p.name} for p in projects]
        return Response(200, {"projects": made})

    def _applications(self, request: Request) -> Response:
        project = self._project(request, request.get("projectShortId"))
        short_id = bodies.application_id(project)
        application = {"shortId": short_id, "name": project.name, "kind": "web"}
        return Response(200, {"applications": [application]})

    def _environments(self, request: Request, application: str) -> Response:
        project = self._project(request, request.get("projectShortId"))
        if application != bodies.application_id(project):
            raise RefusedError(404, "Application not found.")
        return Response(200, {"environments": bodies.environments(project)})

    def _outbound_ips(self, request: Request) -> Response:
        return Response(200, {"ipAddresses": OUTBOUND_IPS})

    def _start(self, request: Request) -> Response:
        asked = _asked(request) if request.body else {}
        project = self._project(request, asked.get("projectShortId"))
        cases = starts.cases_to_start(project, asked)
        run = self._started(project, cases)
        # A run of picked cases belongs to no plan.
        plan = None if "testCaseIds" in asked else bodies.plan_body(project)
        body = {**bodies.started_body(project, run), "testPlan": plan}
        return Response(200, {"success": True, "run": body})

    def _rerun(self, request: Request, short_id: str) -> Response:
        asked = _asked(request)
        project = self._project(request, asked.get("projectShortId"))
        before = self._find_run(project, short_id)
        cases = starts.cases_to_rerun(project, before, asked, self.now())
        run = self._started(project, cases)
        body = bodies.started_body(project, run)
        return Response(200, {"success": True, "run": body})

    def _create_case(self, request: Request) -> Response:
        asked = _asked(request)
        project = self._project(request, asked.get("projectShortId"))
        body = self.created.add(project, asked, self.now())
        return Response(200, {"success": True, "testCase": body})

    # What is looked up

    def _started(self, project: SimProject, cases: list[Any]) -> SimRun:
        if self.usage_exceeded:
            raise RefusedError(402, "The usage limit of this plan is reached.")
        return self.started.add(project, cases, self.now(), self.started_end)

    def _project(self, request: Request, asked: object) -> SimProject:
        """The key's own project, or the one that an organisation key must name."""
        own = self._project_keys.get(_key(request))
        if own is not None:
            if asked and asked != ids.project_id(own):
                raise RefusedError(403, "The key belongs to another project.")
            return own
        if not asked:
            raise RefusedError(400, "projectShortId is required with this API key.")
        for project in self.projects:
            if ids.project_id(project) == asked:
                return project
        raise RefusedError(404, "Project not found.")

    def _runs(self, project: SimProject) -> list[SimRun]:
        return project.runs_at(self.now()) + self.started.of(project)

    def _find_run(self, project: SimProject, short_id: str) -> SimRun:
        for run in self._runs(project):
            if ids.run_id(run) == short_id:
                return run
        raise RefusedError(404, "Run not found.")

    def _find_execution(
        self, request: Request, short_id: str
    ) -> tuple[SimProject, SimRun, CaseRow]:
        project = self._project(request, request.get("projectShortId"))
        run_number, number = ids.read_execution_id(short_id)
        for run in self._runs(project):
            if run.number != run_number:
                continue
            row = bodies.row_of(run, number, self.now())
            if row is not None:
                return project, run, row
        raise RefusedError(404, "Run test case not found.")

    def _settings(self, project: SimProject) -> dict[str, Any]:
        newest_first = self._runs(project)[::-1]
        return {"runs": ",".join(ids.run_id(run) for run in newest_first)}


def _key(request: Request) -> str:
    scheme, _, key = request.header("authorization").partition(" ")
    return key if scheme == "Bearer" else ""


def _asked(request: Request) -> Mapping[str, Any]:
    try:
        asked = request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    return asked
