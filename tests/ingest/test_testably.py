"""Testably's quirks; what all vendors share is in the contract suite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.connectors.testably import ConnectorForTestably
from ingest.contract import (
    CaseRecord,
    ConfigError,
    ConnectionConfig,
    Counts,
    IncompleteListError,
    MilestoneRecord,
    MilestoneState,
    PayloadError,
    Reject,
    ResultRecord,
    RunKind,
    RunRecord,
    RunStatus,
    Status,
)
from ingest.http import UnsupportedError
from tests import clock
from tests.ingest.recordings.testably import (
    CASES,
    MILESTONES,
    PROJECT,
    RESULTS,
    RUNS,
    case_row,
    detail,
    milestone_row,
    page,
    project_row,
    result_row,
    run_row,
    without,
)
from tests.ingest.wire import Answer, Clock, Wire

RUN = RunRecord(external_id="run_501", name="Sprint 12 Regression")


def connect(
    wire: Wire,
    *,
    memory: dict[str, Any] | None = None,
    prefix: str = "",
    **settings: str,
) -> ConnectorForTestably:
    config = ConnectionConfig(
        base_url=wire.url + prefix,
        settings=settings,
        secrets={"token": "testably_0123"},
        memory={} if memory is None else memory,
        status_map={"deferred": Status.SKIPPED},
        allow_private_urls=True,
    )
    return ConnectorForTestably.connect(config)


def only_run(wire: Wire, **row: Any) -> RunRecord:
    wire.serve(page(RUNS, [run_row(**row)]))
    (run,) = connect(wire).runs(PROJECT)
    assert isinstance(run, RunRecord), run
    return run


def only_result(wire: Wire, row: Any, **settings: str) -> ResultRecord:
    wire.serve(page(RESULTS, [row]))
    (result,) = connect(wire, **settings).results(PROJECT, RUN)
    assert isinstance(result, ResultRecord), result
    return result


def only_milestone(wire: Wire, row: Any) -> MilestoneRecord:
    wire.serve(page(MILESTONES, [row]))
    (milestone,) = connect(wire).milestones(PROJECT)
    assert isinstance(milestone, MilestoneRecord), milestone
    return milestone


def found_id(run: Any) -> str:
    assert isinstance(run, RunRecord), run
    return run.external_id


def days_ago(days: int) -> str:
    return (clock.now() - timedelta(days=days)).isoformat()


@pytest.mark.parametrize("prefix", ["", "/", "/v1", "/v1/"])
def test_an_origin_and_the_documented_base_lead_to_the_same_route(
    wire: Wire, prefix: str
) -> None:
    wire.serve(page("/v1/projects", [project_row()]))
    report = connect(wire, prefix=prefix).check()
    assert [(item.label, item.value) for item in report.items] == [
        ("API token", "accepted"),
        ("Projects", "1"),
    ]
    assert wire.requests[0].headers["Authorization"] == "Bearer testably_0123"


def test_a_token_that_sees_no_project_is_a_gap_in_the_check(wire: Wire) -> None:
    wire.serve(page("/v1/projects", []))
    assert connect(wire).check().items[1].state == "gap"


def test_a_run_is_read_whole(wire: Wire) -> None:
    row = {
        "status": "closed",
        "closed_at": "2026-03-29T15:00:00Z",
        "pass_rate": 75.0,
    }
    assert only_run(wire, **row) == RunRecord(
        external_id="run_501",
        name="Sprint 12 Regression",
        kind=RunKind.AUTOMATED,
        raw_status="closed",
        milestones=("ms_v2",),
        started_at=datetime(2026, 3, 25, 9, tzinfo=UTC),
        finished_at=datetime(2026, 3, 29, 15, tzinfo=UTC),
        vendor_counts=Counts(passed=32, failed=5, blocked=3, untested=5),
        status_from_results=True,
    )


@pytest.mark.parametrize(
    "word", ["active", "in_progress", "new", "paused", "under_review", "pending"]
)
def test_each_word_for_an_unfinished_run_leaves_it_open(wire: Wire, word: str) -> None:
    run = only_run(wire, status=word, not_tested=0)
    assert (run.is_open, run.status) == (True, RunStatus.RUNNING)
    assert not run.status_from_results


@pytest.mark.parametrize("word", ["closed", "completed"])
def test_an_ended_run_takes_its_status_from_its_results(wire: Wire, word: str) -> None:
    run = only_run(wire, status=word)
    assert (run.is_open, run.status) == (False, RunStatus.UNKNOWN)
    assert run.status_from_results


def test_a_cancelled_run_is_over(wire: Wire) -> None:
    run = only_run(wire, status="cancelled")
    assert (run.is_open, run.status) == (False, RunStatus.CANCELLED)


@pytest.mark.parametrize(("not_tested", "is_open"), [(3, True), (0, False)])
def test_an_unknown_word_for_a_run_keeps_it_open_while_cases_are_left(
    wire: Wire, not_tested: int, is_open: bool
) -> None:
    run = only_run(wire, status="on_hold", not_tested=not_tested)
    assert (run.is_open, run.status) == (is_open, RunStatus.UNKNOWN)
    assert run.raw_status == "on_hold"


def test_both_names_of_the_untested_counter_are_counted(wire: Wire) -> None:
    row = without(run_row(untested=4), "not_tested")
    wire.serve(page(RUNS, [row]))
    (run,) = connect(wire).runs(PROJECT)
    assert isinstance(run, RunRecord)
    assert run.vendor_counts == Counts(passed=32, failed=5, blocked=3, untested=4)


def test_a_run_without_counters_states_no_totals(wire: Wire) -> None:
    counters = ("passed", "failed", "blocked", "retest", "not_tested")
    assert only_run(wire, **dict.fromkeys(counters)).vendor_counts is None


def test_branch_and_commit_come_from_the_fields_that_a_person_named(
    wire: Wire,
) -> None:
    wire.serve(page(RUNS, [run_row(git={"branch": "main"}, sha="ab12")]))
    settings = {"branch_field": "git.branch", "commit_field": "sha"}
    (run,) = connect(wire, **settings).runs(PROJECT)
    assert isinstance(run, RunRecord)
    assert (run.branch, run.commit) == ("main", "ab12")


def test_reading_stops_at_a_page_that_is_wholly_older(wire: Wire) -> None:
    new, old = "2026-03-30T00:00:00Z", "2026-03-01T00:00:00Z"
    rows = [
        [run_row("r5", created_at=new), run_row("r4", created_at=old)],
        [run_row("r3", created_at=new), run_row("r2", created_at=None)],
        [run_row("r1", created_at=old), run_row("r0", created_at=old)],
    ]
    for number, items in enumerate(rows, 1):
        wire.serve(page(RUNS, items, number=number, total=400, per_page=2))
    runs = connect(wire).runs(PROJECT, since=datetime(2026, 3, 15, tzinfo=UTC))
    ids = [run.external_id for run in runs if isinstance(run, RunRecord)]
    assert ids == ["r5", "r3", "r2"]


def test_a_run_pushed_to_the_next_page_by_a_new_one_comes_out_once(
    wire: Wire,
) -> None:
    wire.serve(page(RUNS, [run_row("r2"), run_row("r1")], total=3, per_page=2))
    second = [run_row("r1"), run_row("r0")]
    wire.serve(page(RUNS, second, number=2, total=4, per_page=2))
    wire.serve(page(RUNS, [], number=3, total=4, per_page=2))
    runs = connect(wire).runs(PROJECT)
    ids = [run.external_id for run in runs if isinstance(run, RunRecord)]
    assert ids == ["r2", "r1", "r0"]


def test_a_list_that_ends_before_its_total_is_read_again_and_told_behind_its_rows(
    wire: Wire,
) -> None:
    wire.serve(page(RUNS, [run_row("r3")], total=3, per_page=1))
    wire.serve(page(RUNS, [], number=2, total=3, per_page=1))
    rows = [run_row("r3"), run_row("r2")]
    wire.serve(page(RUNS, rows, total=3, per_page=50, asked=50))
    wire.serve(page(RUNS, [], total=3, per_page=25, asked=25))
    runs = connect(wire).runs(PROJECT)
    assert [found_id(next(runs)), found_id(next(runs))] == ["r3", "r2"]
    with pytest.raises(IncompleteListError, match="3 stated, 2 seen"):
        next(runs)


@pytest.mark.parametrize("size", [100, 2])
def test_a_full_page_is_followed_though_it_is_called_the_last(
    wire: Wire, size: int
) -> None:
    first = [run_row(f"r{number}") for number in range(size)]
    wire.serve(page(RUNS, first, total=size, per_page=size))
    wire.serve(page(RUNS, [run_row("hid")], number=2, total=size, per_page=size))
    assert [found_id(run) for run in connect(wire).runs(PROJECT)][-1] == "hid"


def test_a_page_that_is_not_full_is_the_last(wire: Wire) -> None:
    wire.serve(page(RUNS, [run_row(f"r{number}") for number in range(99)]))
    assert len(list(connect(wire).runs(PROJECT))) == 99


def test_a_run_is_read_wrapped_and_bare(wire: Wire) -> None:
    wire.serve(detail(), detail().but(body=run_row()))
    testably = connect(wire)
    assert testably.run(PROJECT, "run_501") == testably.run(PROJECT, "run_501")


def test_a_deleted_run_is_none(wire: Wire) -> None:
    wire.serve(detail().but(status=404, body={"error": "Run not found"}))
    assert connect(wire).run(PROJECT, "run_501") is None


def test_an_id_cannot_lead_to_another_path(wire: Wire) -> None:
    wire.serve(detail("..%2Fx%3Fy"))
    assert isinstance(connect(wire).run(PROJECT, "../x?y"), RunRecord)
    with pytest.raises(PayloadError, match="cannot be"):
        connect(wire).run(PROJECT, "..")


def test_a_malformed_run_is_kept_whole_and_the_others_come_out(wire: Wire) -> None:
    broken = run_row("r2", status=["closed"])
    wire.serve(page(RUNS, [run_row("r3"), broken, "nonsense", run_row("r1")]))
    first, bad, worse, last = connect(wire).runs(PROJECT)
    assert isinstance(first, RunRecord)
    assert isinstance(last, RunRecord)
    assert isinstance(bad, Reject)
    assert isinstance(worse, Reject)
    assert bad.reason == "status is a list, not a text"
    assert bad.payload == broken
    assert worse.payload == "nonsense"


def test_side_fields_of_a_run_cost_themselves(wire: Wire) -> None:
    odd = {
        "name": None,
        "created_at": "2099-01-01T00:00:00Z",
        "closed_at": {},
        "milestone_id": ["m1"],
        "passed": "many",
    }
    wire.serve(page(RUNS, [run_row("r2", status="closed", **odd)]))
    (run,) = connect(wire).runs(PROJECT)
    assert isinstance(run, RunRecord)
    assert (run.name, run.started_at, run.finished_at) == ("Run r2", None, None)
    assert (run.milestones, run.vendor_counts, run.is_open) == ((), None, False)
    assert {note.split()[0] for note in run.oddity.split("; ")} == {*odd}


def test_side_fields_of_a_milestone_cost_themselves(wire: Wire) -> None:
    odd = {"name": {}, "due_date": "9999-12-31", "start_date": 3, "parent_id": []}
    row = {"id": "ms_v2", "status": "active", **odd}
    wire.serve(page(f"/v1/projects/{PROJECT}/milestones", [row]))
    (found,) = connect(wire).milestones(PROJECT)
    assert isinstance(found, MilestoneRecord)
    assert (found.name, found.due_at, found.starts_at) == ("", None, None)
    assert {note.split()[0] for note in found.oddity.split("; ")} == {*odd}


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("passed", Status.PASSED),
        ("failed", Status.FAILED),
        ("blocked", Status.BLOCKED),
        ("retest", Status.BLOCKED),
        ("not_tested", Status.UNTESTED),
        ("untested", Status.UNTESTED),
        ("deferred", Status.SKIPPED),  # mapped by a person
        ("Passed", Status.UNKNOWN),
    ],
)
def test_each_word_of_both_vocabularies_has_its_status(
    wire: Wire, word: str, status: Status
) -> None:
    result = only_result(wire, result_row(status=word))
    assert (result.status, result.raw_status) == (status, word)


def test_a_result_is_read_whole(wire: Wire) -> None:
    assert only_result(wire, result_row()) == ResultRecord(
        key="tc_001",
        name="Login with valid credentials",
        status=Status.PASSED,
        raw_status="passed",
        executed_at=datetime(2026, 3, 26, 10, 15, tzinfo=UTC),
        duration_ms=45_000,
        message="Verified on Chrome 120",
    )


def test_an_untested_row_has_neither_note_nor_time(wire: Wire) -> None:
    nothing = dict.fromkeys(("note", "elapsed", "tested_by", "tested_at"))
    result = only_result(wire, result_row(status="untested", **nothing))
    assert (result.message, result.duration_ms, result.executed_at) == ("", None, None)


@pytest.mark.parametrize(
    ("elapsed", "duration_ms"),
    [
        (45, 45_000),
        (1.5, 1_500),
        (0.0004, 0),
        (0, 0),
        (None, None),
        ("", None),
        ("01:30", 90_000),
        ("90:00", 5_400_000),
        ("1:02:03", 3_723_000),
        ("00:01.25", 1_250),
        ("12.5", 12_500),
    ],
)
def test_each_spelling_of_elapsed_is_read_in_seconds(
    wire: Wire, elapsed: Any, duration_ms: int | None
) -> None:
    assert only_result(wire, result_row(elapsed=elapsed)).duration_ms == duration_ms


@pytest.mark.parametrize(
    ("elapsed", "duration_ms"), [(1500, 1_500), ("250", 250), ("01:30", 90_000)]
)
def test_a_declared_unit_changes_numbers_but_not_clock_times(
    wire: Wire, elapsed: Any, duration_ms: int
) -> None:
    row = result_row(elapsed=elapsed)
    result = only_result(wire, row, elapsed_unit="milliseconds")
    assert result.duration_ms == duration_ms


@pytest.mark.parametrize("elapsed", [-5, 10**400, "9" * 400, "-2"])
def test_an_impossible_elapsed_costs_the_duration_not_the_outcome(
    wire: Wire, elapsed: Any
) -> None:
    result = only_result(wire, result_row(elapsed=elapsed))
    assert (result.status, result.duration_ms) == (Status.PASSED, None)
    assert "duration unknown" in result.oddity


@pytest.mark.parametrize("elapsed", ["soon", "1:75", "1:90:00", True, [45]])
def test_an_elapsed_that_is_no_duration_costs_itself(wire: Wire, elapsed: Any) -> None:
    result = only_result(wire, result_row(elapsed=elapsed, status="failed"))
    assert (result.status, result.duration_ms) == (Status.FAILED, None)
    assert result.oddity.startswith("elapsed is ")
    assert result.oddity.endswith("not a duration: duration unknown")


def test_the_same_case_twice_gives_two_attempts_in_order(wire: Wire) -> None:
    rows = [result_row("res_001", status="failed"), result_row("res_002")]
    wire.serve(page(RESULTS, rows))
    results = [*connect(wire).results(PROJECT, RUN)]
    read = [(r.key, r.status) for r in results if isinstance(r, ResultRecord)]
    assert read == [("tc_001", Status.FAILED), ("tc_001", Status.PASSED)]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_missing_list_of_results_is_replaced_by_the_runs_own_rows(
    wire: Wire, clock: Clock, status: int
) -> None:
    memory: dict[str, Any] = {}
    wire.serve(page(RESULTS, []).but(status=status, body={"error": "Not found"}))
    wire.serve(detail(results=[result_row()], total=1))
    testably = connect(wire, memory=memory)
    first, second = (list(testably.results(PROJECT, RUN)) for _ in range(2))
    assert [r.key for r in first if isinstance(r, ResultRecord)] == ["tc_001"]
    assert second == first
    asked_for_rows = [path for path in wire.paths() if path == RUNS + "/run_501"]
    assert len(asked_for_rows) == 2
    assert wire.paths()[-2:] == asked_for_rows
    assert memory.keys() == {"no_results_route_since"}


def test_a_missing_list_of_results_is_asked_for_again_after_a_week(
    wire: Wire,
) -> None:
    memory: dict[str, Any] = {"no_results_route_since": days_ago(8)}
    wire.serve(page(RESULTS, [result_row()]))
    assert len(list(connect(wire, memory=memory).results(PROJECT, RUN))) == 1
    assert memory == {}


def test_a_missing_list_of_results_is_not_asked_for_within_a_week(
    wire: Wire,
) -> None:
    memory: dict[str, Any] = {"no_results_route_since": days_ago(6)}
    wire.serve(detail(results=[result_row()], total=1))
    assert len(list(connect(wire, memory=memory).results(PROJECT, RUN))) == 1


def test_a_run_deleted_meanwhile_says_nothing_about_the_route(wire: Wire) -> None:
    memory: dict[str, Any] = {}
    gone = {"status": 404, "body": {"error": "Not found"}}
    wire.serve(page(RESULTS, []).but(**gone), detail().but(**gone))
    with pytest.raises(PayloadError, match="404"):
        list(connect(wire, memory=memory).results(PROJECT, RUN))
    assert memory == {}


def test_rows_that_a_capped_run_leaves_out_are_told(wire: Wire) -> None:
    memory: dict[str, Any] = {"no_results_route_since": days_ago(1)}
    wire.serve(detail(results=[result_row()], total=45))
    testably = connect(wire, memory=memory)
    list(testably.results(PROJECT, RUN))
    assert testably.notes() == [
        "Run run_501: 1 of 45 results could be read, because this Testably has no list "
        "of results."
    ]


def test_a_run_without_embedded_rows_is_not_taken_for_an_empty_one(
    wire: Wire,
) -> None:
    wire.serve(detail())
    testably = connect(wire, memory={"no_results_route_since": days_ago(1)})
    with pytest.raises(PayloadError, match="results is missing"):
        list(testably.results(PROJECT, RUN))


def test_an_empty_bucket_is_waited_for(wire: Wire, clock: Clock) -> None:
    empty = page(RESULTS, []).but(
        status=429,
        body={"error": "Too Many Requests", "retry_after_seconds": 3},
        headers={"Retry-After": "3", "X-RateLimit-Remaining": "0"},
    )
    unnamed = empty.but(headers={})
    wire.serve(empty, unnamed, page(RESULTS, [result_row()]))
    assert len(list(connect(wire).results(PROJECT, RUN))) == 1
    assert clock.naps == [3.0, 5.0]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("upcoming", MilestoneState.OPEN),
        ("started", MilestoneState.OPEN),
        ("past_due", MilestoneState.OPEN),
        ("active", MilestoneState.OPEN),
        ("completed", MilestoneState.COMPLETED),
        ("archived", MilestoneState.COMPLETED),
    ],
)
def test_each_word_of_a_milestone_has_its_state(
    wire: Wire, word: str, state: MilestoneState
) -> None:
    assert only_milestone(wire, milestone_row(status=word)).state is state


@pytest.mark.parametrize(
    "parent", [{"parent_id": "ms_1"}, {"parent_milestone_id": "ms_1"}]
)
def test_both_names_of_a_milestones_parent_are_read(
    wire: Wire, parent: dict[str, str]
) -> None:
    assert only_milestone(wire, milestone_row(**parent)).parent_external_id == "ms_1"


def test_a_milestone_is_read_wrapped_and_with_plain_dates(wire: Wire) -> None:
    row = milestone_row(start_date="2026-03-01", due_date=None)
    milestone = only_milestone(wire, {"data": row})
    assert milestone.external_id == "ms_v2"
    assert milestone.starts_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert milestone.due_at is None


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_testably_without_milestones_does_not_support_them(
    wire: Wire, clock: Clock, status: int
) -> None:
    wire.serve(page(MILESTONES, []).but(status=status, body={"error": "Not found"}))
    with pytest.raises(UnsupportedError, match="This Testably has no list of mil"):
        list(connect(wire).milestones(PROJECT))


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_a_milestone_is_read_by_its_id(wire: Wire, is_wrapped: bool) -> None:
    body = {"data": milestone_row()} if is_wrapped else milestone_row()
    wire.serve(Answer(path=f"{MILESTONES}/ms_v2", body=body))
    milestone = connect(wire).milestone(PROJECT, "ms_v2")
    assert isinstance(milestone, MilestoneRecord)
    assert (milestone.external_id, milestone.name) == ("ms_v2", "v2")


def test_a_deleted_milestone_is_none(wire: Wire) -> None:
    gone = Answer(path=f"{MILESTONES}/ms_v2", status=404, body={"error": "Not found"})
    wire.serve(gone)
    assert connect(wire).milestone(PROJECT, "ms_v2") is None


def test_an_unknown_unit_is_refused_with_its_choices() -> None:
    config = ConnectionConfig(
        base_url="http://127.0.0.1:9",
        secrets={"token": "t"},
        settings={"elapsed_unit": "hours"},
        allow_private_urls=True,
    )
    with pytest.raises(ConfigError, match="seconds, milliseconds"):
        ConnectorForTestably.connect(config)


def test_a_missing_token_is_refused_by_name() -> None:
    config = ConnectionConfig(base_url="http://127.0.0.1:9", allow_private_urls=True)
    with pytest.raises(ConfigError, match="API token"):
        ConnectorForTestably.connect(config)


# Test cases


def test_test_cases_are_listed_by_the_ids_of_results(wire: Wire):
    first = page(CASES, [case_row(), {"title": "nobody"}], total=3, per_page=2)
    second = page(
        CASES, [case_row("tc_002", title=None)], number=2, total=3, per_page=2
    )
    wire.serve(first, second)
    known, broken, unnamed = connect(wire).cases(PROJECT)
    assert known == CaseRecord(key="tc_001", name="Login with valid credentials")
    assert isinstance(broken, Reject)
    assert "id" in broken.reason
    assert unnamed == CaseRecord(key="tc_002", name="")


def test_an_instance_without_a_list_of_test_cases_says_so(wire: Wire):
    wire.serve(page(CASES, []).but(status=404, body={"error": "Not found"}))
    with pytest.raises(UnsupportedError, match="test cases"):
        list(connect(wire).cases(PROJECT))


def test_which_tests_a_milestone_has_is_not_said(wire: Wire):
    milestone = MilestoneRecord(external_id="ms_v2", name="v2")
    with pytest.raises(UnsupportedError):
        list(connect(wire).milestone_cases(PROJECT, milestone))
