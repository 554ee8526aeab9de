"""Testmo's answers, written by hand from its reference of automation runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.ingest.recordings import Reading, Recording, results_of
from tests.ingest.wire import Answer

API = "/api/v1"
RUNS = f"{API}/projects/1/automation/runs"
MANUAL_RUNS = f"{API}/projects/1/runs"
RUN_EXPANDS = "automation_sources,configs,milestones,statuses"
MANUAL_EXPANDS = "configs,milestones,statuses"
STATUSES = [
    {
        "id": number,
        "name": name,
        "system_name": system_name,
        "color": "#3fa",
        "is_final": True,
        "is_untested": name == "Untested",
        "is_passed": name in ("Passed", "Passed by hand"),
        "is_failed": name == "Failed",
        "aliases": aliases,
    }
    for number, name, system_name, aliases in (
        (1, "Untested", "untested", []),
        (2, "Passed", "passed", ["success"]),
        (3, "Failed", "failed", ["failure", "error"]),
        (6, "Skipped", "skipped", []),
        (7, "Passed by hand", None, []),
        (8, "To be discussed", None, []),
    )
]
EXPANDS = {
    "automation_sources": [{"id": 4, "name": "backend"}],
    "configs": [{"id": 9, "name": "Firefox, Linux"}],
    "milestones": [{"id": 3, "name": "1.4"}],
    "statuses": STATUSES,
}


def page(
    path: str,
    rows: list[Any],
    *,
    number: int = 1,
    next_page: int | None = None,
    per_page: int = 100,
    total: int | None = None,
    expands: Any = None,
    **query: str,
) -> Answer:
    """One page of a list, asked for with exactly `query` and the paging."""
    body = {
        "page": number,
        "prev_page": number - 1 or None,
        "next_page": next_page,
        "last_page": next_page or number,
        "per_page": per_page,
        "total": len(rows) if total is None else total,
        "result": rows,
        "expands": [] if expands is None else expands,
    }
    paging = {"page": str(number), "per_page": str(per_page)}
    return Answer(path=path, query=paging | query, body=body)


def runs_page(rows: list[Any], **more: Any) -> Answer:
    order = {"sort": "automation_runs:created_at", "order": "desc"}
    given = {"expands": EXPANDS} | more
    answer = page(RUNS, rows, **order, **given)
    return answer.but(query={**answer.query, "expands": RUN_EXPANDS})


def manual_page(rows: list[Any], **more: Any) -> Answer:
    order = {"sort": "runs:created_at", "order": "desc"}
    answer = page(MANUAL_RUNS, rows, **{"expands": EXPANDS}, **order, **more)
    return answer.but(query={**answer.query, "expands": MANUAL_EXPANDS})


def rows_page(run_id: int, rows: list[Any], **more: Any) -> Answer:
    order = {"sort": "automation_run_tests:id", "order": "asc"}
    path = f"{API}/automation/runs/{run_id}/tests"
    return page(path, rows, **{"per_page": 1000, **order, **more})


def results_page(run_id: int, rows: list[Any], **more: Any) -> Answer:
    order = {"sort": "run_results:created_at", "order": "asc"}
    path = f"{API}/runs/{run_id}/results"
    expands = {"statuses": STATUSES}
    answer = page(path, rows, expands=expands, get_latest_result="0", **order, **more)
    return answer.but(query={**answer.query, "expands": "statuses"})


def milestones_page(rows: list[Any], **more: Any) -> Answer:
    order = {"sort": "milestones:created_at", "order": "asc"}
    return page(f"{API}/projects/1/milestones", rows, **order, **more)


def single(path: str, row: Any, expands: str = "") -> Answer:
    query = {"expands": expands} if expands else {}
    return Answer(path=path, query=query, body={"result": row, "expands": EXPANDS})


def counts(**by_field: int) -> dict[str, int]:
    """The count fields of a run or thread; those not named are 0."""
    fields = ["untested_count", *(f"status{n}_count" for n in range(1, 25))]
    return dict.fromkeys(fields, 0) | by_field


def run_row(run_id: int, **more: Any) -> dict[str, Any]:
    """An automation run as a list gives it, finished and passed."""
    return {
        "id": run_id,
        "project_id": 1,
        "source_id": 4,
        "name": f"Nightly {run_id}",
        "status": 2,
        "config_id": 9,
        "milestone_id": 3,
        "elapsed": 90_000_000,
        "is_completed": True,
        "artifacts": [],
        "fields": [],
        "links": [],
        "tags": [],
        "threads": [],
        **counts(status1_count=2),
        "success_count": 2,
        "failure_count": 0,
        "completed_count": 2,
        "total_count": 2,
        "created_at": "2024-02-15T04:00:00.000Z",
        "completed_at": "2024-02-15T04:02:00.000Z",
    } | more


def thread_row(thread_id: int, **more: Any) -> dict[str, Any]:
    return {
        "id": thread_id,
        "index": 1,
        "name": "Thread 1",
        "status": 2,
        "elapsed": 45_000_000,
        "is_completed": True,
        **counts(status1_count=2),
        "created_at": "2024-02-15T04:00:01.000Z",
        "completed_at": "2024-02-15T04:01:00.000Z",
    } | more


def row(test_id: int, **more: Any) -> dict[str, Any]:
    """One row of an automation run."""
    return {
        "automation_test_id": test_id,
        "automation_case_id": 500 + test_id,
        "repository_case_id": None,
        "repository_case_ids": [],
        "key": f"k{test_id}",
        "name": f"adds item {test_id}",
        "folder": "shop.Cart",
        "status": 2,
        "elapsed": 1_500_500,
        "thread_id": 70,
        "created_at": "2024-02-15T04:00:30.000Z",
    } | more


def manual_row(run_id: int, **more: Any) -> dict[str, Any]:
    return {
        "id": run_id,
        "project_id": 1,
        "name": f"Round {run_id}",
        "config_id": 9,
        "milestone_id": 3,
        "state_id": 1,
        "elapsed": 300,
        "is_started": True,
        "is_closed": True,
        "tags": [],
        **counts(status1_count=1),
        "started_at": "2024-02-14T09:00:00.000Z",
        "created_at": "2024-02-14T08:00:00.000Z",
        "closed_at": "2024-02-14T17:00:00.000Z",
    } | more


def result_row(result_id: int, **more: Any) -> dict[str, Any]:
    """One result of a manual run."""
    return {
        "id": result_id,
        "project_id": 1,
        "run_id": 17,
        "test_id": 800,
        "case_id": 21,
        "status_id": 2,
        "is_latest": True,
        "note": "looks right",
        "elapsed": 120,
        "created_at": "2024-02-14T10:00:00.000Z",
        "deleted_at": None,
    } | more


def milestone_row(milestone_id: int, **more: Any) -> dict[str, Any]:
    return {
        "id": milestone_id,
        "project_id": 1,
        "root_id": 3,
        "parent_id": None,
        "name": f"1.{milestone_id}",
        "is_started": True,
        "is_completed": False,
        "start_date": "2024-02-01",
        "due_date": "2024-03-01T00:00:00.000Z",
        "automation_tags": [],
        "completed_at": None,
    } | more


def rows_can_be_read() -> dict[str, Any]:
    """What a connection remembers of an instance that gives rows."""
    probed_at = "2024-02-15T00:00:00+00:00"
    return {"automation_rows": {"1": {"readable": True, "probed_at": probed_at}}}


USER = Answer(
    path=f"{API}/user",
    body={"id": 2, "name": "Robin", "timezone": None, "date_format": None},
)
PROJECT = {"id": 1, "name": "Shop", "is_completed": False, "automation_run_count": 2}
PROJECTS = page(f"{API}/projects", [PROJECT])
NO_MANUAL_RUNS = manual_page([])
CASES = page(f"{API}/projects/1/cases", [{"id": 21, "name": "Pays", "folder_id": 6}])
FOLDERS = page(
    f"{API}/projects/1/folders",
    [
        {"id": 5, "name": "Shop", "parent_id": None},
        {"id": 6, "name": "Checkout", "parent_id": 5},
    ],
)
NEWER = run_row(12, created_at="2024-02-15T06:00:00.000Z")
PAGES = (
    runs_page([NEWER], next_page=2, total=2),
    runs_page([run_row(11)], number=2, total=2),
)
RUNS_SINCE = runs_page([NEWER])
SINCE_QUERY = {**RUNS_SINCE.query, "created_after": "2024-02-15T04:59:59.999Z"}
MANUAL_SINCE_QUERY = {
    **NO_MANUAL_RUNS.query,
    "created_after": SINCE_QUERY["created_after"],
}

RECORDING = Recording(
    vendor="testmo",
    project="1",
    memory=rows_can_be_read(),
    check=(
        USER,
        PROJECTS,
        page(RUNS, [run_row(12)], per_page=15),
        page(f"{API}/automation/runs/12/tests", [row(1)]),
    ),
    refused=(USER.but(status=401, body={"message": "Unauthenticated."}),),
    walk=(
        PROJECTS,
        milestones_page([milestone_row(3), milestone_row(4, parent_id=3)]),
        runs_page([run_row(12, threads=[thread_row(70)])]),
        rows_page(12, [row(1), row(2, status=3)]),
        manual_page([manual_row(17)]),
        results_page(17, [result_row(1)]),
        FOLDERS,
        CASES,
    ),
    paged=Reading(
        call=lambda testmo: testmo.runs("1"),
        answers=(*PAGES, NO_MANUAL_RUNS),
        ids=("12", "11"),
    ),
    no_paging_key=Reading(
        call=lambda testmo: testmo.runs("1"),
        answers=(
            runs_page([NEWER]).but(body={"page": 1, "result": [NEWER], "expands": {}}),
        ),
    ),
    page_to_itself=Reading(
        call=lambda testmo: testmo.runs("1"),
        answers=(runs_page([NEWER], next_page=1),),
    ),
    since=Reading(
        call=lambda testmo: testmo.runs(
            "1", since=datetime(2024, 2, 15, 5, tzinfo=UTC)
        ),
        answers=(
            RUNS_SINCE.but(query=SINCE_QUERY),
            NO_MANUAL_RUNS.but(query=MANUAL_SINCE_QUERY),
        ),
        ids=("12",),
    ),
    since_at=datetime(2024, 2, 15, 5, tzinfo=UTC),
    unknown_status=Reading(
        call=lambda testmo: results_of(testmo, "1", "12"),
        answers=(
            single(f"{API}/automation/runs/12", run_row(12), RUN_EXPANDS),
            rows_page(12, [row(1, status=7)]),
        ),
    ),
    unknown_word="7",
    missing_key=Reading(
        call=lambda testmo: results_of(testmo, "1", "12"),
        answers=(
            single(f"{API}/automation/runs/12", run_row(12), RUN_EXPANDS),
            rows_page(12, [{k: v for k, v in row(1).items() if k != "key"}]),
        ),
    ),
    missing_name="key",
)
