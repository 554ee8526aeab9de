"""Testomat.io's testruns: suites, keys, words, units, odd rows."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.contract import (
    IncompleteListError,
    Reject,
    ResultRecord,
    RunRecord,
    RunStatus,
    Status,
)
from tests.ingest.recordings.testomatio import (
    CLASSIC,
    PROJECT,
    RUN,
    TEST,
    TREE,
    classic_one,
    classic_page,
    classic_run,
    classic_runs,
    classic_testrun,
    classic_testruns,
    log_in,
    resource,
    suite_node,
    v2_page,
    v2_testrun,
)
from tests.ingest.test_testomatio.connected import (
    LISTED,
    classic,
    classic_suites,
    connect,
    one_v2_result,
    v2_results,
)
from tests.ingest.wire import Wire

# Suites


def test_nested_suites_become_full_paths_and_are_walked_once(wire: Wire):
    def suite(suite_id: str, title: str, *below: str) -> Any:
        children = [{"id": child, "type": "suite"} for child in below]
        return resource("suite", suite_id, related={"children": children}, title=title)

    # "Deep" claims the root as its child: the walk must end and the path stay whole.
    nodes = [suite("a", "A", "b"), suite("b", "B", "c"), suite("c", "Deep", "a")]
    wire.serve(classic_page("suites", [nodes[0]], last=2))
    wire.serve(classic_page("suites", [suite("z", "Z")], number=2, last=2))
    wire.serve(*(classic_one(f"suites/{node['id']}", node) for node in nodes))
    wire.serve(classic_one("suites/z", suite("z", "Z")))
    row = classic_testrun(test={"id": TEST, "title": "Log in", "suite_id": "c"})
    wire.serve(classic_testruns([row]))
    connector = classic(wire)
    for _ in range(2):
        (result,) = connector.results(PROJECT, LISTED)
        assert isinstance(result, ResultRecord)
        assert result.folder == "A / B / Deep"
        assert result.name_key == "A / B / Deep / Log in"
    assert wire.paths().count(f"{CLASSIC}/suites/a") == 1


def test_a_suite_without_suites_is_opened_only_to_see_its_tests(wire: Wire):
    leaf = resource("suite", "c", title="Login", file_type="file")
    wire.serve(
        classic_suites(leaf),
        classic_testruns(
            [
                classic_testrun(
                    test={"id": TEST, "title": "Log in", "suite-title": "Login"}
                )
            ]
        ),
    )
    (result,) = classic(wire).results(PROJECT, LISTED)
    assert isinstance(result, ResultRecord)
    assert result.folder == "Login"
    wire.forget()
    tests = {"tests": [{"id": TEST, "type": "test"}]}
    whole = resource("suite", "c", related=tests, title="Login", file_type="file")
    wire.serve(classic_suites(leaf), classic_one("suites/c", whole))
    wire.serve(
        classic_testruns([classic_testrun(test={"id": TEST, "title": "Log in"})])
    )
    (result,) = classic(wire).results(PROJECT, LISTED)
    assert isinstance(result, ResultRecord)
    assert result.folder == "Login"


def test_a_suite_title_that_two_suites_share_is_settled_by_the_test(wire: Wire):
    tree = [
        suite_node("a", "Web", suite_node("a1", "Login")),
        suite_node("b", "App", suite_node("b1", "Login")),
    ]
    wire.serve(v2_page("tests", [{"id": TEST, "suite_id": "b1"}]))
    known, unknown = v2_results(
        wire, v2_testrun(11), v2_testrun(12, test_id="unknown1"), tree=tree
    )
    assert known.folder == "App / Login"
    assert unknown.folder == "Login"


def test_suites_that_cannot_be_read_leave_the_last_title_and_a_note(wire: Wire):
    wire.serve(log_in(), classic_testruns([]))
    wire.serve(v2_page("testruns", [v2_testrun()], run_id=RUN))
    wire.serve(v2_page("suites", []).but(status=404))
    wire.serve(v2_page("tests", []).but(status=404))
    connector = connect(wire, api="v2")
    (result,) = connector.results(PROJECT, LISTED)
    assert isinstance(result, ResultRecord)
    assert result.folder == "Login"
    assert len(connector.notes()) == 2


@pytest.mark.parametrize("api", ["classic", "v2"])
def test_suites_of_a_list_that_lacks_others_name_folders_all_the_same(
    wire: Wire, api: str
):
    if api == "v2":
        wire.serve(log_in(), classic_testruns([]))
        wire.serve(v2_page("testruns", [v2_testrun()], run_id=RUN))
        for size in (100, 50, 25):
            wire.serve(v2_page("suites", TREE, total=2, size_asked=size))
        connector = connect(wire, api="v2")
    else:
        login = resource("suite", "5u17e0c0", title="Login")
        wire.serve(classic_testruns([classic_testrun()]))
        wire.serve(classic_page("suites", [login], total=2))
        wire.serve(classic_one("suites/5u17e0c0", login))
        connector = classic(wire)
    (result,) = connector.results(PROJECT, LISTED)
    assert isinstance(result, ResultRecord)
    assert result.folder == ("Shop / Login" if api == "v2" else "Login")
    (note,) = connector.notes()
    assert note == "shop: the suites cannot be read, so folders are partial."


# Results


def test_a_case_is_its_test_id_or_its_path_and_title_which_the_id_takes_over(
    wire: Wire,
):
    by_id, by_name = v2_results(wire, v2_testrun(11), v2_testrun(12, test_id=None))
    assert (by_id.key, by_id.folder) == (TEST, "Shop / Login")
    assert by_name.key == by_id.name_key == "Shop / Login / Log in"
    assert by_name.name_key == ""


@pytest.mark.parametrize(
    ("example", "ending"),
    [
        (["chrome", 2, True], " [chrome, 2, true]"),
        ({"size": 2, "browser": "chrome"}, " [chrome, 2]"),
        (["a, b", "c"], ' ["a, b", c]'),
        (["a", "b, c"], ' [a, "b, c"]'),
        (["", None], ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_example_of_a_parametrised_test_is_a_part_of_its_key(
    wire: Wire, example: Any, ending: str
):
    test = {"id": TEST, "title": "Log in", "params": ["browser", "size"]}
    wire.serve(classic_testruns([classic_testrun(example=example, test=test)]))
    wire.serve(classic_suites())
    (result,) = classic(wire).results(PROJECT, LISTED)
    assert isinstance(result, ResultRecord)
    assert (result.key, result.name) == (f"{TEST}{ending}", f"Log in{ending}")
    assert result.name_key == f"Log in{ending}"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("passed", Status.PASSED),
        ("failed", Status.FAILED),
        ("skipped", Status.SKIPPED),
        ("pending", Status.UNTESTED),
        (None, Status.UNTESTED),
        ("known issue", Status.UNKNOWN),
    ],
)
def test_the_word_of_a_testrun_is_read_as_documented(
    wire: Wire, word: str | None, status: Status
):
    result = one_v2_result(wire, status=word, substatus="flaky infrastructure")
    assert (result.status, result.raw_status) == (status, word or "")


def test_testruns_come_out_in_the_order_of_execution(wire: Wire):
    rows = [v2_testrun(n, status=w) for n, w in ((9, "failed"), (10, "passed"))]
    results = v2_results(wire, *reversed(rows))
    assert [result.status for result in results] == [Status.FAILED, Status.PASSED]


def test_run_time_is_in_milliseconds_and_a_testrun_has_no_time_of_its_own(wire: Wire):
    result = one_v2_result(wire, run_time=0.5)
    assert (result.duration_ms, result.executed_at) == (1, None)
    assert result.vendor_url == "https://there/runs/1/test/11"
    assert not result.is_marked_retry


def test_an_impossible_run_time_costs_the_duration_only(wire: Wire):
    result = one_v2_result(wire, run_time=-41)
    assert (result.status, result.duration_ms) == (Status.PASSED, None)
    assert "below zero" in result.oddity


@pytest.mark.parametrize(
    ("message", "stack", "text"),
    [
        ("boom", "at login.js:3", "boom\n\nat login.js:3"),
        ("boom", "Error: boom\n at login.js:3", "Error: boom\n at login.js:3"),
        (None, "at login.js:3", "at login.js:3"),
        ("boom", None, "boom"),
        (None, None, ""),
    ],
)
def test_message_and_stack_become_one_message(
    wire: Wire, message: Any, stack: Any, text: str
):
    assert one_v2_result(wire, message=message, stack=stack).message == text


def test_a_message_of_megabytes_is_read_whole(wire: Wire):
    message = "tile 17 missing\n" * 180_000
    assert one_v2_result(wire, message=message).message == message


def test_odd_names_are_kept_whole(wire: Wire):
    title = "🦉" * 300
    result = one_v2_result(wire, test_title=title, message="a\x00b")
    assert (result.name, result.message) == (title, "a\u2400b")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (None, "the row is missing"),
        (v2_testrun(12, test_title=None, test_id=None), "test_title is missing"),
        (v2_testrun(12, test_id="b2", status=["passed"]), "status is a list"),
        ({"id": 12, "test_title": "Log in"}, "status is missing"),
    ],
)
def test_a_malformed_testrun_is_kept_as_a_reject_beside_the_others(
    wire: Wire, row: Any, reason: str
):
    found = v2_results(wire, v2_testrun(11), row)
    (reject,) = [one for one in found if isinstance(one, Reject)]
    assert reason in reject.reason
    assert reject.payload == row
    assert len(found) == 2


def test_a_malformed_run_is_kept_as_a_reject_beside_the_others(wire: Wire):
    broken = classic_run("b", status=["passed"])
    wire.serve(classic_runs([broken, classic_run()]))
    first, second = classic(wire).runs(PROJECT)
    assert isinstance(first, Reject)
    assert "status is a list" in first.reason
    assert isinstance(second, RunRecord)


# A list that lacks rows


def test_the_rows_that_came_are_told_before_what_is_missing(wire: Wire):
    wire.serve(classic_page("testruns", [classic_testrun()], total=2, run_id=RUN))
    wire.serve(classic_suites())
    results = classic(wire).results(PROJECT, LISTED)
    assert isinstance(next(results), ResultRecord)
    with pytest.raises(IncompleteListError, match="2 stated, 1 seen"):
        next(results)


def test_rows_that_hide_between_pages_come_out_in_their_order(wire: Wire):
    first, second, third = (v2_testrun(n, test_id=f"{n:08}") for n in (11, 12, 13))
    pages = [([first, third], 1), ([third], 2)]
    for rows, number in pages:
        wire.serve(
            v2_page("testruns", rows, number=number, total=3, per_page=2, run_id=RUN)
        )
    whole = [first, second, third]
    wire.serve(log_in(), classic_testruns([]))
    wire.serve(v2_page("testruns", whole, per_page=50, size_asked=50, run_id=RUN))
    wire.serve(v2_page("suites", TREE))
    found = connect(wire, api="v2").results(PROJECT, LISTED)
    keys = [result.key for result in found if isinstance(result, ResultRecord)]
    assert keys == ["00000011", "00000012", "00000013"]


def test_side_fields_of_a_run_cost_themselves(wire: Wire):
    odd = {
        "title": {},
        "env": {"os": "Windows"},
        "passed": "many",
        "launched_at": "2026-02-28 10:00:00",
        "created_at": "2099-01-01T00:00:00Z",
        "finished_at": [],
        "duration": "1.204,5",
    }
    wire.serve(classic_runs([classic_run("b", status="failed", **odd)]))
    (run,) = classic(wire).runs(PROJECT)
    assert isinstance(run, RunRecord)
    assert (run.name, run.status, run.configuration) == ("Run b", RunStatus.FAILED, "")
    assert (run.started_at, run.finished_at, run.duration_ms) == (None, None, None)
    assert run.vendor_counts is None
    assert {note.split()[0] for note in run.oddity.split("; ")} == {*odd}
    assert "a time without a zone: time unknown" in run.oddity


def test_side_fields_of_a_testrun_cost_themselves(wire: Wire):
    odd = {"test_title": ["x"], "run_time": "1.5 s", "executed_at": "28/11/2026"}
    result = one_v2_result(wire, status="failed", message={"message": "no"}, **odd)
    assert (result.key, result.name, result.status) == (TEST, "", Status.FAILED)
    assert (result.duration_ms, result.executed_at) == (None, None)
    assert result.message == "no"
    assert {note.split()[0] for note in result.oddity.split("; ")} == {*odd}
