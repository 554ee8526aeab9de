"""One Testmo instance: credentials, errors, envelopes and how things are found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, ClassVar

from ingest.simulator.moments import latest_of
from ingest.simulator.server import Request, Response, Simulator
from ingest.simulator.testmo import bodies, paging
from ingest.simulator.testmo.paging import InvalidError
from ingest.simulator.testmo.statuses import Body, counts, referenced
from ingest.simulator.world import SimProject, SimResult, SimRun

TOKEN = "testmo_api_simulated_0123456789abcdef"
READ_ONLY_TOKEN = "testmo_api_simulated_read_only_01234567"
FIRST_MANUAL_RUN = 1001
USER_FIELDS = ("created_by", "updated_by", "completed_by", "closed_by", "assignee_id")
STATES: list[Body] = [
    {"id": 1, "name": "New", "is_default": True},
    {"id": 2, "name": "In progress", "is_default": False},
    {"id": 4, "name": "Done", "is_default": False},
]
MILESTONE_TYPES: list[Body] = [{"id": 1, "name": "Release", "is_default": True}]


class MissingError(Exception):
    """The thing is not there: answered by 404."""


class RefusedError(Exception):
    """The request gets this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Instance(Simulator):
    """One instance with its projects. Its switches are what the facts leave open.

    tests: whether …/tests exists at all (newer instances); a project with counts only
    answers 404 there even then. empty_expands: "{}" or "[]" when nothing is expanded.
    empty_last_page: the last_page of an empty list. retry_after: whether a 429 says
    how long to wait. lookups: whether the newer look-up lists exist.
    unknown_alias: a pushed status alias that nobody knows is refused ("422") or stored
    as a status without meaning ("neutral"). unknown_names: so is a config or milestone
    ("422"), or the run is made without it ("ignored"). completed_status: what a push to
    something completed is answered.
    No limit is published; the one here is an assumption. No X-RateLimit header is sent.
    """

    vendor = "testmo"
    limit = (200.0, 50.0)
    switches: ClassVar[dict[str, Any]] = {
        "tests": True,
        "empty_expands": "{}",
        "empty_last_page": 1,
        "retry_after": True,
        "lookups": True,
        "unknown_alias": "422",
        "unknown_names": "422",
        "completed_status": 422,
    }
    tests: bool
    empty_expands: str
    empty_last_page: int | None
    retry_after: bool
    lookups: bool
    unknown_alias: str
    unknown_names: str
    completed_status: int

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": TOKEN}

    @property
    def settings(self) -> dict[str, Any]:
        """Its runs carry branch and commit in fields, as people set them up."""
        return {"branch_field": "Branch", "commit_field": "Commit"}

    def prepare(self) -> None:
        """The subclasses add the routes."""

    def authorise(self, request: Request) -> Response | None:
        scheme, _, token = request.header("authorization").partition(" ")
        if scheme != "Bearer" or token not in (TOKEN, READ_ONLY_TOKEN):
            return self.error(401, "Unauthenticated.")
        if token == READ_ONLY_TOKEN and request.method != "GET":
            return self.error(403, "This action is unauthorized.")
        return None

    def limited(self, seconds: float) -> Response:
        answer = super().limited(seconds)
        if not self.retry_after:
            del answer.headers["Retry-After"]
        return answer

    def handle(self, request: Request) -> Response:
        try:
            return super().handle(request)
        except MissingError as error:
            return self.error(404, str(error))
        except RefusedError as error:
            return self.error(error.status, error.sentence)
        except InvalidError as error:
            errors = {error.field: [error.sentence]}
            return Response(422, {"message": error.sentence, "errors": errors})

    # Finding

    def project_of(self, project_id: str) -> SimProject:
        for project in self.projects:
            if str(project.number) == project_id:
                return project
        raise MissingError("Project not found.")

    def automation_run_of(self, run_id: str) -> tuple[SimProject, SimRun]:
        now = self.now()
        for project in self.projects:
            for run in project.runs_at(now):
                if str(run.number) == run_id and run.kind == "automated":
                    return project, run
        raise MissingError("Automation run not found.")

    def manual_runs(self) -> list[tuple[int, SimProject, SimRun]]:
        """The manual runs that have begun, oldest first, each with its id.

        Their ids are counted apart, so that they meet those of automation runs.
        """
        now = self.now()
        rows = [
            (project, run)
            for project in self.projects
            for run in project.runs_at(now)
            if run.kind == "manual"
        ]
        rows.sort(key=lambda row: row[1].number)
        return [(n, *row) for n, row in enumerate(rows, FIRST_MANUAL_RUN)]

    def manual_run_of(self, run_id: str) -> tuple[int, SimProject, SimRun]:
        for number, project, run in self.manual_runs():
            if str(number) == run_id:
                return number, project, run
        raise MissingError("Run not found.")

    def config_ids(self) -> dict[str, int]:
        """Configuration ids by name, in the order in which they were first used."""
        runs = [run for project in self.projects for run in project.runs]
        runs.sort(key=lambda run: run.number)
        named = dict.fromkeys(run.configuration for run in runs if run.configuration)
        return {name: number for number, name in enumerate(named, 1)}

    def fits(self, request: Request, run: SimRun) -> bool:
        """The filters that automation runs and manual runs share."""
        milestone_id = run.milestone.number if run.milestone else None
        if not paging.among(request, "milestone_id", milestone_id):
            return False
        tags = set(request.values("tags"))
        if tags and not tags & set(run.tags):
            return False
        if not request.get("config_id"):
            return True
        config_id = self.config_ids().get(run.configuration)
        return paging.among(request, "config_id", config_id)

    # Answering

    def page(
        self,
        request: Request,
        rows: Sequence[Any],
        body: Callable[[Any], Body],
        expands: Collection[str] = (),
        sizes: Collection[int] = paging.LIST_SIZES,
    ) -> Response:
        wanted = paging.expands_of(request, expands)
        envelope = paging.paged(request, rows, body, sizes)
        if not rows:
            envelope["last_page"] = self.empty_last_page
        envelope["expands"] = self._expanded(wanted, envelope["result"])
        return Response(200, envelope)

    def single(
        self, request: Request, body: Body, expands: Collection[str] = ()
    ) -> Response:
        wanted = paging.expands_of(request, expands)
        return Response(
            200, {"result": body, "expands": self._expanded(wanted, [body])}
        )

    def _expanded(self, wanted: Iterable[str], rows: Sequence[Body]) -> Any:
        expanded = {name: self._expand(name, rows) for name in wanted}
        if not expanded and self.empty_expands == "[]":
            return []
        return expanded

    def _expand(self, name: str, rows: Sequence[Body]) -> list[Body]:
        if name == "statuses":
            return referenced(rows)
        if name == "milestone_stats":
            return [self._milestone_stats(row) for row in rows]
        field, known = self._expandable(name)
        ids = {row.get(part) for row in rows for part in field}
        return [entry for entry in known if entry["id"] in ids]

    def _expandable(self, name: str) -> tuple[tuple[str, ...], list[Body]]:
        """The fields that refer to the expanded objects, and all of these."""
        if name == "configs":
            return ("config_id",), named(self.config_ids())
        if name == "automation_sources":
            return ("source_id",), [
                {"id": bodies.source_id(project, source), "name": source}
                for project in self.projects
                for source in bodies.sources(project)
            ]
        if name == "milestones":
            return ("milestone_id", "root_id", "parent_id"), [
                {"id": milestone.number, "name": milestone.name}
                for project in self.projects
                for milestone in project.milestones
            ]
        if name == "users":
            return USER_FIELDS, bodies.USERS
        if name == "states":
            return ("state_id",), STATES
        if name == "milestone_types":
            return ("type_id",), MILESTONE_TYPES
        return (), []

    def _counting(self, run: SimRun) -> Iterable[SimResult]:
        """By hand a test counts once, by its latest result."""
        results = run.results_at(self.now())
        return latest_of(results).values() if run.kind == "manual" else results

    def _milestone_stats(self, milestone: Body) -> Body:
        now = self.now()
        outcomes = [
            result.outcome
            for project in self.projects
            if project.number == milestone["project_id"]
            for run in project.runs_at(now)
            if run.milestone and run.milestone.number == milestone["id"]
            for result in self._counting(run)
        ]
        return {"milestone_id": milestone["id"], **counts(outcomes)}


def named(ids: dict[str, int]) -> list[Body]:
    return [{"id": number, "name": name} for name, number in ids.items()]
