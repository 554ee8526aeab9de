"""One list that may be large: its rows stay bytes until each is come to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.contract import PayloadError, ResultRecord, RunRecord
from ingest.decoding import TooComplexError
from ingest.http import ApiClient, client, packed
from ingest.http.packed import PackedRows, split
from tests.ingest.recordings.testifly import JOBS, PROJECT, execution, job, jobs, report
from tests.ingest.records import read_runs
from tests.ingest.test_testifly import connect
from tests.ingest.wire import Answer, Clock, Wire

MB = 2**20
AROUND: dict[str, Any] = {
    "a": {"tests": [1]},
    "b": ["tests", ["tests"]],
    "c": 'x"tests":[',
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{}],
        [{}, [], {"a": "]}\\"}],
        [{"a": [{"b": "\\\\"}]}, {"tests": [1, 2]}, {"é": "🦉\ud800"}],
    ],
)
@pytest.mark.parametrize("is_last", [True, False])
def test_a_list_is_taken_out_of_its_answer(rows, indent, is_last):
    whole = {**AROUND, "tests": rows} if is_last else {"tests": rows, **AROUND}
    head, raw = split(json.dumps(whole, indent=indent).encode(), "tests")
    assert json.loads(head) == {**AROUND, "tests": []}
    assert [json.loads(row) for row in raw] == rows
    assert list(PackedRows(raw, AssertionError)) == rows


def test_an_answer_without_the_list_stays_whole():
    for whole in (AROUND, {"tests": {"a": []}}, {"tests": None}, [["tests", []]]):
        content = json.dumps(whole).encode()
        assert split(content, "tests") == (content, [])


@pytest.mark.parametrize(
    "content",
    [
        b'{"tests": [1]}',
        b'{"tests": ["a"]}',
        b'{"tests": [{} 1, {}]}',
        b'{"tests": [{}, {"a": 1',
        b'{"tests": [{}, "a',
        b'{"tests": [{}, "a\\',
        b'{"tests": ["' + b'\\"' * 10**6,
    ],
)
def test_a_list_of_something_else_or_cut_off_is_no_json(content):
    with pytest.raises(ValueError, match=r"among the rows|cut off"):
        split(content, "tests")


def test_a_list_of_too_many_parts_is_refused(monkeypatch):
    monkeypatch.setattr(packed, "MOST_TOKENS", 1000)
    with pytest.raises(TooComplexError, match="more than 1,000 texts"):
        split(b'{"tests": [' + b"{}," * 1000 + b"{}]}", "tests")


def test_a_report_of_many_megabytes_is_read_test_by_test(wire: Wire):
    long = "Expected 3, got 4\n" * 500
    tests = [execution(title=f"Case {n}", error=long) for n in range(2000)]
    large = report("run1", *tests)
    assert len(large.content) > 2 * client.LARGEST_ANSWER_BYTES
    wire.serve(jobs(job()), large)
    connector = connect(wire)
    (run,) = read_runs(connector, PROJECT)
    assert isinstance(run, RunRecord)
    found = list(connector.results(PROJECT, run))
    assert [r.name for r in found if isinstance(r, ResultRecord)] == [
        f"Case {n}" for n in range(2000)
    ]
    assert wire.paths().count(JOBS) == 1
    assert len(wire.requests) == 2


def large(wire: Wire, body: bytes) -> Any:
    wire.serve(Answer(path="/a", raw=body))
    api = ApiClient(
        wire.url, label="Testtool", allow_private_urls=True, large_list="tests"
    )
    return api.get("/a")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b" " * (33 * MB), "more than 32 MB", id="size"),
        pytest.param(
            b'{"a":"%b","tests":[{}]}' % (b"x" * 9 * MB),
            "more than 8 MB around its tests",
            id="what is around",
        ),
        pytest.param(
            b'{"tests":[[%b{}]]}' % (b"{}," * 3 * MB), "more than 4,000,000", id="parts"
        ),
        pytest.param(
            b'{"tests":[%b{}]}' % (b"{}," * 3 * MB), "more than 100,000 rows", id="rows"
        ),
    ],
)
def test_what_is_large_elsewhere_is_refused(wire: Wire, body, said):
    with pytest.raises(PayloadError, match=said):
        large(wire, body)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b'{"a":[%b1]}' % (b"1," * 300_000), "a row of more than 300,000 values"),
        (b'{"a":%b}' % (b"[" * 101 + b"]" * 101), "a row of JSON nested deeper"),
        (b"{1: 2}", "a row of no JSON"),
    ],
)
def test_a_row_that_would_fill_the_memory_is_refused_when_it_is_come_to(
    wire: Wire, clock: Clock, row, said
):
    fill = b'{"a":"%b"}' % (b"x" * 9 * MB)
    found = large(wire, b'{"tests":[%b,%b]}' % (fill, row))
    rows = iter(found["tests"])
    assert len(next(rows)["a"]) == 9 * MB
    with pytest.raises(PayloadError, match=said):
        next(rows)
