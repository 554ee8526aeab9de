"""Testmo's six bodies: every field of the reference, and every way to get one wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract import Status
from ingest.intake.errors import InvalidError
from ingest.intake.testmo import bodies
from ingest.intake.testmo.attached import MOST_FAULTS

TEST = {"key": "a1", "name": "adds", "status": "passed", "folder": "cart"}
ARTIFACT = {
    "name": "shot.png",
    "note": "n" * 80,
    "url": "https://ci.example/shot.png",
    "mime_type": "image/png",
    "size": 1048576,
}
FIELD = {
    "type": 4,
    "name": "Failure",
    "value": "at cart.ts:20",
    "meta": {"message": "expected 0", "type": "AssertionError"},
    "is_highlight": True,
}
LINK = {"name": "Build", "note": "", "url": "https://ci.example/1"}
PARSERS = (
    bodies.new_run,
    bodies.run_part,
    bodies.measures_elapsed,
    lambda body: bodies.thread_part(body, "frontend"),
)


def errors_of(parse: Any, body: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidError) as refused:
        parse(body)
    return refused.value.errors


def thread(body: Any, **words: Any) -> bodies.ThreadPart:
    return bodies.thread_part(body, "frontend", **words)


def one_test(**values: Any) -> Any:
    (result,) = thread({"tests": [TEST | values]}).results
    return result


def test_a_new_run_keeps_every_field():
    run = bodies.new_run(
        {
            "name": "Nightly",
            "source": " frontend ",
            "config": "Chrome",
            "config_id": 3,
            "milestone": "v1",
            "milestone_id": 4,
            "tags": ["a", "b"],
            "artifacts": [ARTIFACT],
            "fields": [FIELD],
            "links": [LINK],
        }
    )
    assert (run.name, run.source, run.config, run.config_id) == (
        "Nightly",
        "frontend",
        "Chrome",
        "3",
    )
    assert (run.milestone, run.milestone_id, run.tags) == ("v1", "4", ["a", "b"])
    assert run.details == {
        "artifacts": [ARTIFACT],
        "fields": [FIELD],
        "links": [LINK],
        "tags": ["a", "b"],
    }


def test_a_test_keeps_every_field():
    result = one_test(
        status="failure",
        elapsed=1_250_499,
        file="cart.ts",
        line=12,
        assertions=0,
        artifacts=[ARTIFACT],
        fields=[FIELD],
    )
    assert (result.key, result.name, result.folder) == ("frontend:a1", "adds", "cart")
    assert (result.status, result.raw_status) == (Status.FAILED, "failure")
    assert result.duration_ms == 1250
    assert result.message == "expected 0\nat cart.ts:20"
    assert result.details == {
        "artifacts": [ARTIFACT],
        "fields": [FIELD],
        "file": "cart.ts",
        "line": 12,
        "assertions": 0,
    }


def test_what_is_left_out_has_its_documented_default():
    given = thread(
        {
            "artifacts": [{"name": "a", "url": "b"}],
            "fields": [{"type": 1, "name": "c"}],
            "tests": None,
        }
    )
    assert given.results == []
    assert given.details == {
        "artifacts": [
            {"name": "a", "url": "b", "note": "", "mime_type": "", "size": None}
        ],
        "fields": [
            {"type": 1, "name": "c", "value": "", "meta": {}, "is_highlight": False}
        ],
    }
    assert (given.observed_us, given.computed_us) == (None, None)
    plain = one_test()
    assert (plain.duration_ms, plain.message, plain.details) == (None, "", None)


@pytest.mark.parametrize(
    ("alias", "status"),
    [
        ("passed", Status.PASSED),
        ("success", Status.PASSED),
        ("failed", Status.FAILED),
        ("failure", Status.FAILED),
        ("error", Status.ERROR),
        ("skipped", Status.SKIPPED),
        ("blocked", Status.BLOCKED),
        ("retest", Status.BLOCKED),
        ("untested", Status.UNTESTED),
        ("on_hold", Status.UNKNOWN),
    ],
)
def test_aliases_are_ours_and_others_stay_unknown(alias, status):
    result = one_test(status=alias)
    assert (result.status, result.raw_status) == (status, alias)


def test_a_word_that_a_person_mapped_is_known():
    body = {"tests": [TEST | {"status": "on_hold"}]}
    (result,) = thread(body, mapped={"on_hold": Status.BLOCKED}).results
    assert (result.status, result.raw_status) == (Status.BLOCKED, "on_hold")


@pytest.mark.parametrize("key", ["", "A", "a-b", "a" * 65, "é", "a\n", None, 5, "٣"])
def test_a_key_that_breaks_the_pattern_is_named_by_its_place(key):
    body = {"tests": [TEST, TEST | {"key": key}]}
    assert set(errors_of(thread, body)) == {"tests.1.key"}


@pytest.mark.parametrize("alias", ["", "Passed", "a-b", "a b", "a\n", None, 1, []])
def test_a_status_that_breaks_the_pattern_is_named_by_its_place(alias):
    body = {"tests": [TEST | {"status": alias}]}
    assert set(errors_of(thread, body)) == {"tests.0.status"}


def test_every_fault_is_told_at_once():
    body = {
        "tests": [
            {},
            5,
            TEST | {"elapsed": "1", "line": 1.5, "file": 1, "assertions": True},
            TEST | {"artifacts": [{}, []], "fields": {"type": 1}},
            TEST
            | {"fields": [FIELD | {"type": 6, "meta": [1], "is_highlight": "yes"}]},
            TEST | {"fields": [FIELD | {"meta": {"a": 1}, "value": 3}]},
            TEST | {"artifacts": [ARTIFACT | {"note": "n" * 81, "size": -1}]},
        ],
        "links": "none",
        "elapsed_observed": [],
        "elapsed_computed": 2**64,
    }
    assert set(errors_of(thread, body)) == {
        *(f"tests.0.{key}" for key in ("key", "name", "status", "folder")),
        "tests.1",
        *(f"tests.2.{key}" for key in ("elapsed", "line", "file", "assertions")),
        "tests.3.artifacts.0.name",
        "tests.3.artifacts.0.url",
        "tests.3.artifacts.1",
        "tests.3.fields",
        *(f"tests.4.fields.0.{key}" for key in ("type", "meta", "is_highlight")),
        "tests.5.fields.0.meta.a",
        "tests.5.fields.0.value",
        "tests.6.artifacts.0.note",
        "tests.6.artifacts.0.size",
        "links",
        "elapsed_observed",
        "elapsed_computed",
    }


def test_the_faults_of_a_run_are_named():
    body = {
        "name": " ",
        "source": "s" * 256,
        "config": 5,
        "config_id": "three",
        "milestone_id": True,
        "tags": ["a", 1],
    }
    errors = errors_of(bodies.new_run, body)
    assert set(errors) == {
        "name",
        "source",
        "config",
        "config_id",
        "milestone_id",
        "tags.1",
    }
    assert errors["name"] == ["name is required and empty."]
    assert set(errors_of(bodies.new_run, {"tags": "a"})) == {"name", "source", "tags"}
    assert set(errors_of(bodies.measures_elapsed, {"measure_elapsed": "x"})) == {
        "measure_elapsed"
    }


def test_an_answer_does_not_grow_with_what_is_wrong():
    with pytest.raises(InvalidError) as refused:
        thread({"tests": [{}] * 5000})
    assert len(refused.value.errors) == MOST_FAULTS
    assert "20000" in refused.value.sentence


@pytest.mark.parametrize("elapsed", [-1, 2**62])
def test_a_time_that_cannot_be_costs_no_result(elapsed):
    assert one_test(elapsed=elapsed).duration_ms is None
    assert thread({"elapsed_observed": elapsed}).observed_us is None


def test_texts_are_such_as_the_database_holds():
    result = one_test(name="a\x00\ud800", fields=[FIELD | {"meta": {"\x00": "\x00"}}])
    assert result.name == "a\u2400?"
    assert result.details["fields"][0]["meta"] == {"\u2400": "\u2400"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([FIELD], "expected 0\nat cart.ts:20"),
        ([FIELD | {"value": "Error: expected 0\n at"}], "Error: expected 0\n at"),
        ([FIELD | {"value": ""}], "expected 0"),
        ([FIELD | {"meta": {}, "name": "error"}], "at cart.ts:20"),
        ([FIELD, FIELD | {"name": "Error", "value": "x", "meta": {}}],
         "expected 0\nat cart.ts:20\n\nx"),
        ([FIELD | {"name": "Why"}], "expected 0\nat cart.ts:20"),
        ([FIELD | {"name": "Why", "is_highlight": False}], ""),
        ([FIELD | {"name": "Output", "is_highlight": False}, FIELD],
         "expected 0\nat cart.ts:20"),
        ([FIELD | {"type": 3}], ""),
    ],
)  # fmt: skip
def test_the_message_is_what_says_why_it_failed(fields, message):
    assert one_test(status="error", fields=fields).message == message
    assert one_test(status="passed", fields=fields).message == ""


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["key", "name", "status", "folder", "tests", "fields", "meta", "tags"]
                + ["artifacts", "links", "type", "value", "url", "size", "elapsed"]
                + ["measure_elapsed", "elapsed_observed", "source", "config_id"]
            )
            | st.text(),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@given(body=anything)
def test_whatever_is_sent_is_parsed_or_refused(body):
    for parse in PARSERS:
        wrong = fault_of(parse, body)
        assert wrong is None or wrong.sentence
        assert all(wrong.errors.values() if wrong else ())


def fault_of(parse: Any, body: Any) -> InvalidError | None:
    try:
        parse(body)
    except InvalidError as wrong:
        return wrong
    return None


@given(
    tests=st.lists(
        st.fixed_dictionaries(
            {
                "key": st.from_regex(r"[a-z0-9_]{1,64}", fullmatch=True),
                "name": st.text(min_size=1).filter(str.strip),
                "status": st.from_regex(r"[a-z0-9_]+", fullmatch=True),
                "folder": st.text(min_size=1).filter(str.strip),
            },
            optional={
                "elapsed": st.integers(-(2**63) + 1, 2**63 - 1),
                "file": st.text(),
                "line": st.integers(-(2**63) + 1, 2**63 - 1),
                "fields": st.lists(
                    st.fixed_dictionaries(
                        {"type": st.integers(1, 5), "name": st.just("x")},
                        optional={"value": st.text(), "is_highlight": st.booleans()},
                    ),
                    max_size=3,
                ),
            },
        ),
        max_size=5,
    )
)
def test_what_keeps_to_the_reference_is_taken_whole(tests):
    results = thread({"tests": tests}).results
    assert [r.key for r in results] == [f"frontend:{t['key']}" for t in tests]
    assert [r.raw_status for r in results] == [t["status"] for t in tests]
    for result, test in zip(results, tests, strict=True):
        kept = (result.details or {}).get("fields", [])
        assert len(kept) == len(test.get("fields", []))
        result.name.encode()
