"""Testomat.io's answers, written by hand from what its clients and guides say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.ingest.recordings import Reading, Recording, results_of
from tests.ingest.wire import Answer

TOKEN = "testomat_s3cr3t-t0k3n"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjo3fQ.c2lnbmF0dXJl"
PROJECT = "shop"
RUN = "cabd4222"
TEST = "a1b2c3d4"

PROJECTS = "/api/projects"
CLASSIC = f"/api/{PROJECT}"
V2 = f"/api/v2/{PROJECT}"


def log_in(jwt: str = JWT, **body: str) -> Answer:
    """The log-in by token, or by the given e-mail and password."""
    return Answer(
        method="POST",
        path="/api/login",
        request_body=body or {"api_token": TOKEN},
        body={"jwt": jwt},
    )


def v2_page(
    name: str,
    rows: list[Any],
    *,
    number: int = 1,
    total: int | None = None,
    per_page: int = 100,
    size_asked: int = 100,
    **query: str,
) -> Answer:
    """One page of a v2 list; `total` counts the rows of all pages. Of `size_asked` rows
    a page the vendor gives `per_page`.
    """
    meta = {
        "total": len(rows) if total is None else total,
        "page": number,
        "per_page": per_page,
    }
    asked = {"page": str(number), "per_page": str(size_asked)} | query
    return Answer(path=f"{V2}/{name}", query=asked, body={"data": rows, "meta": meta})


def v2_one(name: str, row: Any) -> Answer:
    return Answer(path=f"{V2}/{name}", body={"data": row})


def classic_page(
    name: str,
    rows: list[Any],
    *,
    number: int = 1,
    last: int = 1,
    total: int | None = None,
    **query: str,
) -> Answer:
    """One page of a classic list; `total` counts the rows of all pages."""
    num = len(rows) * last if total is None else total
    meta = {"num": num, "total_pages": last}
    asked = {"page": str(number)} | query
    path = f"{CLASSIC}/{name}"
    return Answer(path=path, query=asked, body={"data": rows, "meta": meta})


def classic_runs(
    rows: list[Any],
    *,
    number: int = 1,
    last: int = 1,
    total: int | None = None,
    size_asked: int = 50,
) -> Answer:
    found = classic_page(
        "runs", rows, number=number, last=last, total=total, per_page=str(size_asked)
    )
    found.body["meta"] |= {"page": number, "per_page": size_asked}
    return found


def classic_testruns(rows: list[Any], run_id: str = RUN) -> Answer:
    return classic_page("testruns", rows, run_id=run_id)


def classic_one(name: str, row: Any, *included: Any) -> Answer:
    body = {"data": row, "included": list(included)}
    return Answer(path=f"{CLASSIC}/{name}", body=body)


def project_page(*rows: Any) -> Answer:
    return Answer(
        path=PROJECTS,
        query={"page": "1", "per_page": "200"},
        body={"data": list(rows), "meta": {"num": len(rows), "total_pages": 1}},
    )


def project_row(slug: str = PROJECT, **attributes: Any) -> dict[str, Any]:
    told = {"title": "Shop", "tests-count": 2, "api-key": "tstmt_pr0ject-k3y"}
    return {"id": slug, "type": "project", "attributes": told | attributes}


def v2_run(run_id: str = RUN, **more: Any) -> dict[str, Any]:
    """A run as today's v2 tells it at best."""
    return {
        "id": run_id,
        "type": "run",
        "title": "Nightly",
        "clean_title": "Nightly",
        "status": "failed",
        "kind": "automated",
        "env": "Chrome, Windows",
        "rungroup_id": None,
        "plans": [{"id": "p1a2n3b4", "title": "Smoke"}],
        "created_at": "2026-03-26T10:00:00Z",
        "launched_at": "2026-03-26T10:00:05.000Z",
        "finished_at": "2026-03-26T10:10:05.250Z",
        "duration": 600.25,
        "passed_count": 1,
        "failed_count": 1,
        "skipped_count": 0,
        "total_tests": 2,
        "branch": "main",
    } | more


def v2_testrun(testrun_id: int = 11, **more: Any) -> dict[str, Any]:
    """A testrun as today's v2 tells it."""
    return {
        "id": testrun_id,
        "type": "testrun",
        "test_title": "Log in",
        "suite_title": "Login",
        "test_id": TEST,
        "run_id": RUN,
        "status": "passed",
        "substatus": None,
        "message": None,
        "stack": None,
        "run_time": 1234,
        "automated": True,
    } | more


def v2_test(test: Any = TEST, title: Any = "Log in", **more: Any) -> dict[str, Any]:
    """A test of the list of tests."""
    told = {"type": "test", "suite_id": "5u17e0c0", "state": "automated"}
    return {"id": test, "title": title, **told} | more


def milestone_row(**more: Any) -> dict[str, Any]:
    return {
        "id": "sprint-12",
        "title": "Sprint 12",
        "type": "Sprint",
        "status": "active",
        "start_date": "2026-03-16",
        "due_date": "2026-03-29",
    } | more


def suite_node(suite: str, title: str, *children: Any) -> dict[str, Any]:
    """A suite of the v2 tree."""
    found: dict[str, Any] = {"id": suite, "type": "suite", "title": title}
    return found | ({"children": list(children)} if children else {})


def resource(
    kind: str,
    resource_id: Any,
    /,
    *,
    related: dict[str, Any] | None = None,
    **attributes: Any,
) -> dict[str, Any]:
    """A JSON:API resource; underscores in names become dashes."""
    return {
        "id": resource_id,
        "type": kind,
        "attributes": {n.replace("_", "-"): v for n, v in attributes.items()},
        "relationships": {n: {"data": data} for n, data in (related or {}).items()},
    }


def classic_run(run_id: str = RUN, **attributes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "title": "Nightly",
        "status": "failed",
        "kind": "automated",
        "automated": True,
        "tests_count": 3,
        "passed": 1,
        "failed": 1,
        "skipped": 0,
        "duration": 600.25,
        "created_at": "2026-03-26T10:00:00Z",
        "launched_at": "2026-03-26T10:00:05Z",
        "finished_at": "2026-03-26T10:10:05Z",
        "env": ["Chrome", "Windows"],
        "rungroup_id": None,
    }
    return resource("run", run_id, **(told | attributes))


def classic_testrun(testrun_id: int = 11, **attributes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "status": "passed",
        "run_time": 1234,
        "message": None,
        "run_id": RUN,
        "test": {"id": TEST, "title": "Log in", "suite-id": "5u17e0c0"},
        "example": None,
        "attachments": [],
    }
    return resource("testrun", str(testrun_id), **(told | attributes))


TREE = [
    suite_node("5u17e0a0", "Shop", suite_node("5u17e0c0", "Login")),
]
WALKED_RUN = v2_run(rungroup_id="g1r2o3u4", env=["Chrome", "Windows"])
FIRST_TWO_RUNS = [v2_run("cabd4224"), v2_run("cabd4223")]
FIRST_OF_TWO = v2_page("runs", FIRST_TWO_RUNS, total=3, per_page=2)
SECOND_OF_TWO = v2_page("runs", [v2_run()], number=2, total=3, per_page=2)
NEWER = v2_run(
    "cabd4223",
    created_at="2026-03-29T09:00:00Z",
    launched_at="2026-03-29T09:00:01Z",
)
SINCE_AT = datetime(2026, 3, 28, tzinfo=UTC)

RECORDING = Recording(
    vendor="testomatio",
    project=PROJECT,
    secrets={"token": TOKEN},
    settings={"api": "v2"},
    check=(
        log_in(),
        project_page(project_row()),
        Answer(
            path=f"{V2}/runs",
            query={"page": "1", "per_page": "1"},
            body={"data": [], "meta": {"total": 0, "page": 1, "per_page": 1}},
        ),
        Answer(
            path=f"{V2}/milestones",
            query={"page": "1", "per_page": "1"},
            body={"data": [], "meta": {"total": 0, "page": 1, "per_page": 1}},
        ),
    ),
    refused=(log_in().but(status=401, body={"error": "Invalid or paused token"}),),
    walk=(
        log_in(),
        project_page(project_row()),
        v2_page("milestones", [milestone_row()]),
        v2_page("runs", [WALKED_RUN]),
        v2_one("rungroups/g1r2o3u4", {"id": "g1r2o3u4", "clean_title": "Web"}),
        v2_page("testruns", [v2_testrun(message="on 🦉")], run_id=RUN),
        classic_testruns([classic_testrun()]),
        v2_page("suites", TREE),
        v2_page("tests", [v2_test()]),
    ),
    paged=Reading(
        call=lambda testomatio: testomatio.runs(PROJECT),
        answers=(FIRST_OF_TWO, SECOND_OF_TWO),
        ids=("cabd4224", "cabd4223", RUN),
    ),
    no_paging_key=Reading(
        call=lambda testomatio: testomatio.runs(PROJECT),
        answers=(FIRST_OF_TWO.but(body={"data": [NEWER], "meta": {"page": 1}}),),
    ),
    page_to_itself=Reading(
        call=lambda testomatio: testomatio.runs(PROJECT),
        answers=(FIRST_OF_TWO, FIRST_OF_TWO.but(query=SECOND_OF_TWO.query)),
    ),
    # No filter is sent: the third page is not asked for once the second is too old.
    since=Reading(
        call=lambda testomatio: testomatio.runs(PROJECT, since=SINCE_AT),
        answers=(
            v2_page("runs", [NEWER], total=3, per_page=1),
            v2_page("runs", [v2_run()], number=2, total=3, per_page=1),
        ),
        ids=("cabd4223",),
    ),
    since_at=SINCE_AT,
    unknown_status=Reading(
        call=lambda testomatio: results_of(testomatio, PROJECT, RUN),
        answers=(
            log_in(),
            v2_one(f"runs/{RUN}", v2_run()),
            v2_page("testruns", [v2_testrun(status="quarantined")], run_id=RUN),
            classic_testruns([classic_testrun()]),
            v2_page("suites", TREE),
        ),
    ),
    unknown_word="quarantined",
    missing_key=Reading(
        call=lambda testomatio: testomatio.runs(PROJECT),
        answers=(v2_page("runs", [{k: v for k, v in v2_run().items() if k != "id"}]),),
    ),
    missing_name="id",
)
