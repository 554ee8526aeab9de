"""QA.tech's quirks; what all vendors share is in the contract suite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.connectors.qatech import ConnectorForQatech
from ingest.contract import (
    CheckReport,
    ConfigError,
    ConnectionConfig,
    IncompleteListError,
    ListedRun,
    ProjectRecord,
    Reject,
    ResultRecord,
    RetryableError,
    RunRecord,
    RunStatus,
    Status,
)
from tests import clock
from tests.ingest.recordings.qatech import (
    CASE_IDS,
    PROJECT,
    PROJECTS,
    case_row,
    cases_page,
    detail,
    execution,
    report,
)
from tests.ingest.records import read_runs
from tests.ingest.wire import Answer, Clock, Wire

RUN = RunRecord(external_id="UkxK", name="Run UkxK")
NO_ROUTE = {"status": 404, "body": {"message": "Not found"}}


def connect(
    wire: Wire, *, memory: dict[str, Any] | None = None, **settings: str
) -> ConnectorForQatech:
    config = ConnectionConfig(
        base_url=wire.url,
        settings=settings,
        secrets={"token": "k3y"},
        memory={} if memory is None else memory,
        allow_private_urls=True,
    )
    return ConnectorForQatech.connect(config)


def unscoped(answer: Answer) -> Answer:
    """The same answer, asked for without the project."""
    query = {k: v for k, v in answer.query.items() if k != "projectShortId"}
    return answer.but(query=query)


def only_run(wire: Wire, **body: Any) -> RunRecord:
    wire.serve(report("UkxK", **body))
    run = connect(wire).run(PROJECT, "UkxK")
    assert isinstance(run, RunRecord), run
    return run


def only_result(
    wire: Wire, row: dict[str, Any], more: dict[str, Any] | None = None
) -> ResultRecord:
    """One test as read, `more` being what differs in its own route's answer."""
    wire.serve(report("UkxK", row), detail(**(more or {})))
    (result,) = connect(wire).results(PROJECT, RUN)
    assert isinstance(result, ResultRecord), result
    return result


def ids(records: Any) -> list[str]:
    return [r.external_id for r in records if isinstance(r, RunRecord)]


def lines(report: CheckReport) -> list[tuple[str, str]]:
    return [(item.label, item.state) for item in report.items]


def test_the_runs_of_the_settings_are_read_once_each_in_their_order(
    wire: Wire,
) -> None:
    wire.serve(report("UkxK"), report("ukxk"), report("a1B2c3"))
    page = "https://app.qa.tech/p/shop/results/a1B2c3/"
    qatech = connect(wire, runs=f"UkxK, ukxk,{page} UkxK,,")
    assert ids(read_runs(qatech, PROJECT)) == ["UkxK", "ukxk", "a1B2c3"]


def test_the_list_tells_ids_alone_and_costs_no_request(wire: Wire) -> None:
    qatech = connect(wire, runs="UkxK,a1B2")
    assert list(qatech.runs(PROJECT)) == [
        ListedRun(external_id="UkxK"),
        ListedRun(external_id="a1B2"),
    ]
    assert wire.requests == []


def version(wire: Wire, test: dict[str, Any], **body: Any) -> str:
    """The version of the run whose one test is as given."""
    wire.forget()
    wire.serve(report("UkxK", execution() | test, **body))
    qatech = connect(wire, branch_field="branch", commit_field="commit")
    run = qatech.run(PROJECT, "UkxK")
    assert isinstance(run, RunRecord)
    return run.version


@pytest.mark.parametrize(
    ("test", "body"),
    [
        ({"result": "FAILED"}, {}),
        ({"status": "RUNNING"}, {}),
        ({"name": "Buys two books"}, {}),
        ({"shortId": "t9Zz"}, {}),
        ({"resultTitle": "No receipt"}, {}),
        ({"evaluationThought": "There is none."}, {}),
        ({}, {"result": "FAILED"}),
        ({}, {"status": "RUNNING"}),
        ({}, {"testPlan": {"name": "Nightly"}}),
        ({}, {"branch": "main"}),
        ({}, {"commit": "ab12"}),
        ({}, {"runTestCases": [execution(), execution("t2Bb")]}),
    ],
)
def test_a_run_has_another_version_when_it_or_a_test_of_it_changed(
    wire: Wire, test: dict[str, Any], body: dict[str, Any]
) -> None:
    assert version(wire, {}) == version(wire, {})
    assert version(wire, test, **body) != version(wire, {})


@pytest.mark.parametrize(
    ("test", "body"),
    [
        ({"traceUrl": "https://files.qa.tech/1?signature=2"}, {}),
        ({}, {"url": "https://app.qa.tech/p/shop/results/UkxK?signature=2"}),
        ({}, {"testPlan": {"name": None, "key_of_tomorrow": 1}}),
    ],
)
def test_a_run_keeps_its_version_when_only_an_address_or_an_unknown_key_changed(
    wire: Wire, test: dict[str, Any], body: dict[str, Any]
) -> None:
    assert version(wire, test, **body) == version(wire, {})


def test_a_run_that_does_not_exist_is_noted_and_the_others_are_read(
    wire: Wire,
) -> None:
    wire.serve(report("ukxk").but(**NO_ROUTE), report("a1B2"))
    qatech = connect(wire, runs="ukxk,a1B2")
    assert ids(read_runs(qatech, PROJECT)) == ["a1B2"]
    assert qatech.notes() == [
        "QA.tech has no run ukxk: check its spelling, capitals count."
    ]


def test_without_settings_there_is_no_run_and_no_request(wire: Wire) -> None:
    assert list(connect(wire).runs(PROJECT)) == []
    assert wire.requests == []


def test_a_run_that_was_deleted_is_none(wire: Wire) -> None:
    wire.serve(report("UkxK").but(**NO_ROUTE))
    qatech = connect(wire, runs="a1B2")
    assert qatech.run(PROJECT, "UkxK") is None
    assert qatech.notes() == []


@pytest.mark.parametrize(
    ("status", "result", "expected", "is_open"),
    [
        ("INITIATED", None, RunStatus.RUNNING, True),
        ("RUNNING", None, RunStatus.RUNNING, True),
        ("COMPLETED", "PASSED", RunStatus.PASSED, False),
        ("COMPLETED", "FAILED", RunStatus.FAILED, False),
        ("COMPLETED", "SKIPPED", RunStatus.UNKNOWN, False),
        ("COMPLETED", None, RunStatus.UNKNOWN, False),
        ("ERROR", None, RunStatus.FAILED, False),
        ("CANCELLED", None, RunStatus.CANCELLED, False),
        ("CANCELLED", "FAILED", RunStatus.CANCELLED, False),
        ("QUEUED", None, RunStatus.RUNNING, True),
    ],
)
def test_status_and_result_of_a_run_are_read_as_one(
    wire: Wire, status: str, result: str | None, expected: RunStatus, is_open: bool
) -> None:
    run = only_run(wire, status=status, result=result)
    assert (run.status, run.is_open) == (expected, is_open)
    assert run.raw_status == (f"{status} {result}" if result else status)
    assert run.status_from_results is (status == "COMPLETED" and result is None)


def test_a_run_is_named_by_its_plan_or_else_by_its_id(wire: Wire) -> None:
    plan = {"name": "Nightly", "shortId": "pln-nightly_abc123"}
    assert only_run(wire, testPlan=plan).name == "Nightly"
    wire.forget()
    assert only_run(wire, testPlan=None).name == "Run UkxK"


def test_a_run_has_no_times_of_its_own_and_no_totals(wire: Wire) -> None:
    run = only_run(wire)
    assert (run.started_at, run.finished_at, run.vendor_counts) == (None, None, None)


def test_the_address_of_a_run_is_taken_only_where_it_is_one(wire: Wire) -> None:
    address = "https://app.qa.tech/p/shop/results/UkxK"
    assert only_run(wire, url=address).vendor_url == address
    wire.forget()
    assert only_run(wire, url="javascript:alert(1)").vendor_url == ""


def test_branch_and_commit_come_from_the_fields_that_a_person_named(
    wire: Wire,
) -> None:
    wire.serve(report("UkxK", branch="main", git={"sha": "ab12"}))
    qatech = connect(wire, branch_field="branch", commit_field="git.sha")
    run = qatech.run(PROJECT, "UkxK")
    assert isinstance(run, RunRecord)
    assert (run.branch, run.commit) == ("main", "ab12")


@pytest.mark.parametrize(
    ("status", "result", "error_code", "expected"),
    [
        ("COMPLETED", "PASSED", None, Status.PASSED),
        ("COMPLETED", "FAILED", None, Status.FAILED),
        ("COMPLETED", "FAILED", "TEST_FAILED", Status.FAILED),
        ("COMPLETED", "FAILED", "AGENT_TIMEOUT", Status.ERROR),
        ("COMPLETED", "FAILED", "PLATFORM_BROWSER_LOST", Status.ERROR),
        ("COMPLETED", "PASSED", "AGENT_TIMEOUT", Status.PASSED),
        ("COMPLETED", "SKIPPED", None, Status.SKIPPED),
        ("INITIATED", None, None, Status.RUNNING),
        ("RUNNING", None, None, Status.RUNNING),
        ("CANCELLED", None, None, Status.UNTESTED),
        ("ERROR", None, None, Status.ERROR),
        ("COMPLETED", None, None, Status.UNKNOWN),
        ("PAUSED", None, None, Status.UNKNOWN),
        ("COMPLETED", "FLAKY", None, Status.UNKNOWN),
    ],
)
def test_status_result_and_error_code_of_a_test_are_read_as_one(
    wire: Wire,
    status: str,
    result: str | None,
    error_code: str | None,
    expected: Status,
) -> None:
    row = execution(status=status, result=result)
    found = only_result(wire, row, {"errorCode": error_code})
    assert (found.status, found.raw_status) == (expected, result or status)


def test_a_test_is_read_whole(wire: Wire) -> None:
    row = execution(result="FAILED", resultTitle="No receipt")
    assert only_result(wire, row, {"errorCode": "AGENT_LOST"}) == ResultRecord(
        key=CASE_IDS["t1Aa"],
        name="Buys a book",
        status=Status.ERROR,
        raw_status="FAILED",
        name_key="Buys a book",
        executed_at=datetime(2026, 5, 4, 8, 0, 0, 250_000, UTC),
        duration_ms=72_500,
        message="AGENT_LOST: No receipt\nThe receipt shows the book.",
        vendor_url="https://app.qa.tech/results/test/t1Aa",
    )


def test_what_the_agent_thought_of_a_passed_test_is_no_message(wire: Wire) -> None:
    assert only_result(wire, execution()).message == ""


def test_a_test_without_a_lasting_id_is_told_apart_by_its_name(wire: Wire) -> None:
    result = only_result(wire, execution(), {"projectTestCaseId": None})
    assert (result.key, result.name_key) == ("Buys a book", "")


def test_a_test_without_details_keeps_its_outcome(wire: Wire) -> None:
    rows = [execution(), execution("t2Bb", result="FAILED")]
    wire.serve(report("UkxK", *rows), detail().but(**NO_ROUTE), detail("t2Bb"))
    memory: dict[str, Any] = {}
    first, second = connect(wire, memory=memory).results(PROJECT, RUN)
    assert isinstance(first, ResultRecord)
    assert isinstance(second, ResultRecord)
    assert (first.status, first.key) == (Status.PASSED, "Buys a book")
    assert (first.executed_at, first.duration_ms) == (None, None)
    assert second.key == CASE_IDS["t2Bb"]
    assert memory == {}


def test_a_missing_route_of_details_is_given_up_after_three_tests(
    wire: Wire,
) -> None:
    rows = [execution(f"t{n}") for n in range(5)]
    wire.serve(report("UkxK", *rows))
    wire.serve(*(detail(f"t{n}").but(**NO_ROUTE) for n in range(3)))
    memory: dict[str, Any] = {}
    qatech = connect(wire, memory=memory)
    assert len(list(qatech.results(PROJECT, RUN))) == 5
    assert memory.keys() == {"no_test_details_since"}
    assert "no details of tests" in qatech.notes()[0]


def test_a_missing_route_of_details_is_tried_again_after_a_week(wire: Wire) -> None:
    for days, key in ((6, "Buys a book"), (8, CASE_IDS["t1Aa"])):
        since = clock.now() - timedelta(days=days)
        memory = {"no_test_details_since": since.isoformat()}
        wire.forget()
        wire.serve(report("UkxK", execution()))
        wire.serve(detail(), must_be_used=days > 7)
        (result,) = connect(wire, memory=memory).results(PROJECT, RUN)
        assert isinstance(result, ResultRecord)
        assert result.key == key


def test_a_malformed_test_is_kept_with_its_details_and_the_others_come_out(
    wire: Wire,
) -> None:
    rows = [execution(), execution("t2Bb"), "nonsense"]
    wire.serve(report("UkxK", *rows), detail(projectTestCaseId=[]), detail("t2Bb"))
    bad, good, worse = connect(wire).results(PROJECT, RUN)
    assert isinstance(good, ResultRecord)
    assert isinstance(bad, Reject)
    assert isinstance(worse, Reject)
    assert bad.reason == "projectTestCaseId is a list, not an id"
    assert bad.payload["row"] == rows[0]
    assert bad.payload["detail"]["projectTestCaseId"] == []
    assert worse.payload == "nonsense"


def test_side_fields_of_a_test_cost_themselves(wire: Wire) -> None:
    odd = {"startedAt": "soon", "durationMs": "1.204,5", "url": 7, "errorCode": {}}
    row = execution(result="FAILED", resultTitle="", evaluationThought=["no", "button"])
    result = only_result(wire, row, odd)
    assert result.status is Status.FAILED
    assert (result.executed_at, result.duration_ms, result.vendor_url) == (
        None,
        None,
        "",
    )
    assert result.message == '["no", "button"]'
    noted = {note.split()[0] for note in result.oddity.split("; ")}
    assert noted == {"startedAt", "durationMs", "errorCode"}


def test_tests_of_one_name_are_told_apart_where_no_detail_names_them(
    wire: Wire,
) -> None:
    rows = [execution("a"), execution("b"), execution("c")]
    details = [
        detail("a", projectTestCaseId=None),
        detail("b", projectTestCaseId=None),
        detail("c", projectTestCaseId="case-3"),
    ]
    wire.serve(report("UkxK", *rows), *details)
    found = list(connect(wire).results(PROJECT, RUN))
    name = rows[0]["name"]
    read = [(r.key, r.name) for r in found if isinstance(r, ResultRecord)]
    assert read == [(name, name), (f"{name} #2", f"{name} #2"), ("case-3", name)]


def test_a_negative_duration_is_an_oddity(wire: Wire) -> None:
    result = only_result(wire, execution(), {"durationMs": -4})
    assert result.duration_ms is None
    assert result.oddity == "durationMs -4 is below zero: duration unknown"


def test_a_report_is_fetched_once_for_a_run_and_its_results(wire: Wire) -> None:
    wire.serve(report("UkxK", execution()), detail())
    qatech = connect(wire, runs="UkxK")
    (run,) = read_runs(qatech, PROJECT)
    assert isinstance(run, RunRecord)
    assert len(list(qatech.results(PROJECT, run))) == 1
    assert wire.paths() == ["/v1/run/UkxK", "/v1/run-test-case/t1Aa"]


def test_results_read_again_are_read_fresh(wire: Wire) -> None:
    wire.serve(report("UkxK", status="RUNNING", result=None))
    wire.serve(report("UkxK", execution()), detail())
    qatech = connect(wire, runs="UkxK")
    (run,) = read_runs(qatech, PROJECT)
    assert isinstance(run, RunRecord)
    counted = [len(list(qatech.results(PROJECT, run))) for _ in range(2)]
    assert counted == [0, 1]


def test_a_malformed_run_is_a_reject(wire: Wire) -> None:
    wire.serve(report("UkxK", runTestCases=None), report("a1B2"))
    bad, good = read_runs(connect(wire, runs="UkxK,a1B2"), PROJECT)
    assert isinstance(good, RunRecord)
    assert isinstance(bad, Reject)
    assert bad.reason == "runTestCases is missing, not a list"


@pytest.mark.parametrize(
    ("key", "project", "is_named"),
    [
        ("auto", PROJECT, True),
        ("auto", "proj_abc123", True),
        ("auto", "shop", False),
        ("project", PROJECT, False),
        ("organisation", PROJECT, True),
    ],
)
def test_the_project_is_named_where_the_key_may_need_it(
    wire: Wire, key: str, project: str, is_named: bool
) -> None:
    scope = {"projectShortId": project} if is_named else {}
    wire.serve(report("UkxK").but(query={"testCases": "all", **scope}))
    run = connect(wire, key=key).run(project, "UkxK")
    assert isinstance(run, RunRecord)


def test_an_organisation_key_needs_a_projects_short_id(wire: Wire) -> None:
    with pytest.raises(ConfigError, match="such as proj_abc123"):
        connect(wire, key="organisation").run("shop", "UkxK")


def test_an_unknown_kind_of_key_is_refused_with_the_choices(wire: Wire) -> None:
    with pytest.raises(ConfigError, match="auto, project, organisation"):
        connect(wire, key="personal")


def test_a_reached_usage_limit_is_retried_later(wire: Wire) -> None:
    wire.serve(report("UkxK").but(status=402, body={"message": "Usage limit"}))
    with pytest.raises(RetryableError, match="usage limit is reached") as raised:
        connect(wire).run(PROJECT, "UkxK")
    assert "Usage limit" in raised.value.answer


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_the_connection(wire: Wire, status: int) -> None:
    wire.serve(report("UkxK").but(status=status, body={"message": "Invalid token"}))
    with pytest.raises(ConfigError, match=str(status)):
        connect(wire).run(PROJECT, "UkxK")


def test_listed_projects_are_offered(wire: Wire) -> None:
    wire.serve(PROJECTS)
    (project,) = connect(wire).projects()
    assert project == ProjectRecord(external_id=PROJECT, name="Shop")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_without_a_list_the_project_of_the_settings_stands_in(
    wire: Wire, clock: Clock, status: int
) -> None:
    wire.serve(PROJECTS.but(status=status, body={"message": "No"}))
    (project,) = connect(wire, project=PROJECT).projects()
    assert project == ProjectRecord(external_id=PROJECT, name=PROJECT)


def test_an_organisation_key_that_may_not_list_projects_is_refused(
    wire: Wire,
) -> None:
    wire.serve(PROJECTS.but(status=403, body={"message": "Suspended"}))
    with pytest.raises(ConfigError, match="403"):
        list(connect(wire, key="organisation").projects())


def test_a_key_is_proven_by_a_run_where_projects_are_not_listed(wire: Wire) -> None:
    wire.serve(PROJECTS.but(**NO_ROUTE), report("UkxK"))
    found = connect(wire, project=PROJECT, runs="UkxK").check()
    assert lines(found) == [("API token", "ok"), ("Run UkxK", "ok")]


def test_a_named_run_that_does_not_exist_is_a_gap_in_the_check(wire: Wire) -> None:
    wire.serve(PROJECTS.but(**NO_ROUTE), report("ukxk").but(**NO_ROUTE))
    found = connect(wire, project=PROJECT, runs="ukxk").check()
    assert lines(found) == [("API token", "ok"), ("Run ukxk", "gap")]


def test_a_key_is_proven_by_test_cases_where_no_run_is_named(wire: Wire) -> None:
    first = cases_page([]).but(query={"limit": "1", "projectShortId": PROJECT})
    wire.serve(PROJECTS.but(**NO_ROUTE), first)
    assert lines(connect(wire, project=PROJECT).check()) == [("API token", "ok")]


def test_a_key_that_nothing_could_prove_is_a_gap(wire: Wire) -> None:
    first = unscoped(cases_page([])).but(query={"limit": "1"})
    refusal = {"status": 400, "body": {"message": "projectShortId is required"}}
    wire.serve(PROJECTS.but(**NO_ROUTE), first.but(**refusal))
    assert lines(connect(wire).check()) == [("API token", "gap")]


def test_a_bad_project_key_is_refused_in_the_check(wire: Wire) -> None:
    first = unscoped(cases_page([])).but(query={"limit": "1"})
    bad = {"status": 403, "body": {"message": "Invalid token"}}
    wire.serve(PROJECTS.but(**bad), first.but(**bad))
    with pytest.raises(ConfigError, match="403"):
        connect(wire).check()


def test_discovery_finds_last_runs_newest_first_and_not_twice(wire: Wire) -> None:
    rows = [
        case_row("c1", "a1B2", "2026-05-01T08:00:00Z"),
        case_row("c2", "UkxK", "2026-05-04T08:00:00Z"),
        case_row("c3", "a1B2", "2026-05-01T08:01:00Z"),
        case_row("c4", "Live", None),
        {"id": "c5", "name": "Never run"},
        case_row("c6", "Named", "2026-05-05T08:00:00Z"),
    ]
    wire.serve(cases_page(rows[:4], total=6))
    wire.serve(cases_page(rows[4:], offset=4, total=6))
    wire.serve(*(report(run_id) for run_id in ("Named", "Live", "UkxK", "a1B2")))
    qatech = connect(wire, discover="on", runs="Named")
    assert ids(read_runs(qatech, PROJECT)) == ["Named", "Live", "UkxK", "a1B2"]


def test_discovery_that_finds_nothing_says_so(wire: Wire) -> None:
    wire.serve(cases_page([{"id": "c5", "name": "Never run"}]))
    qatech = connect(wire, discover="on")
    assert list(read_runs(qatech, PROJECT)) == []
    assert qatech.notes() == ["The test cases of QA.tech name no new run."]


def cases_read_again(rows: list[Any], *, limit: int, total: int) -> Answer:
    """The first page of another reading of the test cases, `limit` a page."""
    found = cases_page(rows, total=total, limit=limit)
    return found.but(query={**found.query, "limit": str(limit)})


def test_test_cases_that_end_before_their_total_are_read_again_and_told_behind_them(
    wire: Wire,
) -> None:
    older = case_row("c1", "a1B2", "2026-05-01T08:00:00Z")
    newer = case_row("c2", "UkxK", "2026-05-04T08:00:00Z")
    wire.serve(cases_page([older], total=3))
    wire.serve(cases_page([], offset=1, total=3))
    wire.serve(cases_read_again([older, newer], limit=500, total=3))
    wire.serve(cases_read_again([], limit=250, total=3))
    query = {"limit": "500", "offset": "2", "projectShortId": PROJECT}
    wire.serve(cases_page([], offset=2, total=3, limit=500).but(query=query))
    found = connect(wire, discover="on", runs="Named").runs(PROJECT)
    listed = [next(found), next(found), next(found)]
    assert [run.external_id for run in listed if isinstance(run, ListedRun)] == [
        "Named",
        "UkxK",
        "a1B2",
    ]
    with pytest.raises(IncompleteListError, match="3 stated, 2 seen"):
        next(found)


def test_named_runs_are_listed_before_the_test_cases_are_asked_for(wire: Wire) -> None:
    found = connect(wire, discover="on", runs="Named").runs(PROJECT)
    assert next(found) == ListedRun(external_id="Named")
    assert wire.requests == []


def test_a_full_last_page_of_test_cases_is_followed(wire: Wire) -> None:
    first = case_row("c1", "a1B2", "2026-05-01T08:00:00Z")
    second = case_row("c2", "UkxK", "2026-05-04T08:00:00Z")
    wire.serve(cases_page([first], total=1, limit=1))
    wire.serve(cases_page([second], offset=1, total=1, limit=2))
    found = connect(wire, discover="on").runs(PROJECT)
    assert [run.external_id for run in found if isinstance(run, ListedRun)] == [
        "UkxK",
        "a1B2",
    ]
