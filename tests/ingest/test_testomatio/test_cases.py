"""Testomat.io's own list of tests: keys, folders, and what a milestone holds."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.contract import (
    CaseRecord,
    IncompleteListError,
    MilestoneRecord,
    PayloadError,
    Reject,
)
from ingest.http import UnsupportedError
from tests.ingest.recordings.testomatio import (
    PROJECT,
    TEST,
    TREE,
    V2,
    classic_one,
    resource,
    suite_node,
    v2_page,
    v2_test,
    v2_testrun,
)
from tests.ingest.test_testomatio.connected import (
    DENIED,
    classic,
    classic_suites,
    connect,
    v2_results,
)
from tests.ingest.wire import Answer, Wire

SPRINT = MilestoneRecord(external_id="sprint-12", name="Sprint 12")


def v2_cases(wire: Wire, *rows: Any) -> list[Any]:
    wire.serve(v2_page("suites", TREE), v2_page("tests", list(rows)))
    return list(connect(wire, api="v2").cases(PROJECT))


def queried(title: str, rows: list[Any], **page: Any) -> Answer:
    return v2_page("tests", rows, tql=f"milestone == '{title}'", **page)


def nobodys(*rows: Any) -> Answer:
    """The question whether queries are read at all."""
    body = {"data": list(rows), "meta": {"total": len(rows), "page": 1, "per_page": 1}}
    query = {
        "page": "1",
        "per_page": "1",
        "tql": "milestone == 'no milestone is called so 5f1d0c'",
    }
    return Answer(path=f"{V2}/tests", query=query, body=body)


def test_a_listed_test_has_the_key_and_folder_of_its_results(wire: Wire):
    (case,) = v2_cases(wire, v2_test())
    assert case == CaseRecord(
        key=TEST,
        name="Log in",
        folder="Shop / Login",
        name_key="Shop / Login / Log in",
    )
    wire.forget()
    (result,) = v2_results(wire, v2_testrun())
    assert (result.key, result.name, result.folder, result.name_key) == (
        case.key,
        case.name,
        case.folder,
        case.name_key,
    )


@pytest.mark.parametrize(
    "row",
    [
        v2_test(f"@T{TEST}"),
        v2_test(title=None, clean_title="Log in"),
        v2_test(suite_id=None, suite={"id": "@S5u17e0c0", "title": "Login"}),
        resource("tests", TEST, title="Log in", suite_id="5u17e0c0"),
    ],
)
def test_other_spellings_are_the_same_test(wire: Wire, row: Any):
    (case,) = v2_cases(wire, row)
    assert (case.key, case.name, case.folder) == (TEST, "Log in", "Shop / Login")


def test_signs_in_titles_are_left_out_as_they_are_of_results(wire: Wire):
    tree = [suite_node("5u17e0c0", "Login @S5u17e0c0")]
    title = f"Log in @T{TEST}"
    wire.serve(v2_page("suites", tree), v2_page("tests", [v2_test(title=title)]))
    (case,) = connect(wire, api="v2").cases(PROJECT)
    wire.forget()
    row = v2_testrun(test_title=title, suite_title="Login @S5u17e0c0")
    (result,) = v2_results(wire, row, tree=tree)
    assert (
        (case.name, case.folder) == (result.name, result.folder) == ("Log in", "Login")
    )
    assert case.name_key == result.name_key


def test_a_suite_that_nobody_lists_is_named_as_far_as_the_test_does(wire: Wire):
    lost, named = v2_cases(
        wire,
        v2_test(suite_id="gone0000"),
        v2_test("b1b2c3d4", suite_id=None, suite_title="Basket"),
    )
    assert (lost.folder, lost.name_key) == ("", "Log in")
    assert (named.folder, named.name_key) == ("Basket", "Basket / Log in")


@pytest.mark.parametrize("row", [None, 7, [], "a", {}, v2_test([1]), v2_test(None)])
def test_a_row_that_is_no_test_is_a_reject(wire: Wire, row: Any):
    broken, case = v2_cases(wire, row, v2_test())
    assert isinstance(broken, Reject)
    assert case.key == TEST


def test_a_test_without_a_title_has_none(wire: Wire):
    (case,) = v2_cases(wire, v2_test(title={"a": 1}))
    assert (case.key, case.name, case.name_key) == (TEST, "", "")


def test_a_list_that_lacks_rows_says_so_behind_the_last(wire: Wire):
    wire.serve(v2_page("suites", TREE))
    for size in (100, 50, 25):
        page = v2_page("tests", [v2_test()], total=2, per_page=size, size_asked=size)
        wire.serve(page, must_be_used=False)
    found = connect(wire, api="v2").cases(PROJECT)
    assert isinstance(next(found), CaseRecord)
    with pytest.raises(IncompleteListError, match="2 stated, 1 seen"):
        list(found)


def test_a_result_with_parameters_knows_the_test_that_is_listed(wire: Wire):
    plain, chrome = v2_results(wire, v2_testrun(), v2_testrun(12, example=["chrome"]))
    assert (plain.key, plain.listed_key) == (TEST, "")
    assert (chrome.key, chrome.listed_key) == (f"{TEST} [chrome]", TEST)


# The classic API


def classic_suite(suite: str, title: str, *tests: str, **more: Any) -> dict[str, Any]:
    refs = [{"id": test, "type": "tests"} for test in tests]
    return resource("suites", suite, related={"tests": refs}, title=title, **more)


def classic_test(test: str = TEST, title: str = "Log in") -> dict[str, Any]:
    return resource("tests", test, title=title, params=[])


def test_the_classic_api_tells_the_tests_of_each_suite(wire: Wire):
    root = classic_suite("5u17e0c0", "Login", TEST, file_type="file")
    wire.serve(
        classic_suites(root), classic_one("suites/5u17e0c0", root, classic_test())
    )
    (case,) = classic(wire).cases(PROJECT)
    assert case == CaseRecord(
        key=TEST, name="Log in", folder="Login", name_key="Login / Log in"
    )


def test_a_classic_suite_that_names_more_than_it_tells_lacks_rows(wire: Wire):
    root = classic_suite("5u17e0c0", "Login", TEST, "b1b2c3d4", file_type="file")
    # An object that the suite does not name is none of its tests.
    told = classic_one(
        "suites/5u17e0c0", root, classic_test(), classic_test("other000")
    )
    wire.serve(classic_suites(root), told)
    found = classic(wire).cases(PROJECT)
    assert next(found) == CaseRecord(
        key=TEST, name="Log in", folder="Login", name_key="Login / Log in"
    )
    with pytest.raises(IncompleteListError, match="2 stated, 1 seen"):
        list(found)


def test_a_classic_suite_that_is_gone_meanwhile_lacks_rows(wire: Wire):
    root = classic_suite("5u17e0c0", "Login", TEST, file_type="file")
    gone = classic_one("suites/5u17e0c0", root).but(status=404, body={"error": "no"})
    wire.serve(classic_suites(root), gone)
    with pytest.raises(IncompleteListError):
        list(classic(wire).cases(PROJECT))


@pytest.mark.parametrize("included", [None, {}, "a", [None], [[]], [{"id": TEST}]])
def test_hostile_tests_of_a_classic_suite_are_lacking(wire: Wire, included: Any):
    root = classic_suite("5u17e0c0", "Login", TEST, file_type="file")
    answer = classic_one("suites/5u17e0c0", root)
    answer = answer.but(body=answer.body | {"included": included})
    wire.serve(classic_suites(root), answer)
    with pytest.raises(IncompleteListError):
        list(classic(wire).cases(PROJECT))


def test_more_suites_than_can_be_asked_for_are_refused(wire: Wire, monkeypatch: Any):
    monkeypatch.setattr("ingest.connectors.testomatio.classic.MOST_SUITES", 1)
    leaf = {"file_type": "file"}
    wire.serve(
        classic_suites(
            classic_suite("5u17e0c0", "A", **leaf),
            classic_suite("5u17e0c1", "B", **leaf),
        )
    )
    with pytest.raises(PayloadError, match="2 suites"):
        list(classic(wire).cases(PROJECT))


# Milestones


def test_the_tests_of_a_milestone_are_asked_for_by_its_title(wire: Wire):
    wire.serve(nobodys(), queried("Sprint 12", [v2_test(), v2_test("b1b2c3d4")]))
    found = list(connect(wire, api="v2").milestone_cases(PROJECT, SPRINT))
    assert found == [TEST, "b1b2c3d4"]


def test_a_server_that_reads_no_query_tells_nothing_of_milestones(wire: Wire):
    wire.serve(nobodys(v2_test()))
    connector = connect(wire, api="v2")
    for _ in range(2):
        with pytest.raises(UnsupportedError):
            list(connector.milestone_cases(PROJECT, SPRINT))
    # It was asked once.
    assert len(wire.requests) == 1


def test_the_classic_api_tells_nothing_of_milestones(wire: Wire):
    with pytest.raises(UnsupportedError):
        list(connect(wire, api="classic").milestone_cases(PROJECT, SPRINT))


@pytest.mark.parametrize("name", ["Bob's", 'the "big" one', "back\\slash"])
def test_a_title_that_a_query_cannot_hold_is_not_sent(wire: Wire, name: str):
    wire.serve(nobodys())
    milestone = MilestoneRecord(external_id="1", name=name)
    with pytest.raises(PayloadError, match="cannot be asked"):
        list(connect(wire, api="v2").milestone_cases(PROJECT, milestone))


def test_a_project_that_denies_its_tests_is_no_wrong_key(wire: Wire):
    wire.serve(v2_page("suites", TREE), v2_page("tests", []).but(**DENIED))
    with pytest.raises(PayloadError, match="403"):
        list(connect(wire, api="v2").cases(PROJECT))
