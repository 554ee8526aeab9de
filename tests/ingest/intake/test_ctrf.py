"""CTRF reports, and what is none."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract import ResultRecord
from ingest.intake.errors import InvalidError
from ingest.intake.json_stream import JsonStream
from tests.ingest.intake.reports import (
    ctrf_of,
    ctrf_report,
    ctrf_test,
    outcomes,
)

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
START_MS = 1795176000000


def results_of(*tests: Any) -> list[ResultRecord]:
    return ctrf_of(ctrf_report(*tests))[1]


def test_a_report_tells_of_its_run():
    environment = {
        "branchName": "main",
        "commit": "abc123",
        "buildUrl": "https://ci.example/7",
        "buildName": "shop",
        "buildNumber": 7,
        "extra": {"a": 1},
    }
    report, results = ctrf_of(ctrf_report(environment=environment))
    assert (report.name, report.source) == ("playwright", "playwright")
    assert (report.branch, report.commit) == ("main", "abc123")
    assert report.started_at == START
    assert report.finished_at == START + timedelta(minutes=1)
    assert report.duration_ms == 60_000
    assert report.details["links"][0]["url"] == "https://ci.example/7"
    fields = {one["name"]: one["value"] for one in report.details["fields"]}
    assert fields == {"buildName": "shop", "buildNumber": "7"}
    assert results == []


def test_statuses_and_what_tools_called_them():
    told = [
        *(("passed", None), ("failed", None), ("skipped", None), ("pending", None)),
        *(("other", "timedOut"), ("other", "blocked"), ("other", "odd"), ("new", None)),
        ("other", "todo"),
    ]
    rows = [
        ctrf_test(f"n{n}", status, **({"rawStatus": raw} if raw else {}))
        for n, (status, raw) in enumerate(told)
    ]
    assert [(str(one.status), one.raw_status) for one in results_of(*rows)] == [
        ("passed", "passed"),
        ("failed", "failed"),
        ("skipped", "skipped"),
        ("skipped", "pending"),
        ("error", "timedOut"),
        ("blocked", "blocked"),
        ("unknown", "odd"),
        ("unknown", "new"),
        ("skipped", "todo"),
    ]


def test_keys_are_of_suites_and_name_or_of_the_file():
    rows = [
        ctrf_test("pays", suite=["web", "cart"]),
        ctrf_test("pays", suite="web > cart"),
        ctrf_test("pays", filePath="cart.ts"),
        ctrf_test("pays"),
    ]
    results = results_of(*rows)
    assert [one.key for one in results] == [
        "web > cart::pays",
        "web > cart::pays",
        "cart.ts::pays",
        "pays",
    ]
    assert results[0].folder == "web > cart"


def test_a_flaky_test_has_its_failed_attempts_before_it():
    attempts = [
        {"attempt": 1, "status": "failed", "message": "slow", "start": START_MS},
        {"attempt": 2, "status": "failed", "trace": "at x", "start": START_MS + 1000},
    ]
    rows = results_of(
        ctrf_test(
            "pays",
            flaky=True,
            retries=2,
            retryAttempts=attempts,
            start=START_MS + 2000,
        )
    )
    assert outcomes(rows) == [
        ("pays", "failed"),
        ("pays", "failed"),
        ("pays", "passed"),
    ]
    assert [one.message for one in rows] == ["slow", "at x", ""]
    assert all(one.is_marked_retry for one in rows)
    assert rows[2].executed_at == START + timedelta(seconds=2)


def test_a_list_of_attempts_that_holds_the_last_one_too_gives_no_more():
    attempts = [
        {"attempt": 1, "status": "failed"},
        {"attempt": 2, "status": "passed"},
    ]
    for more in ({"retries": 1}, {}):
        rows = results_of(ctrf_test("pays", flaky=True, retryAttempts=attempts, **more))
        assert [str(one.status) for one in rows] == ["failed", "passed"]


@pytest.mark.parametrize(
    ("values", "signs"),
    [
        ({"flaky": True, "retries": 2}, "ffp"),
        ({"flaky": True}, "fp"),
        ({"retries": 1}, "fp"),
        ({"retries": 1, "flaky": False}, "p"),
        ({"retries": 0}, "p"),
        ({"status": "failed", "retries": 2, "flaky": False}, "fff"),
        ({"retries": 10**9, "flaky": True}, "f" * 100 + "p"),
        ({"retries": -1}, "p"),
        ({"retries": True}, "p"),
    ],
)
def test_a_number_of_retries_alone_makes_attempts_without_a_message(
    values: dict[str, Any], signs: str
):
    rows = results_of(ctrf_test("pays", **{"status": "passed", **values}))
    assert "".join(str(one.status)[0] for one in rows) == signs
    assert all(one.is_marked_retry == (len(signs) > 1) for one in rows)


def test_times_that_contradict_the_order_of_attempts_are_left_out():
    attempts = [{"attempt": 1, "status": "failed", "start": START_MS + 5000}]
    rows = results_of(
        ctrf_test("pays", flaky=True, retryAttempts=attempts, start=START_MS)
    )
    assert [one.executed_at for one in rows] == [None, None]


def test_what_is_attached_to_a_test():
    (found,) = results_of(
        ctrf_test(
            "pays",
            "failed",
            message="wrong",
            trace="Error: wrong\n at x",
            filePath="cart.ts",
            line=7,
            browser="chromium",
            tags=["smoke", "slow"],
            stdout=["a", "b"],
            snippet="1 | x",
            steps=[{"name": "Pay", "status": "failed"}, "odd"],
            attachments=[
                {
                    "name": "shot",
                    "contentType": "image/png",
                    "path": "https://s.example/1.png",
                },
                {"name": "log", "contentType": "text/plain", "path": "out/log.txt"},
                {"name": "js", "path": "javascript:alert(1)"},
            ],
            extra={"n": [1, "\x00", "\ud800"]},
        )
    )
    assert found.message == "Error: wrong\n at x"
    assert (found.details["file"], found.details["line"]) == ("cart.ts", 7)
    assert found.details["steps"] == [{"title": "Pay", "category": "failed"}]
    fields = {one["name"]: one["value"] for one in found.details["fields"]}
    assert fields == {
        "browser": "chromium",
        "tags": "smoke, slow",
        "Snippet": "1 | x",
        "Output": "a\nb",
        "log": "out/log.txt",
        "js": "javascript:alert(1)",
    }
    (artifact,) = found.details["artifacts"]
    assert (artifact["name"], artifact["mime_type"]) == ("shot", "image/png")
    assert "\x00" not in str(found.details["meta"])


def test_a_line_that_was_printed_ends_once():
    (found,) = results_of(ctrf_test("pays", stdout=["a\n", "b\n"], stderr=["c"]))
    fields = {one["name"]: one["value"] for one in found.details["fields"]}
    assert fields == {"Output": "a\nb", "Errors": "c"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_the_encoding_is_what_the_bytes_are(encoding: str):
    text = json.dumps(ctrf_report(ctrf_test("zahlt für 😀")), ensure_ascii=False)
    (found,) = ctrf_of(text.encode(encoding))[1]
    assert found.name == "zahlt für 😀"
    with pytest.raises(InvalidError, match="no whole JSON"):
        ctrf_of(text.encode(encoding)[:-3])


def test_a_number_beyond_all_numbers_is_kept_as_a_word():
    text = json.dumps(ctrf_report(ctrf_test("a", extra={"n": 12345})))
    (found,) = ctrf_of(text.replace("12345", "1e999").encode())[1]
    assert found.details["meta"] == {"extra": {"n": "inf"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"{}", "results.tests is missing"),
        (b'{"results": []}', "results is no object"),
        (b'{"results": {"tests": {}}}', "results.tests is no list"),
        (b'{"results": {"tests": [], "tests": []}}', "results.tests comes twice"),
        (b'{"results": {"tests": [{"name": "a"', "no whole JSON"),
        (b'{"results": {"tests": []', "ends in its middle"),
        (b'{"results": {"tests": []}} x', "follows behind its end"),
        (b'{"results": {"tests": [1 2]}}', "'2' stands where ','"),
        (b'{"results": {"tests": [NaN]}}', "no number"),
        (b'{"results": {"tests": [' + b"9" * 5000 + b"]}}", "no whole JSON"),
        (b'{"results": {"tests": ["\xff"]}}', "UTF-8"),
        (b"\xff\xfe{", "UTF-16"),
        (b'{"results": {"tests": [' + b"[" * 100_000, "nested too deep"),
        (b'{"results": {"tests": [1]}}', "results.tests.0"),
        (b'{"results": {"tests": [{"status": "passed"}]}}', "name"),
        (b'{"results": {"tests": [{"name": "a", "duration": 1}]}}', "status"),
        (b'{"a": "' + b"x" * (17 * 2**20) + b'"}', "more than 8 MB"),
        (b'{"a": [' + b"[]," * 700_000 + b"[]]}", "more than 1,000,000 values"),
    ],
)
def test_what_is_no_report_is_refused_with_its_reason(text: bytes, said: str):
    with pytest.raises(InvalidError, match=said):
        ctrf_of(text)


def test_what_is_attached_too_deep_is_refused():
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    with pytest.raises(InvalidError, match="40 levels"):
        results_of(ctrf_test("a", extra={"deep": deep}))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
ROW_KEYS = st.sampled_from(
    [
        *("name", "status", "duration", "start", "suite", "message", "trace", "line"),
        *("retries", "retryAttempts", "flaky", "steps", "attachments", "extra", "tags"),
        *("stdout", "labels", "rawStatus", "filePath", "browser"),
    ]
)


@given(VALUES, st.integers(1, 7))
def test_values_are_the_same_whatever_pieces_they_come_in(value: Any, size: int):
    data = json.dumps(value).encode()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    stream = JsonStream(pieces)
    assert stream.value() == value
    stream.end()


@given(st.dictionaries(ROW_KEYS, VALUES, max_size=8))
def test_any_values_in_a_test_are_read_or_refused(values: dict[str, Any]):
    with suppress(InvalidError):
        found = results_of({"name": "a", "status": "failed"} | values)
        assert all(one.key and one.name for one in found)
        assert "\\u0000" not in json.dumps([one.details for one in found])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes):
    with pytest.raises(InvalidError):
        list(ctrf_of(data))
