"""Testomat.io's Reporter API under /api/reporter: the key in the body, flat JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ingest.simulator.server import Request, Response
from ingest.simulator.testomatio import access, pushed, words
from ingest.simulator.testomatio.instance import (
    IMPORT,
    REPORTER,
    Instance,
    RefusedError,
    environments_of,
    json_of,
)
from ingest.simulator.testomatio.pushed import PushedCase, PushedResult, PushedRun
from ingest.simulator.testomatio.words import Body
from ingest.simulator.world import SimCase, SimProject

STATUSES = ("passed", "failed", "skipped")
# "finish" leaves the verdict to the results; *_parallel are older names.
VERDICTS = {"pass": "passed", "fail": "failed", "finish": ""}


class Reporter(Instance):
    """What `@testomatio/reporter` sends; it is read like any other run."""

    imported_tests = 0

    def prepare(self) -> None:
        super().prepare()
        self.route("POST", REPORTER, self.create_run)
        self.route("PUT", f"{REPORTER}/{{uid}}", self.update_run)
        self.route("POST", f"{REPORTER}/{{uid}}/testrun", self.add_testruns)
        self.route("POST", IMPORT, self.import_tests)

    # Routes

    def create_run(self, request: Request) -> Response:
        asked = json_of(request)
        with self.writing:
            project = self._project(request)
            run = self._shared(project, asked)
            if run is None:
                run = self._new(project, asked)
                self.show_run(project, run)
        told = self._told(project, run)
        told |= {"public_url": None, "artifacts": {}, "tests_count": len(run.results)}
        return Response(200, told)

    def update_run(self, request: Request, uid: str) -> Response:
        """Finishes the run, or without an event takes up one made before."""
        asked = json_of(request)
        with self.writing:
            project = self._project(request)
            run = self.own_run(project, uid)
            event = str(asked.get("status_event") or "").removesuffix("_parallel")
            if event and event not in VERDICTS:
                raise RefusedError(400, f"Unknown status_event {event}")
            self._take_up(run, asked)
            if event:
                self._finish(run, event, asked)
        public = {"public_url": f"https://app.testomat.io/report/{uid}"}
        return Response(200, self._told(project, run) | public)

    def add_testruns(self, request: Request, uid: str) -> Response:
        """A batch under `tests`, or one testrun that is the body itself."""
        asked = json_of(request)
        items = asked.get("tests", [asked])
        if not isinstance(items, list):
            raise RefusedError(400, "tests must be a list")
        for item in items:
            _check(item)
        with self.writing:
            project = self._project(request)
            run = self.own_run(project, uid)
            if run.finished_at is not None and self.late_status:
                raise RefusedError(self.late_status, "The run is finished")
            self._take_up(run, {})
            pushed.record(run, [self._result(project, item) for item in items])
        return Response(200, {})

    def import_tests(self, request: Request) -> Response:
        """What `check-tests` found in a source; here it is counted and no more."""
        tests = json_of(request).get("tests")
        if not isinstance(tests, list):
            raise RefusedError(400, "tests must be a list")
        with self.writing:
            self._project(request)
            self.imported_tests += len(tests)
        return Response(200, {"tests": len(tests)})

    # Making runs and results

    def _project(self, request: Request) -> SimProject:
        return self.project_of(access.slug_of(access.api_key(request)))

    def _shared(
        self, project: SimProject, asked: Mapping[str, Any]
    ) -> PushedRun | None:
        """The open shared run with that title, which all processes report to."""
        title = asked.get("title")
        if not asked.get("shared_run"):
            return None
        for run in self.runs_of(project):
            if not isinstance(run, PushedRun) or not run.is_shared:
                continue
            if run.name == title and run.finished_at is None:
                return run
        return None

    def _new(self, project: SimProject, asked: Mapping[str, Any]) -> PushedRun:
        run = self.new_run(
            project,
            str(asked.get("title") or "Automated tests"),
            str(asked.get("kind") or "automated"),
        )
        title = str(asked.get("group_title") or "")
        run.tags = (self.group_label(project, title=title),)
        run.environments = environments_of(asked.get("env"))
        run.build_url = asked.get("ci_build_url")
        run.description = asked.get("description")
        run.is_shared = bool(asked.get("shared_run"))
        run.shards = _shards(asked.get("shared_run_shards"))
        is_planned = asked.get("status") == "scheduled"
        run.word = "scheduled" if is_planned else ""
        run.launched_at = None if is_planned else run.started_at
        return run

    def _take_up(self, run: PushedRun, asked: Mapping[str, Any]) -> None:
        if run.word == "scheduled":
            run.word, run.launched_at = "", self.now()
        run.name = str(asked.get("title") or run.name)
        run.build_url = asked.get("ci_build_url") or run.build_url
        if asked.get("env"):
            run.environments = environments_of(asked["env"])

    def _finish(self, run: PushedRun, event: str, asked: Mapping[str, Any]) -> None:
        run.finishes += 1
        if run.finishes < run.shards and not asked.get("force_finish_shared_run"):
            return
        duration = asked.get("duration")
        if isinstance(duration, int | float):
            run.duration_s = float(duration)
        pushed.end(run, VERDICTS[event], self.now())

    def _result(self, project: SimProject, item: Mapping[str, Any]) -> PushedResult:
        now, took = self.now(), item.get("run_time")
        duration = timedelta(milliseconds=int(took or 0))
        return PushedResult(
            number=self.next_number("result"),
            case=self._case(project, item),
            outcome=item["status"],
            attempt=1,
            thread=0,
            started_at=min(now - duration, _moment(item.get("timestamp"), now)),
            duration_ms=int(took or 0),
            message=str(item.get("message") or ""),
            run_time=took,
            stack=str(item.get("stack") or ""),
            rid=str(item.get("rid") or ""),
        )

    def _case(self, project: SimProject, item: Mapping[str, Any]) -> SimCase:
        """A known test by its id, then by its title; else one that is made up."""
        example = _example(item.get("example"))
        known = self._known(project, item)
        if known is not None and not example:
            return known
        suite = str(item.get("suite_title") or "")
        title = known.name if known else str(item["title"])
        folder = known.folder if known else suite or "Unmatched"
        uid = words.test_id(project, known) if known else ""
        key = (project.number, folder, title, example)
        case = PushedCase(self.case_number(key), title, folder, 0, uid, example)
        if item.get("create") and known is None:
            self.show_case(project, case)
        return case

    def _known(self, project: SimProject, item: Mapping[str, Any]) -> SimCase | None:
        wanted = _bare_id(item.get("test_id"))
        suite = str(item.get("suite_title") or "")
        for case in project.cases:
            if wanted and words.test_id(project, case) == wanted:
                return case
        for case in project.cases:
            leaf = case.folder.rpartition(" / ")[2]
            if case.name == item["title"] and suite in ("", leaf, case.folder):
                return case
        return None

    def _told(self, project: SimProject, run: PushedRun) -> Body:
        uid = words.run_id(run.number)
        page = f"https://app.testomat.io/projects/{words.slug(project)}/runs/{uid}"
        return {"uid": uid, "url": f"{page}/report"}


def _check(item: object) -> None:
    if not isinstance(item, dict):
        raise RefusedError(400, "Each test must be an object")
    if item.get("status") not in STATUSES:
        raise RefusedError(400, f"status must be one of {', '.join(STATUSES)}")
    if not isinstance(item.get("title"), str) or not item["title"]:
        raise RefusedError(400, "title is required")
    took = item.get("run_time")
    if took is not None and (not isinstance(took, int | float) or took < 0):
        raise RefusedError(400, "run_time must be a number")


def _bare_id(told: object) -> str:
    """`@T1234abcd`, `T1234abcd` and `1234abcd` are the same test."""
    bare = str(told or "").removeprefix("@")
    return (bare[1:] if len(bare) == 9 and bare[0] == "T" else bare).lower()


def _example(told: object) -> tuple[str, ...]:
    values = list(told.values()) if isinstance(told, dict) else told
    return tuple(map(str, values)) if isinstance(values, list) else ()


def _shards(told: object) -> int:
    if told is None:
        return 1
    if not str(told).isdecimal() or int(str(told)) < 1:
        raise RefusedError(400, "shared_run_shards must be a positive number")
    return int(str(told))


def _moment(told: object, now: datetime) -> datetime:
    """A Unix time in seconds; now when it was left out or makes no sense."""
    try:
        return datetime.fromtimestamp(float(str(told)), now.tzinfo)
    except (ValueError, OverflowError, OSError):
        return now
