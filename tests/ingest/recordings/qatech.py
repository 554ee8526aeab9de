"""QA.tech's answers, written by hand from its published API descriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.ingest.recordings import Reading, Recording, results_of
from tests.ingest.records import read_runs
from tests.ingest.wire import Answer

PROJECT = "proj-shop_Ab12cd"
SCOPE = {"projectShortId": PROJECT}
CASE_IDS = {
    "t1Aa": "0d9c7a52-6d0a-4a7e-9d3e-3f1f0c6d7b11",
    "t2Bb": "5b2f6f0e-8f3c-4a55-a6a0-9a8f2b1c4d22",
}


def report(run_id: str = "UkxK", *tests: dict[str, Any], **more: Any) -> Answer:
    """A run with all its tests, asked for with the project."""
    body = {
        "id": "b1c2d3e4-0000-4000-8000-00000000000a",
        "shortId": run_id,
        "status": "COMPLETED",
        "result": "PASSED",
        "runTestCases": list(tests),
    } | more
    query = {"testCases": "all", **SCOPE}
    return Answer(path=f"/v1/run/{run_id}", query=query, body=body)


def execution(short_id: str = "t1Aa", **more: Any) -> dict[str, Any]:
    """A test within a run: no times and no error code here."""
    return {
        "id": f"e0e0e0e0-0000-4000-8000-{short_id.encode().hex():>012}",
        "shortId": short_id,
        "name": "Buys a book",
        "status": "COMPLETED",
        "result": "PASSED",
        "resultTitle": "The order was placed",
        "evaluationThought": "The receipt shows the book.",
        "promptGoal": "Buy a book",
        "promptExamples": None,
    } | more


def detail(short_id: str = "t1Aa", **more: Any) -> Answer:
    """A test's own route: its times, its error code, its lasting id."""
    body = execution(short_id) | {
        "errorCode": None,
        "classification": "POSITIVE",
        "runShortId": "UkxK",
        "projectTestCaseId": CASE_IDS.get(short_id),
        "startedAt": "2026-05-04T08:00:00.250Z",
        "completedAt": "2026-05-04T08:01:12.750Z",
        "durationMs": 72_500,
        "url": f"https://app.qa.tech/results/test/{short_id}",
        "screenshotUrl": None,
        "recordingUrl": None,
    }
    return Answer(path=f"/v1/run-test-case/{short_id}", query=SCOPE, body=body | more)


def case_row(case_id: str, run_id: str, completed_at: str | None) -> dict[str, Any]:
    """A test case whose last run is told."""
    last_run = {
        "runShortId": run_id,
        "status": "COMPLETED",
        "result": "PASSED",
        "completedAt": completed_at,
    }
    return {
        "id": case_id,
        "name": "Buys a book",
        "isEnabled": True,
        "labels": [],
        "classification": "functional",
        "applicationShortId": "app-shop_Xy34",
        "applicationName": "Shop",
        "goal": None,
        "createdAt": "2026-01-04T08:00:00.000Z",
        "lastRun": last_run,
    }


def cases_page(
    rows: list[Any], *, offset: int = 0, total: int | None = None, **more: Any
) -> Answer:
    body = {
        "testCases": rows,
        "total": len(rows) if total is None else total,
        "limit": 1000,
        "offset": offset,
    }
    query = {"limit": "1000", "offset": str(offset), **SCOPE}
    return Answer(path="/v1/test-cases", query=query, body=body | more)


PROJECTS = Answer(
    path="/v1/projects", body={"projects": [{"shortId": PROJECT, "name": "Shop"}]}
)
OLD_CASE = case_row("c1", "a1B2", "2026-05-01T08:00:00.000Z")
NEW_CASE = case_row("c2", "UkxK", "2026-05-04T08:02:00.000Z")
BOTH_CASES = cases_page([OLD_CASE, NEW_CASE])
SINCE_AT = datetime(2026, 5, 3, tzinfo=UTC)

RECORDING = Recording(
    vendor="qatech",
    project=PROJECT,
    # Discovery is the only list that QA.tech has, and off unless asked for.
    settings={"project": PROJECT, "discover": "on"},
    check=(PROJECTS,),
    refused=(PROJECTS.but(status=401, body={"message": "Invalid API key"}),),
    walk=(
        cases_page([NEW_CASE]),
        report(
            "UkxK",
            execution(),
            url="https://app.qa.tech/p/shop/results/UkxK",
            testPlan={"name": "Nightly", "shortId": "pln_abc123"},
        ),
        detail(errorCode="TEST_FAILED"),
    ),
    paged=Reading(
        call=lambda qatech: read_runs(qatech, PROJECT),
        before=(BOTH_CASES,),
        answers=(report("UkxK"), report("a1B2")),
        ids=("UkxK", "a1B2"),
    ),
    no_paging_key=Reading(
        call=lambda qatech: read_runs(qatech, PROJECT),
        answers=(cases_page([OLD_CASE]).but(body={"testCases": [OLD_CASE]}),),
    ),
    page_to_itself=Reading(
        call=lambda qatech: read_runs(qatech, PROJECT),
        answers=(
            cases_page([OLD_CASE], total=2),
            cases_page([OLD_CASE], total=2).but(
                query=cases_page([], offset=1).query,
            ),
        ),
    ),
    since=Reading(
        call=lambda qatech: read_runs(qatech, PROJECT, since=SINCE_AT),
        answers=(BOTH_CASES, report("UkxK")),
        ids=("UkxK",),
    ),
    since_at=SINCE_AT,
    unknown_status=Reading(
        call=lambda qatech: results_of(qatech, PROJECT, "UkxK"),
        answers=(report("UkxK", execution(result="FLAKY")), detail(result="FLAKY")),
    ),
    unknown_word="FLAKY",
    missing_key=Reading(
        call=lambda qatech: results_of(qatech, PROJECT, "UkxK"),
        answers=(report("UkxK", execution(result=None, status=None)), detail()),
    ),
    missing_name="status",
)
