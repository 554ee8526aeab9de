"""Making runs by Testomat.io's API v2, and moving runs on by their status events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.simulator.server import Request, Response
from ingest.simulator.testomatio import pushed, words
from ingest.simulator.testomatio.classic import Classic
from ingest.simulator.testomatio.instance import (
    RefusedError,
    environments_of,
    json_of,
)
from ingest.simulator.testomatio.public import Public
from ingest.simulator.testomatio.pushed import PushedRun
from ingest.simulator.testomatio.words import Body
from ingest.simulator.world import SimCase, SimProject

KINDS = ("manual", "automated", "mixed")
EVENTS = ("launch", "finish", "finish_manual", "rerun", "terminate", "scheduled")


class Control(Public, Classic):
    """A run that is launched executes by itself unless people test it."""

    def prepare(self) -> None:
        super().prepare()
        run = "/api/v2/{slug}/runs/{run_id}"
        self.route("POST", "/api/v2/{slug}/runs", self.v2_create_run)
        self.route("PUT", run, self.v2_update_run)
        self.route("PATCH", run, self.v2_update_run)
        self.route("PUT", "/api/{slug}/runs/{run_id}", self.classic_update_run)

    # Routes

    def v2_create_run(self, request: Request, slug: str) -> Response:
        asked = _wrapped(request)
        kind, group_id = _kind(asked) or "manual", str(asked.get("rungroup_id") or "")
        with self.writing:
            project = self.project_of(slug)
            run = self.new_run(project, str(asked.get("title") or "Run"), kind)
            run.tags = (self.group_label(project, group_id=group_id),)
            run.word = "scheduled"
            run.results = [
                pushed.pending(self.next_number("result"), case, run.started_at)
                for case in self._cases(project, asked, kind)
            ]
            _describe(run, asked)
            self.show_run(project, run)
            return Response(201, {"data": self._v2_run(project, run)})

    def v2_update_run(self, request: Request, slug: str, run_id: str) -> Response:
        asked = _wrapped(request)
        event, kind = asked.get("status_event"), _kind(asked)
        with self.writing:
            project = self.project_of(slug)
            run = self.own_run(project, run_id)
            if event is not None:
                self._move(run, str(event))
            run.name = str(asked.get("title") or run.name)
            run.kind = kind or run.kind
            _describe(run, asked)
            return Response(200, {"data": self._v2_run(project, run)})

    def classic_update_run(self, request: Request, slug: str, run_id: str) -> Response:
        data = json_of(request).get("data")
        attributes = data.get("attributes") if isinstance(data, dict) else None
        if not isinstance(attributes, dict):
            raise RefusedError(400, "data.attributes is missing")
        with self.writing:
            run = self.own_run(self.project_of(slug), run_id)
            self._move(run, str(attributes.get("status-event")))
            return Response(200, {"data": self._run(slug, run)})

    # Status events

    def _move(self, run: PushedRun, event: str) -> None:
        now = self.now()
        if event not in EVENTS:
            raise RefusedError(422, f"Unknown status_event {event}")
        is_open = run.is_open_at(now)
        is_scheduled = is_open and run.word == "scheduled"
        if event == "launch" and is_scheduled:
            run.word, run.launched_at = "", now
            self._executed(run)
        elif event in ("finish", "finish_manual") and is_open:
            pushed.end(run, "", now)
        elif event == "terminate" and is_open:
            pushed.end(run, "terminated", now)
        elif event == "rerun" and not is_open:
            numbers = [self.next_number("result") for _ in run.results]
            pushed.again(run, numbers, now)
            self._executed(run)
        elif event == "scheduled" and is_open and not run.launched_at:
            run.word = "scheduled"
        else:
            status = self._status(run)
            raise RefusedError(422, f"A run that is {status} takes no {event}")

    def _executed(self, run: PushedRun) -> None:
        if self.executes and run.kind == "automated":
            pushed.execute(run, self.now())

    # What a run is made of

    def _cases(
        self, project: SimProject, asked: Mapping[str, Any], kind: str
    ) -> list[SimCase]:
        """Those of plans, suites and tests; without any, all that suit the kind."""
        names = ("plan_ids", "suite_ids", "test_ids")
        given = [_ids(asked, name) for name in names]
        if not any(given):
            return [c for c in project.cases if _suits(c, kind)]
        plans, suites, tests = given
        chosen = [
            *self._of_plans(project, plans),
            *_of_suites(project, suites),
            *_of_tests(project, tests),
        ]
        return list(dict.fromkeys(chosen))

    def _of_plans(self, project: SimProject, wanted: list[str]) -> list[SimCase]:
        known = {plan_id: cases for plan_id, _, cases in words.plans(project)}
        _refuse_unknown("plan_ids", wanted, known)
        return [case for plan_id in wanted for case in known[plan_id]]


def _of_suites(project: SimProject, wanted: list[str]) -> list[SimCase]:
    paths = words.suite_paths(project)
    known = {words.suite_id(project, path): path for path in paths}
    _refuse_unknown("suite_ids", wanted, known)
    chosen = [known[suite_id] for suite_id in wanted]
    return [
        case
        for case in project.cases
        if any(f"{case.folder} / ".startswith(f"{path} / ") for path in chosen)
    ]


def _of_tests(project: SimProject, wanted: list[str]) -> list[SimCase]:
    known = {words.test_id(project, case): case for case in project.cases}
    _refuse_unknown("test_ids", wanted, known)
    return [known[test_id] for test_id in wanted]


def _refuse_unknown(name: str, wanted: list[str], known: Mapping[str, object]) -> None:
    unknown = [one for one in wanted if one not in known]
    if unknown:
        raise RefusedError(422, f"{name}: unknown {', '.join(unknown)}")


def _suits(case: SimCase, kind: str) -> bool:
    is_manual = case.folder.startswith("Manual")
    return kind == "mixed" or is_manual == (kind == "manual")


def _wrapped(request: Request) -> Body:
    run = json_of(request).get("run")
    if not isinstance(run, dict):
        raise RefusedError(400, "param is missing or the value is empty: run")
    return run


def _kind(asked: Mapping[str, Any]) -> str:
    kind = asked.get("kind")
    if kind is not None and kind not in KINDS:
        raise RefusedError(422, f"kind must be one of {', '.join(KINDS)}")
    return kind or ""


def _ids(asked: Mapping[str, Any], name: str) -> list[str]:
    ids = asked.get(name) or []
    if not isinstance(ids, list):
        raise RefusedError(422, f"{name} must be a list")
    return [str(one) for one in ids]


def _describe(run: PushedRun, asked: Mapping[str, Any]) -> None:
    env = asked.get("envs") or asked.get("env")
    if env:
        run.environments = environments_of(env)
    if "description" in asked:
        run.description = asked["description"]
