"""Answers with an odd field or an odd identity: read for what they are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import clock
from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.inputs import phases
from tests.ingest.cases.passline import counts
from tests.ingest.cases.testably import ServedTestably
from tests.ingest.cases.testifly import ServedTestifly
from tests.ingest.cases.testomatio import ServedTestomatio


def test_clock_ahead(connected: Connect):
    passline = connected(ServedTestifly(*phases("clock-ahead", "testifly")))
    passline.sync()
    (latest,) = passline.results("?latest=1")
    assert (latest["case"]["name"], latest["status"]) == ("pays", "passed")
    assert passline.failing() == []
    assert len(passline.runs()) == 2
    for run in passline.runs().values():
        ends = run["finished_at"] or run["started_at"]
        assert datetime.fromisoformat(ends) <= clock.now()
        assert (run["duration_ms"] or 0) < timedelta(days=2) / timedelta(milliseconds=1)
    for result in passline.results():
        assert (
            result["executed_at"] is None
            or datetime.fromisoformat(result["executed_at"]) <= clock.now()
        )


def test_comma_duration(connected: Connect):
    passline = connected(ServedTestably(*phases("comma-duration", "testably")))
    passline.sync()
    run = passline.run()
    assert (run["status"], counts(run)) == ("failed", {"passed": 1, "failed": 1})
    (failed,) = passline.results("?status=failed")
    assert failed["duration_ms"] in (None, 1_204_500)


def test_long_message(connected: Connect):
    passline = connected(ServedTestifly(*phases("long-message", "testifly")))
    passline.synced()
    run = passline.run()
    assert counts(run) == {"failed": 3}
    assert len(passline.page(f"/runs/{run['id']}/")) < 1_000_000
    for result in passline.results():
        whole = passline.single(f"results/{result['id']}/")["message"]
        assert whole == "tile 17 of 'north' missing\n" * 100_000


def test_a_long_message_is_cut_in_lists(connected: Connect):
    passline = connected(ServedTestifly(*phases("long-message", "testifly")))
    passline.synced()
    run = passline.run()
    for path in ("results/", f"runs/{run['id']}/results/"):
        messages = [result["message"] for result in passline.single(path)["results"]]
        assert [len(message) < 17_000 for message in messages] == [True] * 3
        assert all(message.startswith("tile 17 of") for message in messages)
    for path in ("/results/", "/failures/", f"/runs/{run['id']}/"):
        assert len(passline.page(path)) < 200_000, path


# The classic API tells a testrun's example; whether v2 does is not written anywhere.
APIS = {
    "v2": {"api": "v2"},
    "v2 without examples": {"api": "v2", "tells_examples": False},
    "classic": {"api": "classic"},
}


@pytest.mark.parametrize("api", APIS)
def test_one_example_alone(api: str, connected: Connect):
    vendor = ServedTestomatio(*phases("one-example-alone", "testomatio"), **APIS[api])
    passline = connected(vendor)
    passline.synced()
    assert len(passline.cases()) == 2
    assert passline.failing() == []
    latest = passline.results("?latest=1")
    assert [result["status"] for result in latest] == ["passed", "passed"]


@pytest.mark.parametrize("api", APIS)
def test_repeat_hides_examples(api: str, connected: Connect):
    vendor = ServedTestomatio(
        *phases("repeat-hides-examples", "testomatio"), **APIS[api]
    )
    passline = connected(vendor)
    passline.synced()
    runs = passline.runs()
    for pk in ("0a0b2c00", "0a0b2c01"):
        assert counts(runs[pk]) == {"passed": 1, "failed": 1}
    assert len(passline.cases()) == 3
    plain, *examples = sorted(passline.names(), key=len)
    assert plain == "sorts list"
    assert "asc" in examples[0]
    assert "desc" in examples[1]


def test_same_title_twice(connected: Connect):
    passline = connected(ServedTestifly(*phases("same-title-twice", "testifly")))
    passline.synced()
    runs = passline.runs()
    assert len(runs) == 3
    for run in runs.values():
        assert (run["status"], counts(run)) == ("failed", {"passed": 1, "failed": 1})
    assert passline.disagreements() == []
    assert {result["attempt"] for result in passline.results()} == {1}
    assert passline.flaky() == []
    keys = sorted(case["key"] for case in passline.cases())
    assert keys == ["submits form", "submits form #2"]
    assert len(passline.failing()) == 1
