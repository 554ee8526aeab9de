"""Which rows are one test: by the vendor's ids and examples, never by luck."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.held import testably, testifly, testmo, testomatio
from tests.ingest.cases.inputs import ago
from tests.ingest.cases.passline import Passline, counts
from tests.ingest.cases.server import Row
from tests.ingest.cases.testably import ServedTestably
from tests.ingest.cases.testifly import ServedTestifly
from tests.ingest.cases.testmo import ServedTestmo
from tests.ingest.cases.testomatio import ServedTestomatio

# --- Testifly: one title, several ids ---------------------------------------------


def report(number: int, *rows: tuple[str, str, str], hours_ago: float = 48) -> Row:
    """Rows by id, title and status, each a second after the one before."""
    tests = [
        testifly.test(
            title, status, _id=pk * 24, startTime=ago(hours=hours_ago, seconds=-n)
        )
        for n, (pk, title, status) in enumerate(rows)
    ]
    return testifly.run(number, {}, rows=tests, hours_ago=hours_ago)


def reports(connected: Connect, *runs: Row) -> Passline:
    passline = connected(ServedTestifly(testifly.world(*runs)))
    passline.synced()
    assert passline.disagreements() == []
    return passline


def by_key(passline: Passline) -> dict[str, list[str]]:
    """The statuses of each case, the newest first."""
    found: dict[str, list[str]] = {}
    for result in passline.results():
        found.setdefault(result["case"]["key"], []).append(result["status"])
    return found


FORM = "submits form"


def test_three_rows_of_one_title_are_three_cases(connected: Connect):
    rows = ("a", FORM, "Failed"), ("b", FORM, "Passed"), ("c", FORM, "Skipped")
    runs = [report(n, *rows, hours_ago=24 * n) for n in (1, 2, 3)]
    passline = reports(connected, *runs)
    for run in passline.named().values():
        assert counts(run) == {"passed": 1, "failed": 1, "skipped": 1}
        assert run["status"] == "failed"
    assert by_key(passline) == {
        FORM: ["failed"] * 3,
        f"{FORM} #2": ["passed"] * 3,
        f"{FORM} #3": ["skipped"] * 3,
    }
    assert passline.flaky() == []
    assert len(passline.failing()) == 1


def test_rows_of_one_title_are_told_apart_by_start_not_by_place(connected: Connect):
    one = report(1, ("a", FORM, "Failed"), ("b", FORM, "Passed"))
    other = report(2, ("a", FORM, "Failed"), ("b", FORM, "Passed"), hours_ago=20)
    other["tests"].reverse()
    passline = reports(connected, one, other)
    assert by_key(passline) == {FORM: ["failed"] * 2, f"{FORM} #2": ["passed"] * 2}
    assert passline.flaky() == []


def test_one_row_twice_is_a_second_attempt(connected: Connect):
    """The same id again is the same test; its vendor counts how it ended."""
    run = report(1, ("a", FORM, "Failed"), ("a", FORM, "Passed"))
    run["statuses"] = [{"label": "Passed", "count": 1}]
    passline = reports(connected, run)
    assert passline.names() == [FORM]
    assert sorted(result["attempt"] for result in passline.results()) == [1, 2]
    assert counts(passline.run()) == {"passed": 1}


def test_a_title_that_looks_like_a_second_one_stays_its_own(connected: Connect):
    rows = ("a", FORM, "Passed"), ("b", FORM, "Failed"), ("c", f"{FORM} #2", "Passed")
    passline = reports(connected, report(1, *rows))
    assert counts(passline.run()) == {"passed": 2, "failed": 1}
    assert len(passline.cases()) == 3
    assert {result["attempt"] for result in passline.results()} == {1}
    assert len(passline.failing()) == 1


def test_titles_that_differ_in_case_or_spaces_are_different(connected: Connect):
    rows = ("a", "Pays", "Passed"), ("b", "pays", "Failed"), ("c", "pays ", "Passed")
    passline = reports(connected, report(1, *rows))
    assert sum(counts(passline.run()).values()) == 3
    assert {result["attempt"] for result in passline.results()} == {1}


# --- Other vendors: an id each ----------------------------------------------------


def test_two_keys_of_one_name_are_two_cases(connected: Connect):
    run = testmo.run(1, {"first": "failed", "second": "passed"})
    for row in run["rows"]:
        row["name"] = FORM
    passline = connected(ServedTestmo(testmo.world(run)))
    passline.synced()
    assert counts(passline.run()) == {"passed": 1, "failed": 1}
    assert len(passline.cases()) == 2
    assert passline.flaky() == []
    assert {result["attempt"] for result in passline.results()} == {1}


def test_one_key_in_two_sources_is_two_cases(connected: Connect):
    runs = [
        testmo.run(1, {FORM: "failed"}),
        testmo.run(2, {FORM: "passed"}, hours_ago=20, source_id=2),
    ]
    sources = [testmo.source(1, "api"), testmo.source(2, "web")]
    passline = connected(ServedTestmo(testmo.world(*runs, sources=sources)))
    passline.synced()
    assert len(passline.cases()) == 2
    assert passline.failing() == [FORM]


def test_two_test_cases_of_one_title_are_two_cases(connected: Connect):
    runs = []
    for n in (1, 2, 3):
        run = testably.run(n, {"a": "failed", "b": "passed"}, hours_ago=24 * n)
        for row in run["rows"]:
            row["test_case_title"] = FORM
        runs.append(run)
    passline = connected(ServedTestably(testably.world(*runs)))
    passline.synced()
    for run in passline.named().values():
        assert (run["status"], counts(run)) == ("failed", {"passed": 1, "failed": 1})
    assert passline.names() == [FORM, FORM]
    assert passline.flaky() == []
    assert passline.disagreements() == []


@pytest.mark.parametrize("api", ["v2", "classic"])
def test_two_tests_of_one_title_are_two_cases(api: str, connected: Connect):
    rows = [
        testomatio.testrun(FORM, "failed", test_id="aaaa1111"),
        testomatio.testrun(FORM, "passed", test_id="bbbb2222"),
    ]
    runs = [testomatio.run(n, {}, rows=rows, hours_ago=24 * n) for n in (1, 2)]
    passline = connected(ServedTestomatio(testomatio.world(*runs), api=api))
    passline.synced()
    for run in passline.named().values():
        assert counts(run) == {"passed": 1, "failed": 1}
    assert len(passline.cases()) == 2
    assert passline.flaky() == []


# --- Testomat.io: examples --------------------------------------------------------

APIS: dict[str, dict[str, Any]] = {
    "v2": {"api": "v2"},
    "v2 without examples": {"api": "v2", "tells_examples": False},
    "auto without examples": {"api": "auto", "tells_examples": False},
    "classic": {"api": "classic"},
}
of_examples = pytest.mark.parametrize("api", APIS)


def example(word: str, *values: Any) -> Row:
    """A row of one test with these values; without any, a plain one."""
    told = {"example": [*values], "params": ["browser"]} if values else {"params": []}
    return testomatio.testrun("opens menu", word, test_id="dddd1111", **told)


def examples(api: str, connected: Connect, *runs: list[Row]) -> Passline:
    """A run a day, the newest last."""
    held = [
        testomatio.run(n, {}, rows=rows, hours_ago=24 * (len(runs) + 1 - n))
        for n, rows in enumerate(runs, 1)
    ]
    passline = connected(ServedTestomatio(testomatio.world(*held), **APIS[api]))
    passline.synced()
    return passline


@of_examples
def test_an_example_alone_first_and_both_later(api: str, connected: Connect):
    passline = examples(
        api,
        connected,
        [example("failed", "chrome")],
        [example("passed", "chrome"), example("passed", "firefox")],
    )
    assert len(passline.cases()) == 2
    assert passline.failing() == []


@of_examples
def test_each_example_always_alone(api: str, connected: Connect):
    passline = examples(
        api,
        connected,
        [example("failed", "chrome")],
        [example("passed", "firefox")],
        [example("passed", "safari")],
    )
    assert len(passline.cases()) == 3
    (failing,) = passline.failing()
    assert "chrome" in failing


@of_examples
def test_a_plain_test_beside_its_examples_in_one_run(api: str, connected: Connect):
    rows = [
        example("failed"),
        example("passed", "chrome"),
        example("passed", "firefox"),
    ]
    passline = examples(api, connected, rows, rows)
    for run in passline.named().values():
        assert counts(run) == {"passed": 2, "failed": 1}
    assert len(passline.cases()) == 3
    assert passline.failing() == ["opens menu"]
    assert passline.flaky() == []


@of_examples
def test_a_test_that_becomes_parameterised(api: str, connected: Connect):
    passline = examples(
        api,
        connected,
        [example("passed")],
        [example("passed")],
        [example("failed", "chrome"), example("passed", "firefox")],
    )
    assert len(passline.cases()) == 3
    assert plain(passline) == ["passed", "passed"]
    assert len(passline.failing()) == 1
    assert passline.flaky() == []


@of_examples
def test_a_test_that_is_no_longer_parameterised(api: str, connected: Connect):
    passline = examples(
        api,
        connected,
        [example("failed", "chrome"), example("passed", "firefox")],
        [example("passed")],
        [example("passed")],
    )
    assert len(passline.cases()) == 3
    assert plain(passline) == ["passed", "passed"]


def plain(passline: Passline) -> list[str]:
    """The statuses of the test without an example."""
    return [
        result["status"]
        for result in passline.results()
        if result["case"]["name"] == "opens menu"
    ]


@of_examples
def test_plain_repeats_in_one_run_do_not_merge_another_run_s_examples(
    api: str, connected: Connect
):
    repeated = [example("failed"), example("passed")]
    both = [example("failed", "asc"), example("passed", "desc")]
    passline = examples(api, connected, repeated, both, both)
    named = passline.named()
    for name in ("Run 2", "Run 3"):
        assert counts(named[name]) == {"passed": 1, "failed": 1}
    assert counts(named["Run 1"]) == {"passed": 1}
    assert len(passline.cases()) == 3


@of_examples
def test_an_example_repeated_is_an_attempt_of_that_example(
    api: str, connected: Connect
):
    rows = [
        example("failed", "chrome"),
        example("passed", "firefox"),
        example("passed", "chrome"),
    ]
    passline = examples(api, connected, rows)
    assert len(passline.cases()) == 2
    assert counts(passline.run()) == {"passed": 2}
    assert sorted(result["attempt"] for result in passline.results()) == [1, 1, 2]


@of_examples
def test_values_in_other_shapes_are_told_apart(api: str, connected: Connect):
    rows = [
        example("passed", "a", "b"),
        example("failed", "a, b"),
        example("passed", 1),
        example("failed", 11),
        example("passed", {"browser": "chrome"}),
        example("failed", {"browser": "firefox"}),
        example("passed", "x" * 600 + "1"),
        example("failed", "x" * 600 + "2"),
    ]
    passline = examples(api, connected, rows, rows)
    for run in passline.named().values():
        assert counts(run) == {"passed": 4, "failed": 4}
    assert len(passline.cases()) == 8
    assert passline.flaky() == []


@of_examples
def test_examples_stay_apart_in_a_second_sync(api: str, connected: Connect):
    first = testomatio.run(1, {}, rows=[example("failed", "chrome")], hours_ago=48)
    second = testomatio.run(2, {}, rows=[example("passed", "chrome")], hours_ago=2)
    worlds = testomatio.world(first), testomatio.world(first, second)
    vendor = ServedTestomatio(*worlds, **APIS[api])
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    (case,) = passline.cases()
    assert "chrome" in case["name"]
    assert passline.failing() == []
