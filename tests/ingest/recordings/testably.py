"""Testably's answers, written by hand from its documentation of REST API v1."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.ingest.recordings import Reading, Recording, results_of
from tests.ingest.wire import Answer

PROJECT = "proj_abc123"
PROJECTS = "/v1/projects"
RUNS = f"{PROJECTS}/{PROJECT}/runs"
MILESTONES = f"{PROJECTS}/{PROJECT}/milestones"
RESULTS = "/v1/runs/run_501/results"
CASES = f"{PROJECTS}/{PROJECT}/test-cases"


def page(
    path: str,
    rows: list[Any],
    *,
    number: int = 1,
    total: int | None = None,
    per_page: int = 100,
    asked: int = 100,
) -> Answer:
    """One page of a list; `total` counts the rows of all pages. Of `asked` rows a page
    the vendor gives `per_page`.
    """
    meta = {
        "total": len(rows) if total is None else total,
        "page": number,
        "per_page": per_page,
    }
    query = {"page": str(number), "per_page": str(asked)}
    return Answer(path=path, query=query, body={"data": rows, "meta": meta})


def detail(run_id: str = "run_501", **more: Any) -> Answer:
    """One run by its id, wrapped as documented."""
    return Answer(path=f"{RUNS}/{run_id}", body={"data": run_row(run_id, **more)})


def project_row(**more: Any) -> dict[str, Any]:
    return {
        "id": PROJECT,
        "name": "Shop",
        "prefix": "SHOP",
        "description": None,
        "test_case_count": 2,
        "run_count": 1,
        "member_count": 3,
        "created_at": "2026-01-10T09:00:00Z",
        "updated_at": "2026-03-28T16:45:00Z",
    } | more


def run_row(run_id: str = "run_501", **more: Any) -> dict[str, Any]:
    return {
        "id": run_id,
        "name": "Sprint 12 Regression",
        "status": "active",
        "total": 45,
        "passed": 32,
        "failed": 5,
        "blocked": 2,
        "retest": 1,
        "not_tested": 5,
        "milestone_id": "ms_v2",
        "created_by": "user_abc",
        "created_at": "2026-03-25T09:00:00Z",
        "updated_at": "2026-03-28T16:45:00Z",
    } | more


def result_row(result_id: str = "res_001", **more: Any) -> dict[str, Any]:
    return {
        "id": result_id,
        "test_case_id": "tc_001",
        "test_case_title": "Login with valid credentials",
        "status": "passed",
        "note": "Verified on Chrome 120",
        "elapsed": 45,
        "tested_by": "user_xyz",
        "tested_at": "2026-03-26T10:15:00Z",
    } | more


def case_row(case_id: str = "tc_001", **more: Any) -> dict[str, Any]:
    return {
        "id": case_id,
        "title": "Login with valid credentials",
        "folder_id": "fld_1",
        "priority": "high",
        "type": "smoke",
        "precondition": None,
        "steps": [{"position": 1, "action": "Open", "expected": "It loads"}],
        "expected_result": "Logged in",
        "created_at": "2026-01-10T09:00:00Z",
        "updated_at": "2026-03-28T16:45:00Z",
    } | more


def milestone_row(**more: Any) -> dict[str, Any]:
    return {
        "id": "ms_v2",
        "name": "v2",
        "description": None,
        "start_date": "2026-03-01T00:00:00Z",
        "due_date": "2026-04-30T00:00:00Z",
        "status": "started",
        "progress": 40,
        "parent_id": None,
        "created_at": "2026-02-20T09:00:00Z",
        "updated_at": "2026-03-28T16:45:00Z",
    } | more


def without(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}


NEWER = run_row("run_502", created_at="2026-03-29T09:00:00Z")
OLDER = run_row("run_501")
NEWEST = run_row("run_503", created_at="2026-03-30T09:00:00Z")
FIRST_OF_TWO = page(RUNS, [NEWEST, NEWER], total=3, per_page=2)
SECOND_OF_TWO = page(RUNS, [OLDER], number=2, total=3, per_page=2)
SINCE_AT = datetime(2026, 3, 28, tzinfo=UTC)

RECORDING = Recording(
    vendor="testably",
    project=PROJECT,
    check=(page(PROJECTS, [project_row()]),),
    refused=(page(PROJECTS, []).but(status=401, body={"error": "Invalid API token"}),),
    walk=(
        page(PROJECTS, [project_row()]),
        page(MILESTONES, [milestone_row()]),
        page(RUNS, [run_row(closed_at="2026-03-29T15:00:00Z", pass_rate=75.0)]),
        page(RESULTS, [result_row()]),
        page(CASES, [case_row()]),
    ),
    paged=Reading(
        call=lambda testably: testably.runs(PROJECT),
        answers=(FIRST_OF_TWO, SECOND_OF_TWO),
        ids=("run_503", "run_502", "run_501"),
    ),
    no_paging_key=Reading(
        call=lambda testably: testably.runs(PROJECT),
        answers=(FIRST_OF_TWO.but(body={"data": [NEWER]}),),
    ),
    page_to_itself=Reading(
        call=lambda testably: testably.runs(PROJECT),
        answers=(FIRST_OF_TWO, FIRST_OF_TWO.but(query=SECOND_OF_TWO.query)),
    ),
    # No filter is sent: the third page is not asked for once the second is too old.
    since=Reading(
        call=lambda testably: testably.runs(PROJECT, since=SINCE_AT),
        answers=(
            page(RUNS, [NEWER], total=3, per_page=1),
            page(RUNS, [OLDER], number=2, total=3, per_page=1),
        ),
        ids=("run_502",),
    ),
    since_at=SINCE_AT,
    unknown_status=Reading(
        call=lambda testably: results_of(testably, PROJECT, "run_501"),
        answers=(detail(), page(RESULTS, [result_row(status="deferred")])),
    ),
    unknown_word="deferred",
    missing_key=Reading(
        call=lambda testably: results_of(testably, PROJECT, "run_501"),
        answers=(detail(), page(RESULTS, [without(result_row(), "test_case_id")])),
    ),
    missing_name="test_case_id",
)
