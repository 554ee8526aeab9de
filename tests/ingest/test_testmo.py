"""Testmo's quirks; what all vendors share is in the contract suite."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from ingest.connectors.testmo import ConnectorForTestmo
from ingest.contract import (
    ConfigError,
    ConnectionConfig,
    Counts,
    Detail,
    IncompleteListError,
    MilestoneRecord,
    MilestoneState,
    PayloadError,
    Reject,
    RetryableError,
    RunKind,
    RunRecord,
    RunStatus,
    Status,
)
from ingest.http import MissingError
from tests import clock
from tests.ingest.recordings.testmo import (
    API,
    CASES,
    EXPANDS,
    FOLDERS,
    MANUAL_EXPANDS,
    NO_MANUAL_RUNS,
    PROJECTS,
    RUN_EXPANDS,
    RUNS,
    USER,
    counts,
    manual_page,
    manual_row,
    milestone_row,
    milestones_page,
    page,
    result_row,
    results_page,
    row,
    rows_can_be_read,
    rows_page,
    run_row,
    runs_page,
    single,
    thread_row,
)
from tests.ingest.wire import Answer, Clock, Wire

RUN_12 = f"{API}/automation/runs/12"
PROBE = page(f"{RUN_12}/tests", [row(1)])
NO_ROWS = PROBE.but(status=404, body={"message": "Not found."})
RUN = RunRecord(external_id="12", name="Nightly", source="backend")
MANUAL_RUN = RunRecord(external_id="manual-17", name="Round", kind=RunKind.MANUAL)


def connected(
    wire: Wire, memory: dict[str, Any] | None = None, prefix: str = "", **settings: str
) -> ConnectorForTestmo:
    return ConnectorForTestmo.connect(
        ConnectionConfig(
            base_url=wire.url + prefix,
            secrets={"token": "s3cr3t"},
            settings=settings,
            memory=rows_can_be_read() if memory is None else memory,
            allow_private_urls=True,
        )
    )


def only_run(wire: Wire, shown: dict[str, Any], **more: Any) -> RunRecord:
    """The record of one automation run, read by its id."""
    wire.serve(single(RUN_12, shown, RUN_EXPANDS))
    run = connected(wire, **more).run("1", "12")
    assert isinstance(run, RunRecord), run
    return run


# Address and check


@pytest.mark.parametrize("prefix", ["", "/", "/api/v1", "/api/v1/"])
def test_the_address_may_be_the_origin_or_the_api_s(wire, prefix):
    wire.serve(PROJECTS)
    assert len(list(connected(wire, prefix=prefix).projects())) == 1
    assert wire.requests[0].headers["Authorization"] == "Bearer s3cr3t"


def test_a_pasted_token_may_carry_white_space(wire):
    wire.serve(PROJECTS)
    config = ConnectionConfig(
        base_url=wire.url, secrets={"token": " s3cr3t\n"}, allow_private_urls=True
    )
    list(ConnectorForTestmo.connect(config).projects())
    assert wire.requests[0].headers["Authorization"] == "Bearer s3cr3t"


def test_the_check_names_the_user_the_projects_and_whether_rows_can_be_read(wire):
    wire.serve(USER, PROJECTS, page(RUNS, [run_row(12)], per_page=15), PROBE)
    memory: dict[str, Any] = {}
    report = connected(wire, memory).check()
    assert [(item.value, item.state) for item in report.items] == [
        ("Robin", "ok"),
        ("1", "ok"),
        ("yes", "ok"),
    ]
    assert memory["automation_rows"]["1"]["readable"] is True


def test_the_check_shows_an_instance_without_rows_as_a_gap(wire):
    wire.serve(USER, PROJECTS, page(RUNS, [run_row(12)], per_page=15), NO_ROWS)
    wire.serve(single(RUN_12, run_row(12)))
    assert connected(wire, {}).check().items[2].state == "gap"


def test_the_check_of_an_empty_instance_leaves_open_whether_rows_can_be_read(wire):
    wire.serve(USER, page(f"{API}/projects", []))
    report = connected(wire, {}).check()
    assert [item.state for item in report.items] == ["ok", "gap", "gap"]


@pytest.mark.parametrize(
    "answer",
    [
        USER.but(status=404, body={"message": "Not found."}),
        USER.but(raw=b"<html>Welcome</html>"),
        USER.but(body={"result": {"id": 2}}),
        USER.but(body=[]),
    ],
)
def test_the_check_says_that_an_address_is_not_testmo_s(wire, answer):
    wire.serve(answer)
    with pytest.raises(ConfigError, match="There is no Testmo API at http"):
        connected(wire).check()


def test_an_unknown_unit_is_refused(wire):
    with pytest.raises(ConfigError, match="manual_elapsed_unit"):
        connected(wire, manual_elapsed_unit="fortnights")


# Automation runs


def test_a_run_is_read_with_the_names_of_what_it_refers_to(wire):
    run = only_run(wire, run_row(12))
    assert run == RunRecord(
        external_id="12",
        name="Nightly 12",
        status=RunStatus.PASSED,
        raw_status="2",
        source="backend",
        source_id="4",
        configuration="Firefox, Linux",
        configuration_id="9",
        milestones=("3",),
        started_at=datetime(2024, 2, 15, 4, tzinfo=UTC),
        finished_at=datetime(2024, 2, 15, 4, 2, tzinfo=UTC),
        duration_ms=90_000,
        vendor_counts=Counts(passed=2),
        vendor_counts_are_coarse=True,
    )


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (2, RunStatus.PASSED),
        (3, RunStatus.FAILED),
        (4, RunStatus.RUNNING),
        (1, RunStatus.UNKNOWN),
        (9, RunStatus.UNKNOWN),
    ],
)
def test_the_status_of_a_run_is_the_vendor_s_verdict(wire, number, status):
    shown = run_row(12, status=number, **counts(status2_count=9))
    run = only_run(wire, shown)
    assert (run.status, run.raw_status) == (status, str(number))


def test_a_run_is_open_until_it_is_completed_whatever_its_status(wire):
    run = only_run(wire, run_row(12, is_completed=False, completed_at=None))
    assert run.is_open
    assert run.status is RunStatus.PASSED


@pytest.mark.parametrize("expands", [{}, [], None])
def test_a_run_of_which_nothing_is_expanded_keeps_what_it_refers_to_apart(
    wire, expands
):
    answer = single(RUN_12, run_row(12), RUN_EXPANDS)
    wire.serve(answer.but(body={"result": run_row(12), "expands": expands}))
    wire.serve(single(f"{API}/automation/sources/4", {"id": 4, "name": "backend"}))
    run = connected(wire).run("1", "12")
    assert isinstance(run, RunRecord)
    assert (run.source, run.configuration) == ("backend", "#9")
    assert run.vendor_counts == Counts(passed=2)


def test_each_page_is_read_with_its_own_expands(wire):
    other = {**EXPANDS, "configs": [{"id": 10, "name": "Safari"}]}
    wire.serve(
        runs_page([run_row(12)], next_page=2),
        runs_page([run_row(11, config_id=10)], number=2, expands=other),
        NO_MANUAL_RUNS,
    )
    found = [run.configuration for run in connected(wire).runs("1")]
    assert found == ["Firefox, Linux", "Safari"]


def test_a_count_field_counts_the_status_whose_id_is_one_higher(wire):
    run = only_run(
        wire,
        run_row(
            12,
            **counts(
                untested_count=1,
                status1_count=20,
                status2_count=5,
                status3_count=3,
                status4_count=2,
                status5_count=4,
                status6_count=7,
                status7_count=6,
                status24_count=9,
            ),
        ),
    )
    # Status 7 is a custom one flagged as passed, 8 a custom one without a flag.
    assert run.vendor_counts == Counts(
        untested=1, passed=27, failed=5, blocked=5, skipped=4, unknown=15
    )


def test_custom_statuses_count_by_name_then_alias_then_flags(wire):
    custom = [
        {"id": 2, "name": "Green", "system_name": "passed", "is_failed": True},
        {"id": 7, "name": "A", "system_name": "own", "aliases": ["error"]},
        {"id": 8, "name": "B", "aliases": ["other", "retest"], "is_passed": True},
        {"id": 9, "name": "C", "is_failed": True, "aliases": None},
        {"id": 10, "name": "D", "is_untested": True},
        {"id": 11, "name": "E", "is_passed": True, "is_failed": True},
    ]
    fields = {f"status{number - 1}_count": 10**n for n, number in enumerate([2, 7, 8])}
    fields |= {"status8_count": 1000, "status9_count": 10_000, "status10_count": 7}
    answer = single(RUN_12, None, RUN_EXPANDS)
    shown = run_row(12, **counts(**fields))
    body = {"result": shown, "expands": {**EXPANDS, "statuses": custom}}
    wire.serve(answer.but(body=body))
    run = connected(wire).run("1", "12")
    assert isinstance(run, RunRecord)
    assert run.vendor_counts == Counts(
        passed=1, error=10, blocked=100, failed=1000, untested=10_000, unknown=7
    )


def test_branch_and_commit_come_from_the_fields_that_a_person_named(wire):
    fields = [{"type": 1, "name": "git branch", "value": "main"}]
    shown = run_row(12, fields=fields, tags=["nightly", "sha-4f2a1c"])
    run = only_run(wire, shown, branch_field="git branch", commit_field="sha")
    assert (run.branch, run.commit) == ("main", "4f2a1c")


def test_branch_and_commit_are_not_guessed(wire):
    shown = run_row(12, fields=[{"type": 1, "name": "branch", "value": "main"}])
    assert only_run(wire, shown).branch == ""


def test_a_deleted_run_does_not_exist(wire):
    wire.serve(single(RUN_12, {}, RUN_EXPANDS).but(status=404))
    assert connected(wire).run("1", "12") is None


def test_a_single_answer_without_result_is_a_payload_error(wire):
    wire.serve(single(RUN_12, {}, RUN_EXPANDS).but(body={"id": 12}))
    with pytest.raises(PayloadError, match="result is missing"):
        connected(wire).run("1", "12")


@pytest.mark.parametrize("name", ["id", "status"])
def test_a_run_without_a_required_key_is_rejected_and_others_are_read(wire, name):
    broken = run_row(12)
    del broken[name]
    wire.serve(runs_page([broken, run_row(11)]), NO_MANUAL_RUNS)
    reject, run = connected(wire).runs("1")
    assert isinstance(reject, Reject)
    assert reject.reason.startswith(name)
    assert reject.where == "projects/1/automation/runs row 1"
    assert run.external_id == "11"


def test_side_fields_of_a_run_cost_themselves(wire):
    odd = {
        "name": None,
        "created_at": "2099-01-01T00:00:00.000Z",
        "completed_at": 12,
        "is_completed": "finished",
        "elapsed": "1.204,5",
        "config_id": [],
        "milestone_id": {},
        "tags": "nightly",
        "status1_count": "many",
    }
    wire.serve(runs_page([run_row(12, **odd)]), NO_MANUAL_RUNS)
    (run,) = connected(wire).runs("1")
    assert (run.name, run.status, run.is_open) == ("Run 12", RunStatus.PASSED, False)
    assert (run.started_at, run.finished_at, run.duration_ms) == (None, None, None)
    assert (run.configuration, run.milestones, run.vendor_counts) == ("", (), None)
    noted = {note.split()[0] for note in run.oddity.split("; ")}
    assert noted == {*odd}


# Milestones


def test_milestones_are_a_tree_with_dates_and_tags(wire):
    done = milestone_row(
        4,
        parent_id=3,
        is_completed=True,
        completed_at="2024-02-20T08:00:00.000Z",
        automation_tags=["v1-4"],
    )
    wire.serve(milestones_page([milestone_row(3), done]))
    parent, child = connected(wire).milestones("1")
    assert parent.state is MilestoneState.OPEN
    assert parent.starts_at == datetime(2024, 2, 1, tzinfo=UTC)
    assert parent.due_at == datetime(2024, 3, 1, tzinfo=UTC)
    assert child.state is MilestoneState.COMPLETED
    assert child.completed_at == datetime(2024, 2, 20, 8, tzinfo=UTC)
    assert (child.parent_external_id, child.tags) == ("3", ("v1-4",))


def test_a_tag_links_a_run_to_the_milestone_that_carries_it(wire):
    wire.serve(
        runs_page([run_row(12, milestone_id=None, tags=["nightly", "v1-4"])]),
        milestones_page([milestone_row(3), milestone_row(4, automation_tags=["v1-4"])]),
        NO_MANUAL_RUNS,
    )
    (run,) = connected(wire).runs("1")
    assert run.milestones == ("4",)


def test_milestones_read_before_are_not_read_again_for_tags(wire):
    tagged = milestone_row(4, automation_tags=["v1-4"])
    wire.serve(milestones_page([tagged]), NO_MANUAL_RUNS)
    wire.serve(runs_page([run_row(12, milestone_id=None, tags=["v1-4"])]))
    connector = connected(wire)
    list(connector.milestones("1"))
    (run,) = connector.runs("1")
    assert run.milestones == ("4",)
    assert wire.paths().count(f"{API}/projects/1/milestones") == 1


def test_a_tag_of_several_milestones_links_to_none(wire):
    tagged = [milestone_row(n, automation_tags=["v1"]) for n in (4, 5)]
    wire.serve(runs_page([run_row(12, milestone_id=None, tags=["v1"])]))
    wire.serve(milestones_page(tagged), NO_MANUAL_RUNS)
    (run,) = connected(wire).runs("1")
    assert run.milestones == ()


def test_an_explicit_milestone_wins_over_tags(wire):
    wire.serve(runs_page([run_row(12, milestone_id=3, tags=["v1"])]), NO_MANUAL_RUNS)
    (run,) = connected(wire).runs("1")
    assert run.milestones == ("3",)


def test_a_milestone_is_read_by_its_id(wire):
    wire.serve(single(f"{API}/milestones/3", milestone_row(3, is_completed=True)))
    milestone = connected(wire).milestone("1", "3")
    assert isinstance(milestone, MilestoneRecord)
    assert (milestone.external_id, milestone.name) == ("3", "1.3")
    assert milestone.state is MilestoneState.COMPLETED


def test_a_deleted_milestone_does_not_exist(wire):
    wire.serve(single(f"{API}/milestones/3", {}).but(status=404))
    assert connected(wire).milestone("1", "3") is None


# Threads


def test_threads_come_out_of_the_listed_run_without_a_request(wire):
    thread = thread_row(70, status=3, **counts(status1_count=3, status2_count=1))
    wire.serve(runs_page([run_row(12, threads=[thread])]), NO_MANUAL_RUNS)
    connector = connected(wire)
    (run,) = connector.runs("1")
    (found,) = connector.threads("1", run)
    assert (found.external_id, found.name) == ("70", "Thread 1")
    assert found.status is RunStatus.FAILED
    assert found.duration_ms == 45_000
    assert found.counts == Counts(passed=3, failed=1)
    assert len(wire.requests) == 2


def test_threads_left_out_of_a_list_are_asked_for(wire):
    listed = run_row(12)
    del listed["threads"]
    wire.serve(runs_page([listed]), NO_MANUAL_RUNS)
    wire.serve(single(RUN_12, run_row(12, threads=[thread_row(70)]), RUN_EXPANDS))
    connector = connected(wire)
    (run,) = connector.runs("1")
    assert [thread.external_id for thread in connector.threads("1", run)] == ["70"]


def test_a_thread_without_a_name_is_named_by_its_index(wire):
    shown = run_row(12, threads=[thread_row(70, name=None, index=2)])
    wire.serve(single(RUN_12, shown, RUN_EXPANDS))
    (thread,) = connected(wire).threads("1", RUN)
    assert thread.name == "Thread 2"


# Rows


def test_a_row_is_read_with_its_source_in_the_key(wire):
    wire.serve(rows_page(12, [row(1)]))
    (found,) = connected(wire).results("1", RUN)
    assert (found.key, found.name) == ("backend:k1", "adds item 1")
    assert (found.folder, found.thread) == ("shop.Cart", "70")
    assert found.executed_at == datetime(2024, 2, 15, 4, 0, 30, tzinfo=UTC)
    assert not found.is_marked_retry


def test_elapsed_is_microseconds_rounded_half_up(wire):
    elapsed = [0, 499, 500, 1_500_500, None, -1, 10**30]
    rows = [row(number, elapsed=value) for number, value in enumerate(elapsed)]
    wire.serve(rows_page(12, rows))
    found = list(connected(wire).results("1", RUN))
    durations = [result.duration_ms for result in found]
    assert durations == [0, 0, 1, 1501, None, None, None]
    assert [bool(result.oddity) for result in found] == [False] * 5 + [True] * 2


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (1, Status.UNKNOWN),
        (2, Status.PASSED),
        (3, Status.FAILED),
        (4, Status.RUNNING),
        (5, Status.UNKNOWN),
    ],
)
def test_the_numbers_of_rows_are_not_ids_of_test_statuses(wire, number, status):
    wire.serve(rows_page(12, [row(1, status=number)]))
    (found,) = connected(wire).results("1", RUN)
    assert (found.status, found.raw_status) == (status, str(number))


def test_neutral_is_unknown_without_an_alarm():
    assert ConnectorForTestmo.quiet_statuses == {"1"}


def test_a_repeated_key_gives_each_of_its_attempts_in_order_of_arrival(wire):
    rows = [row(1, key="same", status=3), row(2, key="same", status=2)]
    wire.serve(rows_page(12, rows))
    found = [result.status for result in connected(wire).results("1", RUN)]
    assert found == [Status.FAILED, Status.PASSED]


def test_a_broken_row_is_rejected_and_the_others_are_read(wire):
    rows = [row(1), row(2, status=None), "no row", row(3, key=["k"])]
    wire.serve(rows_page(12, rows))
    first, *rejects = connected(wire).results("1", RUN)
    assert first.key == "backend:k1"
    assert [(r.where, r.reason.split()[0]) for r in rejects] == [
        ("automation/runs/12/tests row 2", "status"),
        ("automation/runs/12/tests row 3", "the"),
        ("automation/runs/12/tests row 4", "key"),
    ]
    assert [reject.payload for reject in rejects] == rows[1:]


def test_side_fields_of_a_row_cost_themselves(wire):
    odd = {
        "name": None,
        "folder": {},
        "elapsed": "soon",
        "thread_id": [1],
        "created_at": "1970-01-01T00:00:00.000Z",
    }
    wire.serve(rows_page(12, [row(1, status=3, **odd)]))
    (found,) = connected(wire).results("1", RUN)
    assert (found.status, found.key) == (Status.FAILED, "backend:k1")
    assert (found.name, found.folder, found.thread) == ("", "", "")
    assert (found.duration_ms, found.executed_at) == (None, None)
    assert {note.split()[0] for note in found.oddity.split("; ")} == {*odd}


def test_side_fields_of_a_thread_cost_themselves(wire):
    odd = {"name": [], "elapsed": -1, "created_at": "soon", "status1_count": "x"}
    shown = run_row(12, threads=[thread_row(5, **odd)])
    wire.serve(single(RUN_12, shown, RUN_EXPANDS))
    (found,) = connected(wire).threads("1", RUN)
    assert (found.external_id, found.started_at, found.duration_ms) == ("5", None, None)
    assert found.counts.total == 0
    assert {note.split()[0] for note in found.oddity.split("; ")} == {*odd}


def test_long_names_emoji_and_nul_are_kept(wire):
    name = "🦉" * 300 + "\x00"
    wire.serve(rows_page(12, [row(1, name=name)]))
    (found,) = connected(wire).results("1", RUN)
    assert found.name == "🦉" * 300 + "\u2400"


def test_a_page_that_is_not_full_is_the_only_request(wire):
    wire.serve(rows_page(12, [row(number) for number in range(999)]))
    assert len(list(connected(wire).results("1", RUN))) == 999
    assert len(wire.requests) == 1


def test_a_thousand_rows_cost_one_request_and_a_look_behind_them(wire):
    wire.serve(rows_page(12, [row(number) for number in range(1000)]))
    wire.serve(rows_page(12, [row(1000)], number=2, total=1000))
    assert len(list(connected(wire).results("1", RUN))) == 1001
    assert len(wire.requests) == 2


def test_a_page_is_full_with_the_rows_that_testmo_gives_a_page(wire):
    first = runs_page([run_row(12)])
    wire.serve(first.but(body={**first.body, "per_page": 1}), NO_MANUAL_RUNS)
    wire.serve(runs_page([run_row(11)], number=2, total=1))
    assert [run.external_id for run in connected(wire).runs("1")] == ["12", "11"]


def test_rows_that_hide_between_pages_are_found_with_other_pages(wire):
    wire.serve(rows_page(12, [row(1), row(2)], next_page=2, total=4))
    wire.serve(rows_page(12, [row(2), row(4)], number=2, total=4))
    rows = [row(number) for number in (1, 2, 3, 4)]
    wire.serve(rows_page(12, rows, per_page=500))
    found = [result.key for result in connected(wire).results("1", RUN)]
    assert found == ["backend:k1", "backend:k2", "backend:k4", "backend:k3"]


def lacking(page: Callable[..., Answer], rows: list[Any], **more: Any) -> list[Answer]:
    """A list that states one row more than it gives, for each of its readings."""
    total = len(rows) + 1
    return [page(rows, total=total, per_page=n, **more) for n in (100, 50, 25)]


def test_manual_runs_are_read_though_the_list_of_automation_runs_lacks_some(wire):
    wire.serve(*lacking(runs_page, [run_row(12)]), manual_page([manual_row(17)]))
    found = connected(wire).runs("1")
    assert [next(found).external_id, next(found).external_id] == ["12", "manual-17"]
    with pytest.raises(IncompleteListError, match="2 stated, 1 seen"):
        next(found)


def test_of_two_lists_that_lack_runs_the_first_is_told(wire):
    wire.serve(*lacking(runs_page, [run_row(12)]), *lacking(manual_page, []))
    found = connected(wire).runs("1")
    assert next(found).external_id == "12"
    with pytest.raises(IncompleteListError, match="automation/runs: 2 stated, 1 seen"):
        next(found)


def test_tags_lead_to_the_milestones_of_a_list_that_lacks_others(wire):
    tagged = milestone_row(4, automation_tags=["v1-4"])
    runs = [run_row(n, milestone_id=None, tags=["v1-4"]) for n in (12, 11)]
    wire.serve(*lacking(milestones_page, [tagged]), runs_page(runs), NO_MANUAL_RUNS)
    connector = connected(wire)
    with pytest.raises(IncompleteListError):
        list(connector.milestones("1"))
    assert [run.milestones for run in connector.runs("1")] == [("4",), ("4",)]
    assert wire.paths().count(f"{API}/projects/1/milestones") == 3


def test_tags_are_looked_up_in_a_list_of_milestones_that_lacks_some(wire):
    tagged = milestone_row(4, automation_tags=["v1-4"])
    wire.serve(*lacking(milestones_page, [tagged]), NO_MANUAL_RUNS)
    wire.serve(runs_page([run_row(12, milestone_id=None, tags=["v1-4"])]))
    assert [run.milestones for run in connected(wire).runs("1")] == [("4",)]


def test_cases_that_their_list_lacks_go_by_their_number(wire):
    wire.serve(results_page(17, [result_row(1), result_row(2, case_id=22)]), FOLDERS)
    case = {"id": 21, "name": "Pays", "folder_id": 6}
    wire.serve(*lacking(partial(page, CASES.path), [case]))
    found = [result.name for result in connected(wire).results("1", MANUAL_RUN)]
    assert found == ["Pays", "Case 22"]


# Rows or counts


def test_whether_there_are_rows_is_asked_once_and_remembered(wire):
    memory: dict[str, Any] = {}
    wire.serve(runs_page([run_row(12), run_row(11)]), PROBE, NO_MANUAL_RUNS)
    found = list(connected(wire, memory).runs("1"))
    assert {run.detail for run in found} == {Detail.ROWS}
    list(connected(wire, memory).runs("1"))
    assert wire.paths().count(f"{RUN_12}/tests") == 1


@pytest.mark.parametrize("status", [404, 405])
def test_an_instance_without_rows_gives_totals(wire, status):
    memory: dict[str, Any] = {}
    wire.serve(runs_page([run_row(12)]), NO_MANUAL_RUNS, NO_ROWS.but(status=status))
    if status == 404:
        wire.serve(single(RUN_12, run_row(12)))
    connector = connected(wire, memory)
    (run,) = connector.runs("1")
    assert run.detail is Detail.COUNTS
    assert run.vendor_counts == Counts(passed=2)
    assert not run.vendor_counts_are_coarse
    assert list(connector.results("1", run)) == []
    assert memory["automation_rows"]["1"]["readable"] is False


def test_a_run_deleted_under_the_probe_proves_nothing_about_the_others(wire):
    memory: dict[str, Any] = {}
    wire.serve(runs_page([run_row(12), run_row(11)]), NO_MANUAL_RUNS, NO_ROWS)
    wire.serve(single(RUN_12, {}).but(status=404))
    wire.serve(page(f"{API}/automation/runs/11/tests", [row(1)]))
    gone, kept = connected(wire, memory).runs("1")
    assert (gone.detail, kept.detail) == (Detail.COUNTS, Detail.ROWS)
    assert memory["automation_rows"]["1"]["readable"] is True


def lack(age: timedelta) -> dict[str, Any]:
    probed_at = (clock.now() - age).isoformat()
    return {"automation_rows": {"1": {"readable": False, "probed_at": probed_at}}}


def test_an_instance_without_rows_is_not_asked_again_within_a_week(wire):
    wire.serve(runs_page([run_row(12)]), NO_MANUAL_RUNS)
    (run,) = connected(wire, lack(timedelta(days=6, hours=23))).runs("1")
    assert run.detail is Detail.COUNTS


def test_an_instance_without_rows_is_asked_again_after_a_week(wire):
    wire.serve(runs_page([run_row(12)]), NO_MANUAL_RUNS, PROBE)
    memory = lack(timedelta(days=7, hours=1))
    (run,) = connected(wire, memory).runs("1")
    assert run.detail is Detail.ROWS
    assert memory["automation_rows"]["1"]["readable"] is True


@pytest.mark.parametrize("kept", [17, {"readable": False}, {"probed_at": "soon"}])
def test_a_memory_that_cannot_be_read_is_probed_anew(wire, kept):
    wire.serve(runs_page([run_row(12)]), NO_MANUAL_RUNS, PROBE)
    (run,) = connected(wire, {"automation_rows": {"1": kept}}).runs("1")
    assert run.detail is Detail.ROWS


def test_rows_that_vanish_from_an_instance_are_no_removed_results(wire):
    memory = rows_can_be_read()
    wire.serve(rows_page(12, []).but(status=404), single(RUN_12, run_row(12)))
    with pytest.raises(RetryableError, match="no longer gives the rows"):
        list(connected(wire, memory).results("1", RUN))
    assert memory["automation_rows"]["1"]["readable"] is False


def test_rows_of_a_run_deleted_meanwhile_are_missing(wire):
    memory = rows_can_be_read()
    wire.serve(rows_page(12, []).but(status=404), single(RUN_12, {}).but(status=404))
    with pytest.raises(MissingError, match="no longer has the automation run 12"):
        list(connected(wire, memory).results("1", RUN))
    assert memory["automation_rows"]["1"]["readable"] is True


def test_a_run_with_neither_rows_nor_totals_is_rejected(wire):
    shown = run_row(12)
    for name in counts():
        del shown[name]
    wire.serve(runs_page([shown]), NO_MANUAL_RUNS)
    (reject,) = connected(wire, lack(timedelta())).runs("1")
    assert isinstance(reject, Reject)
    assert "untested_count" in reject.reason


# Manual runs


def test_manual_runs_follow_automation_runs_under_ids_of_their_own(wire):
    wire.serve(runs_page([run_row(17)]), manual_page([manual_row(17)]))
    automated, manual = connected(wire).runs("1")
    assert (automated.external_id, manual.external_id) == ("17", "manual-17")
    assert manual.kind is RunKind.MANUAL
    assert (manual.configuration, manual.milestones) == ("Firefox, Linux", ("3",))
    assert manual.configuration_id == "9"
    assert manual.started_at == datetime(2024, 2, 14, 9, tzinfo=UTC)
    assert manual.finished_at == datetime(2024, 2, 14, 17, tzinfo=UTC)
    assert manual.vendor_counts == Counts(passed=1)
    assert not manual.vendor_counts_are_coarse


def test_a_closed_manual_run_takes_its_status_from_its_results(wire):
    wire.serve(single(f"{API}/runs/17", manual_row(17), MANUAL_EXPANDS))
    run = connected(wire).run("1", "manual-17")
    assert isinstance(run, RunRecord)
    assert run.status_from_results
    assert not run.is_open
    assert run.status is RunStatus.UNKNOWN


def test_an_open_manual_run_is_running(wire):
    shown = manual_row(17, is_closed=False, closed_at=None)
    wire.serve(single(f"{API}/runs/17", shown, MANUAL_EXPANDS))
    run = connected(wire).run("1", "manual-17")
    assert isinstance(run, RunRecord)
    assert run.is_open
    assert run.status is RunStatus.RUNNING
    assert not run.status_from_results


def test_a_deleted_manual_run_does_not_exist(wire):
    wire.serve(single(f"{API}/runs/17", {}, MANUAL_EXPANDS).but(status=404))
    assert connected(wire).run("1", "manual-17") is None


def test_manual_results_are_attempts_named_from_the_repository(wire):
    rows = [
        result_row(1, status_id=3, is_latest=False, note="total is wrong"),
        result_row(2, created_at="2024-02-14T12:00:00.000Z"),
    ]
    wire.serve(results_page(17, rows), CASES, FOLDERS)
    first, second = connected(wire).results("1", MANUAL_RUN)
    assert (first.key, first.name, first.folder) == (
        "case:21",
        "Pays",
        "Shop / Checkout",
    )
    assert (first.status, first.message) == (Status.FAILED, "total is wrong")
    assert (second.status, second.raw_status) == (Status.PASSED, "Passed")
    assert second.key == first.key


def test_custom_statuses_of_manual_results_go_by_their_flags(wire):
    rows = [result_row(1, status_id=7), result_row(2, status_id=8)]
    rows.append(result_row(3, status_id=25))
    wire.serve(results_page(17, rows), CASES, FOLDERS)
    found = [(r.status, r.raw_status) for r in connected(wire).results("1", MANUAL_RUN)]
    assert found == [
        (Status.PASSED, "Passed by hand"),
        (Status.UNKNOWN, "To be discussed"),
        (Status.UNKNOWN, "25"),
    ]


def test_the_names_of_cases_are_read_once_for_all_runs(wire):
    wire.serve(results_page(17, [result_row(1)]), CASES, FOLDERS)
    connector = connected(wire)
    list(connector.results("1", MANUAL_RUN))
    list(connector.results("1", MANUAL_RUN))
    assert wire.paths().count(CASES.path) == 1


def test_cases_of_an_instance_that_does_not_name_them_go_by_their_number(wire):
    wire.serve(results_page(17, [result_row(1)]))
    wire.serve(CASES.but(status=404), FOLDERS.but(status=405))
    (found,) = connected(wire).results("1", MANUAL_RUN)
    assert (found.name, found.folder) == ("Case 21", "")


def test_folders_in_a_circle_end(wire):
    circle = [
        {"id": 5, "name": "Shop", "parent_id": 6},
        {"id": 6, "name": "Checkout", "parent_id": 5},
    ]
    wire.serve(results_page(17, [result_row(1)]), CASES, page(FOLDERS.path, circle))
    (found,) = connected(wire).results("1", MANUAL_RUN)
    assert found.folder.endswith("Shop / Checkout")


def test_results_taken_back_and_comments_are_no_executions(wire):
    rows = [
        result_row(1, deleted_at="2024-02-14T13:00:00.000Z"),
        result_row(2, status_id=None, note="asking Kim"),
        result_row(3),
    ]
    wire.serve(results_page(17, rows), CASES, FOLDERS)
    connector = connected(wire)
    assert len(list(connector.results("1", MANUAL_RUN))) == 1
    assert connector.notes() == ["Round: 1 entry without a status was left out."]


@pytest.mark.parametrize("name", ["case_id", "status_id"])
def test_a_manual_result_without_a_required_key_is_rejected(wire, name):
    broken = result_row(1)
    del broken[name]
    wire.serve(results_page(17, [broken]))
    (reject,) = connected(wire).results("1", MANUAL_RUN)
    assert isinstance(reject, Reject)
    assert reject.reason.startswith(name)


@pytest.mark.parametrize(
    ("unit", "run_ms", "row_ms"),
    [
        ("", None, None),
        ("unknown", None, None),
        ("microseconds", 0, 0),
        ("milliseconds", 300, 120),
        ("seconds", 300_000, 120_000),
    ],
)
def test_manual_durations_stay_unknown_until_their_unit_is_declared(
    wire, unit, run_ms, row_ms
):
    wire.serve(single(f"{API}/runs/17", manual_row(17), MANUAL_EXPANDS))
    wire.serve(results_page(17, [result_row(1)]), CASES, FOLDERS)
    connector = connected(wire, manual_elapsed_unit=unit)
    run = connector.run("1", "manual-17")
    assert isinstance(run, RunRecord)
    (found,) = connector.results("1", run)
    assert (run.duration_ms, found.duration_ms) == (run_ms, row_ms)


def test_threads_that_are_no_list_cost_themselves(wire):
    wire.serve(single(RUN_12, run_row(12, threads="x"), RUN_EXPANDS))
    (note,) = connected(wire).threads("1", RUN)
    assert isinstance(note, Reject)
    assert (note.is_stored, note.payload) == (True, "x")
    assert note.reason == "threads is a text ('x'), not a list: left out"


def test_manual_runs_have_no_threads(wire):
    assert list(connected(wire).threads("1", MANUAL_RUN)) == []
    assert wire.requests == []


@pytest.mark.parametrize("status", [404, 405])
def test_an_instance_without_manual_runs_still_gives_the_others(wire, status):
    wire.serve(runs_page([run_row(12)]), NO_MANUAL_RUNS.but(status=status))
    connector = connected(wire)
    assert [run.external_id for run in connector.runs("1")] == ["12"]
    assert connector.notes() == ["This Testmo does not give manual runs."]


# The wire


def test_a_pause_without_a_length_lasts_a_minute(wire, clock: Clock):
    wire.serve(PROJECTS.but(status=429, body={"message": "Too many"}), PROJECTS)
    assert len(list(connected(wire).projects())) == 1
    assert clock.naps == [60.0]


def test_an_id_with_a_slash_leads_nowhere_else(wire):
    path = f"{API}/projects/..%2Fusers/milestones"
    wire.serve(milestones_page([]).but(path=path, status=404))
    with pytest.raises(MissingError):
        list(connected(wire).milestones("../users"))
