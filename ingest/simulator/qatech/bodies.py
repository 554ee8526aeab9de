"""QA.tech's objects as JSON, and its words for status and result."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ingest.simulator.moments import RUNNING, UNTESTED, CaseRow, rows_at
from ingest.simulator.moments import to_milliseconds as stamp
from ingest.simulator.qatech import ids
from ingest.simulator.world import SimCase, SimProject, SimResult, SimRun

Body = dict[str, Any]
WORDS: dict[str, tuple[str, str | None]] = {
    "passed": ("COMPLETED", "PASSED"),
    "failed": ("COMPLETED", "FAILED"),
    "skipped": ("COMPLETED", "SKIPPED"),
    "blocked": ("COMPLETED", "SKIPPED"),
    "error": ("ERROR", None),
    RUNNING: ("RUNNING", None),
    UNTESTED: ("INITIATED", None),
}
TITLES = {"PASSED": "Goal reached", "FAILED": "Goal not reached", "SKIPPED": "Skipped"}
AGENT_ERRORS = ("AGENT_STEP_LIMIT", "PLATFORM_BROWSER_CRASHED")
DASHBOARD = "https://app.qa.tech"


def words_of(row: CaseRow, run: SimRun, now: datetime) -> tuple[str, str | None]:
    """Status and result of one execution."""
    if row.state == UNTESTED and not run.is_open_at(now):
        return "CANCELLED", None
    return WORDS[row.state]


def run_words(run: SimRun, now: datetime) -> tuple[str, str | None]:
    """Status and result of a run; an error without a failure ends it without result."""
    if now < run.started_at:
        return "INITIATED", None
    if run.is_open_at(now):
        return "RUNNING", None
    found = {words_of(row, run, now) for row in rows_at(run, now)}
    if ("CANCELLED", None) in found:
        return "CANCELLED", None
    for words in (("COMPLETED", "FAILED"), ("ERROR", None), ("COMPLETED", "PASSED")):
        if words in found:
            return words
    return "COMPLETED", "SKIPPED"


def run_body(run: SimRun, now: datetime, wanted: str) -> Body:
    """wanted: all, failed (with skipped and errored), or "" for no test cases."""
    status, result = run_words(run, now)
    rows: Iterable[CaseRow] = rows_at(run, now) if wanted else ()
    made = [execution_body(run, row, now) for row in rows]
    if wanted == "failed":
        made = [body for body in made if _needs_a_look(body)]
    return {
        "id": ids.run_uuid(run),
        "shortId": ids.run_id(run),
        "status": status,
        "result": result,
        "runTestCases": made,
    }


def execution_body(run: SimRun, row: CaseRow, now: datetime) -> Body:
    number = number_of(run, row)
    status, result = words_of(row, run, now)
    message = row.result.message if row.result is not None else ""
    return {
        "id": ids.execution_uuid(run, number),
        "shortId": ids.execution_id(run, number),
        "name": row.case.name,
        "status": status,
        "result": result,
        "resultTitle": TITLES.get(result or ""),
        "evaluationThought": message or None,
        "promptGoal": f"{row.case.name}.",
        "promptExamples": None,
    }


def execution_detail(
    project: SimProject, run: SimRun, row: CaseRow, now: datetime
) -> Body:
    """What one execution says beyond its line in the run: times and error code."""
    body = execution_body(run, row, now)
    page = f"{DASHBOARD}/p/{_slug(project)}/results/test/{body['shortId']}"
    media = f"{DASHBOARD}/media/{body['id']}"
    return {
        **body,
        "errorCode": _error_code(row),
        "classification": _classification(row.case),
        "runShortId": ids.run_id(run),
        "projectTestCaseId": ids.case_uuid(project, row.case),
        **_times(row),
        "url": page,
        "screenshotUrl": f"{media}.png" if row.result is not None else None,
        "recordingUrl": f"{media}.webm" if row.result is not None else None,
    }


def trace_steps(row: CaseRow) -> list[Body]:
    """The steps that the agent took; an execution of seconds has a few."""
    result = row.result
    if result is None or row.state == RUNNING:
        return []
    count = 3 + result.number % 4
    share = result.duration_ms // count
    return [_step(result, index, share) for index in range(count)]


def case_body(project: SimProject, case: SimCase) -> Body:
    return {
        "id": ids.case_uuid(project, case),
        "name": case.name,
        "isEnabled": case.number % 25 != 0,
        "labels": [case.folder.split(" / ")[0].lower()],
        "classification": "functional",
        "applicationShortId": application_id(project),
        "applicationName": project.name,
        "goal": None if case.number % 10 == 0 else f"{case.name}.",
        "createdAt": stamp(project.runs[0].started_at),
    }


def last_runs(runs: Iterable[SimRun], now: datetime) -> dict[int, Body]:
    """The newest execution of each case number; `runs` are oldest first."""
    newest: dict[int, Body] = {}
    for run in runs:
        for row in rows_at(run, now):
            status, result = words_of(row, run, now)
            newest[row.case.number] = {
                "runShortId": ids.run_id(run),
                "status": status,
                "result": result,
                "completedAt": _times(row)["completedAt"],
            }
    return newest


def application_id(project: SimProject) -> str:
    return ids.prefixed("app", project, project.name)


def environments(project: SimProject) -> list[Body]:
    """Those of the project's one application."""
    return [
        {
            "shortId": ids.prefixed("env", project, name, number),
            "name": name,
            "url": f"https://{name.lower()}.example.com",
            "isProduction": name == "Production",
        }
        for number, name in enumerate(("Staging", "Production"))
    ]


def created_case_body(project: SimProject, case_uuid: str, name: str) -> Body:
    url = f"{DASHBOARD}/p/{_slug(project)}/test-cases/{case_uuid}"
    return {"id": case_uuid, "name": name, "url": url}


def plan_body(project: SimProject) -> Body:
    return {"name": "Everything", "shortId": ids.prefixed("pln", project)}


def started_body(project: SimProject, run: SimRun) -> Body:
    short_id = ids.run_id(run)
    return {
        "id": ids.run_uuid(run),
        "shortId": short_id,
        "url": f"{DASHBOARD}/p/{_slug(project)}/results/{short_id}",
        "testCount": len(run.results),
    }


def number_of(run: SimRun, row: CaseRow) -> int:
    """The number of the row's first execution, known before it has begun."""
    return next(r.number for r in run.results if r.case.number == row.case.number)


def row_of(run: SimRun, number: int, now: datetime) -> CaseRow | None:
    """The row that `number_of` gives this number."""
    case = next((r.case for r in run.results if r.number == number), None)
    if case is None:
        return None
    row = next(row for row in rows_at(run, now) if row.case == case)
    return row if number_of(run, row) == number else None


def _needs_a_look(body: Body) -> bool:
    return body["result"] in ("FAILED", "SKIPPED") or body["status"] == "ERROR"


def _error_code(row: CaseRow) -> str | None:
    if row.state == "failed":
        return "TEST_FAILED"
    if row.state == "error" and row.result is not None:
        return AGENT_ERRORS[row.result.number % 2]
    return None


def _classification(case: SimCase) -> str:
    return "NEGATIVE" if case.number % 20 == 0 else "POSITIVE"


def _times(row: CaseRow) -> Body:
    result = row.result
    if result is None or row.state == UNTESTED:
        return {"startedAt": None, "completedAt": None, "durationMs": None}
    is_done = row.state != RUNNING
    return {
        "startedAt": stamp(result.started_at),
        "completedAt": stamp(result.finished_at) if is_done else None,
        "durationMs": result.duration_ms if is_done else None,
    }


def _step(result: SimResult, index: int, share_ms: int) -> Body:
    started_at = result.started_at + timedelta(milliseconds=index * share_ms)
    return {
        "index": index,
        "startedAt": stamp(started_at),
        "endedAt": stamp(started_at + timedelta(milliseconds=share_ms)),
        "durationMs": share_ms,
        "reasoning": "The page shows what the next step needs.",
        "toolCalls": [{"name": "click", "arguments": {"element": index + 1}}],
        "toolResult": "ok",
        "screenshotUrl": None,
    }


def _slug(project: SimProject) -> str:
    return project.name.lower().replace(" ", "-")
