"""Which of Testomat.io's two APIs reads a project, and what v2 leaves out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.contract import (
    ConfigError,
    Counts,
    IncompleteListError,
    ListedRun,
    PayloadError,
    ResultRecord,
    RetryableError,
    RunRecord,
    RunStatus,
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
    v2_one,
    v2_page,
    v2_run,
    v2_testrun,
)
from tests.ingest.records import read_runs
from tests.ingest.test_testomatio.connected import (
    DENIED,
    LISTED,
    classic,
    classic_suites,
    connect,
    days_ago,
    one_classic_run,
    one_v2_result,
    one_v2_run,
    probe,
    v2_results,
)
from tests.ingest.wire import Clock, Wire

# Which API


def test_auto_remembers_for_a_week_that_v2_reads_a_project(wire: Wire):
    memory: dict[str, Any] = {}
    wire.serve(probe(), v2_page("runs", [v2_run()]))
    assert len(list(connect(wire, memory=memory).runs(PROJECT))) == 1
    wire.forget()
    wire.serve(v2_page("runs", [v2_run()]))
    assert len(list(connect(wire, memory=memory).runs(PROJECT))) == 1
    memory["apis"][PROJECT]["probed_at"] = days_ago(8)
    wire.forget()
    wire.serve(probe(), v2_page("runs", []))
    assert list(connect(wire, memory=memory).runs(PROJECT)) == []
    assert memory["apis"][PROJECT]["probed_at"] > days_ago(1)


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": 401, "body": {"error": "Invalid or paused token"}},
        DENIED,
        {"status": 404, "body": {"error": "not found"}},
        {"body": {"data": []}},
        {"raw": b"<html>"},
    ],
)
def test_auto_takes_the_classic_api_where_v2_cannot_be_read(
    wire: Wire, refusal: dict[str, Any]
):
    memory: dict[str, Any] = {}
    wire.serve(probe(**refusal), log_in(), classic_runs([classic_run()]))
    connector = connect(wire, memory=memory)
    (run,) = connector.runs(PROJECT)
    assert isinstance(run, RunRecord)
    assert memory["apis"][PROJECT]["api"] == "classic"
    assert "classic API" in connector.notes()[0]


@pytest.mark.parametrize("memory", [{"apis": 7}, {"apis": {PROJECT: {"api": "v2"}}}])
def test_a_memory_that_says_nothing_is_asked_for_anew(
    wire: Wire, memory: dict[str, Any]
):
    wire.serve(probe(), v2_page("runs", []))
    assert list(connect(wire, memory=memory).runs(PROJECT)) == []


def test_trouble_that_may_pass_decides_nothing_about_the_api(wire: Wire, clock: Clock):
    memory: dict[str, Any] = {}
    wire.serve(probe(status=503))
    with pytest.raises(RetryableError):
        list(connect(wire, memory=memory).runs(PROJECT))
    assert not memory.get("apis")


def test_a_403_of_v2_stops_this_project_only_and_is_doubted_next_time(wire: Wire):
    memory = {"apis": {PROJECT: {"api": "v2", "probed_at": days_ago(1)}}}
    wire.serve(v2_page("runs", []).but(**DENIED))
    with pytest.raises(PayloadError, match="archived"):
        list(connect(wire, memory=memory).runs(PROJECT))
    assert memory == {"apis": {}}


def test_a_401_of_v2_stops_the_connection(wire: Wire):
    wire.serve(v2_page("runs", []).but(status=401, body={"error": "paused token"}))
    with pytest.raises(ConfigError):
        list(connect(wire, api="v2").runs(PROJECT))


def test_both_apis_tell_the_same_run_and_the_same_case(wire: Wire):
    found = one_classic_run(wire, title="Nightly")
    wire.serve(classic_testruns([classic_testrun()]))
    wire.serve(classic_suites(resource("suite", "5u17e0a0", title="Shop")))
    children = {"children": [{"id": "5u17e0c0", "type": "suite"}]}
    shop = resource("suite", "5u17e0a0", related=children, title="Shop")
    login = resource("suite", "5u17e0c0", title="Login")
    wire.serve(classic_one("suites/5u17e0a0", shop))
    wire.serve(classic_one("suites/5u17e0c0", login))
    (by_classic,) = classic(wire).results(PROJECT, found)
    wire.forget()
    row = v2_run(finished_at="2026-03-26T10:10:05Z", total_tests=3, branch=None)
    assert one_v2_run(wire, row) == found
    wire.forget()
    wire.serve(log_in(), classic_testruns([classic_testrun()]))
    wire.serve(v2_page("testruns", [v2_testrun()], run_id=RUN), v2_page("suites", TREE))
    assert list(connect(wire, api="v2").results(PROJECT, found)) == [by_classic]


# What v2 leaves out


OLD_RUN = {
    "id": RUN,
    "type": "run",
    "cleanTitle": "Nightly",
    "kind": "automated",
    "rungroupId": None,
    "env": "Chrome, Windows",
}


def test_a_v2_run_of_the_old_naming_is_completed_by_the_classic_api(wire: Wire):
    wire.serve(v2_page("runs", [OLD_RUN]), v2_one(f"runs/{RUN}", OLD_RUN))
    wire.serve(log_in(), classic_one(f"runs/{RUN}", classic_run()))
    (run,) = read_runs(connect(wire, api="v2"), PROJECT)
    assert isinstance(run, RunRecord)
    assert (run.name, run.status, run.duration_ms) == (
        "Nightly",
        RunStatus.FAILED,
        600_250,
    )
    assert run.vendor_counts == Counts(passed=1, failed=1, untested=1)


# A later naming: all but the end of a run that has ended.
ENDLESS_RUN = v2_run(finished_at=None, duration=None)


def test_a_run_told_in_part_is_only_listed_and_costs_no_request(wire: Wire):
    wire.serve(v2_page("runs", [OLD_RUN, v2_run("cabd4223")]))
    listed, whole = connect(wire, api="v2").runs(PROJECT)
    assert listed == ListedRun(external_id=RUN)
    assert isinstance(whole, RunRecord)
    assert (whole.external_id, whole.version) == ("cabd4223", "")
    assert len(wire.requests) == 1


def test_a_run_told_in_part_has_the_version_of_its_row_in_the_list(wire: Wire):
    wire.serve(v2_page("runs", [ENDLESS_RUN]), v2_one(f"runs/{RUN}", ENDLESS_RUN))
    wire.serve(log_in(), classic_one(f"runs/{RUN}", classic_run()))
    connector = connect(wire, api="v2")
    (listed,) = connector.runs(PROJECT)
    assert isinstance(listed, ListedRun)
    run = connector.run(PROJECT, RUN)
    assert isinstance(run, RunRecord)
    assert listed.version
    assert run.version == listed.version
    assert run.finished_at == datetime(2026, 3, 26, 10, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "passed"},
        {"title": "Weekly"},
        {"passed_count": 2},
        {"failed_count": 0},
        {"launched_at": "2026-03-26T10:00:06.000Z"},
        {"rungroup_id": "g1r2o3u4"},
    ],
)
def test_a_run_told_in_part_has_another_version_when_its_row_changed(
    wire: Wire, change: dict[str, Any]
):
    def listed(row: dict[str, Any]) -> ListedRun:
        wire.forget()
        wire.serve(v2_page("runs", [row]))
        (found,) = connect(wire, api="v2").runs(PROJECT)
        assert isinstance(found, ListedRun)
        return found

    turned = dict(reversed(ENDLESS_RUN.items()))
    assert listed(ENDLESS_RUN) == listed(turned)
    assert listed(ENDLESS_RUN | change).version != listed(ENDLESS_RUN).version


def test_a_project_token_leaves_the_gap_and_a_note(wire: Wire):
    rows = [OLD_RUN, OLD_RUN | {"id": "cabd4223"}]
    wire.serve(log_in().but(status=401, body={"error": "no"}), v2_page("runs", rows))
    wire.serve(*(v2_one(f"runs/{row['id']}", row) for row in rows))
    connector = connect(wire, api="v2")
    found = list(read_runs(connector, PROJECT))
    assert len(found) == 2
    for run in found:
        assert isinstance(run, RunRecord)
        assert (run.status, run.started_at) == (RunStatus.UNKNOWN, None)
        assert run.status_from_results
    assert len(connector.notes()) == 1
    assert wire.paths().count("/api/login") == 1


def test_the_old_and_the_new_names_of_a_testrun_read_the_same(wire: Wire):
    old = {
        "id": 11,
        "type": "testrun",
        "testTitle": "Log in",
        "message": "boom",
        "status": "failed",
        "substatus": None,
        "runTime": 1234,
        "runId": RUN,
        "testId": f"@T{TEST}",
    }
    tests = [{"id": f"@T{TEST}", "suiteId": "@S5u17e0c0"}]
    wire.serve(v2_page("tests", tests))
    (by_old,) = v2_results(wire, old)
    wire.forget()
    assert by_old == one_v2_result(wire, status="failed", message="boom")
    assert by_old.folder == "Shop / Login"


def test_examples_that_v2_hides_are_taken_from_the_classic_api(wire: Wire):
    wire.serve(
        log_in(),
        classic_testruns(
            [
                classic_testrun(11, example=["chrome"]),
                classic_testrun(12, example=["edge"]),
            ]
        ),
    )
    rows = v2_results(wire, v2_testrun(11), v2_testrun(12))
    assert [row.key for row in rows] == [f"{TEST} [chrome]", f"{TEST} [edge]"]


def keys_of(connector: Any, run: RunRecord) -> list[str]:
    rows = list(connector.results(PROJECT, run))
    return [row.key for row in rows if isinstance(row, ResultRecord)]


def test_one_example_alone_in_a_run_is_still_that_example(wire: Wire):
    wire.serve(log_in(), classic_testruns([classic_testrun(11, example=["chrome"])]))
    (row,) = v2_results(wire, v2_testrun(11))
    assert (row.key, row.name) == (f"{TEST} [chrome]", "Log in [chrome]")


def test_a_plain_repeat_hides_no_examples_of_other_runs(wire: Wire):
    wire.serve(log_in(), v2_page("suites", TREE))
    plain = [classic_testrun(11), classic_testrun(12)]
    sorted_ = [classic_testrun(13, example=["asc"]), classic_testrun(14)]
    connector = connect(wire, api="v2")
    told = []
    for run_id, rows in (("a1", plain), ("a2", sorted_)):
        mine = [v2_testrun(int(row["id"])) for row in rows]
        of_run = {"run_id": run_id}
        wire.serve(v2_page("testruns", mine, **of_run))
        wire.serve(classic_page("testruns", rows, **of_run))
        told.append(keys_of(connector, replace(LISTED, external_id=run_id)))
    assert told == [[TEST, TEST], [f"{TEST} [asc]", TEST]]
    assert wire.paths().count(f"{CLASSIC}/testruns") == 2


def test_examples_of_a_list_that_lacks_others_are_told_before_that(wire: Wire):
    row = classic_testrun(11, example=["chrome"])
    wire.serve(log_in(), classic_page("testruns", [row], total=2, run_id=RUN))
    wire.serve(v2_page("testruns", [v2_testrun(11), v2_testrun(12)], run_id=RUN))
    wire.serve(v2_page("suites", TREE))
    results = connect(wire, api="v2").results(PROJECT, LISTED)
    told = [next(results) for _ in range(2)]
    assert [r.key for r in told if isinstance(r, ResultRecord)] == [
        f"{TEST} [chrome]",
        TEST,
    ]
    with pytest.raises(IncompleteListError, match="2 stated, 1 seen"):
        next(results)


def test_examples_that_v2_names_are_taken_as_they_are(wire: Wire):
    rows = [v2_testrun(11, example=["chrome"]), v2_testrun(12)]
    assert [row.key for row in v2_results(wire, *rows)] == [f"{TEST} [chrome]", TEST]
    assert not wire.paths().count(f"{CLASSIC}/testruns")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 401, "body": {}},
        {"status": 404, "body": {}},
        {"raw": b"<html></html>"},
    ],
)
def test_a_key_that_cannot_log_in_reads_without_examples_and_says_so(
    wire: Wire, answer: dict[str, Any]
):
    wire.serve(log_in().but(**answer), v2_page("suites", TREE))
    wire.serve(v2_page("testruns", [v2_testrun(11)], run_id=RUN))
    connector = connect(wire, api="v2")
    for _ in range(2):
        assert keys_of(connector, LISTED) == [TEST]
    (note,) = connector.notes()
    assert "always the examples of parametrised tests" in note
    assert wire.paths().count("/api/login") == 1
