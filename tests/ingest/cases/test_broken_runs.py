"""Runs that a vendor cannot give cost themselves, and nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import clock as time
from tests.ingest.cases import tools
from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.held import testably, testmo
from tests.ingest.cases.passline import Passline, is_said
from tests.ingest.cases.testably import ServedTestably
from tests.ingest.cases.testmo import ServedTestmo
from tests.ingest.cases.tools import Tool
from tests.ingest.wire import Answer

OUTCOMES = {"rings": "passed", "opens": "failed"}


def some_runs(tool: Tool, count: int) -> list[Any]:
    """Run 1 is the oldest."""
    return [
        tool.held.run(number, OUTCOMES, hours_ago=24 * (count + 1 - number))
        for number in range(1, count + 1)
    ]


def with_rows(passline: Passline) -> list[str]:
    """The names of the runs whose rows were read."""
    named = passline.named().items()
    return sorted(name for name, run in named if run["counts"]["total"])


def names(*numbers: int) -> list[str]:
    return sorted(f"Run {number}" for number in numbers)


# Newest, oldest, in the middle, every second, more than half.
BROKEN = {
    "three newest": (7, [5, 6, 7]),
    "three oldest": (7, [1, 2, 3]),
    "five neighbours of twelve": (12, [4, 5, 6, 7, 8]),
    "every second": (9, [2, 4, 6, 8]),
    "more than half": (6, [2, 3, 5, 6]),
}


@tools.of()
@pytest.mark.parametrize("which", BROKEN)
def test_all_others_are_read(which: str, tool: Tool, connected: Connect):
    count, broken = BROKEN[which]
    vendor = tool.serve(tool.held.world(*some_runs(tool, count)))
    passline = connected(vendor)
    vendor.break_down(*(tool.held.asked_for_rows(number) for number in broken))
    readable = names(*(set(range(1, count + 1)) - {*broken}))
    for _ in range(2):
        (said,) = passline.sync()
        assert said["status"] == "partial", said
        assert is_said(said, [f"Run {number}" for number in broken]), said["error"]
        # A run without its rows may stand there with the vendor's totals.
        assert [name for name in with_rows(passline) if name in readable] == readable
        assert len(passline.results()) == 2 * len(readable)


@tools.of()
def test_a_vendor_whose_newest_run_is_broken_can_be_connected(
    tool: Tool, connected: Connect
):
    faults = [tool.held.asked_for_rows(5)]
    vendor = tool.serve(tool.held.world(*some_runs(tool, 5)), broken=faults)
    passline = connected(vendor)
    (said,) = passline.sync()
    assert said["status"] == "partial", said
    assert len(passline.results()) == 8


@tools.of_all()
def test_a_run_that_was_broken_once_is_read_by_the_next_sync(
    tool: Tool, connected: Connect
):
    vendor = tool.serve(tool.held.world(*some_runs(tool, 5)))
    passline = connected(vendor)
    vendor.break_down(*(tool.held.asked_for_rows(number) for number in (2, 3, 4)))
    (said,) = passline.sync()
    assert said["status"] == "partial", said
    vendor.break_down()
    passline.synced()
    assert with_rows(passline) == names(1, 2, 3, 4, 5)
    assert len(passline.results()) == 10


@tools.of()
def test_open_runs_are_read_although_newer_ones_are_broken(
    tool: Tool, connected: Connect
):
    held = tool.held
    half = {"rings": "passed", "opens": "running"}
    open_one = held.run(1, half, hours_ago=300, is_open=True)
    broken = [
        held.run(number, OUTCOMES, hours_ago=50 - number) for number in range(2, 8)
    ]
    done = held.run(1, OUTCOMES, hours_ago=300)
    vendor = tool.serve(
        held.world(open_one, *broken),
        held.world(done, *broken),
    )
    passline = connected(vendor)
    vendor.break_down(*(held.asked_for_rows(number) for number in range(2, 8)))
    passline.sync()
    assert passline.named()["Run 1"]["status"] == "running"
    vendor.next_phase()
    passline.sync()
    assert passline.named()["Run 1"]["status"] == "failed"
    assert passline.failing() == ["opens"]


@tools.of()
def test_broken_runs_are_asked_for_ever_more_rarely(tool: Tool, connected: Connect):
    faults = [tool.held.asked_for_rows(number) for number in (2, 3, 4)]
    vendor = tool.serve(tool.held.world(*some_runs(tool, 6)))
    passline = connected(vendor)
    vendor.break_down(*faults)
    asked = []
    for _ in range(6):
        vendor.counted()
        (said,) = passline.sync()
        assert said["status"] == "partial", said
        asked.append(sum(vendor.is_broken(request) for request in vendor.requests))
    assert 0 in asked[2:], asked
    assert sum(asked[3:]) < sum(asked[:3]), asked


@tools.of()
def test_a_vendor_that_is_down_is_left_alone_soon(tool: Tool, connected: Connect):
    vendor = tool.serve(tool.held.world(*some_runs(tool, 12)))
    passline = connected(vendor)
    passline.synced()
    vendor.break_down(".")
    vendor.counted()
    said = passline.sync_that_fails()
    assert said["error"]
    assert vendor.counted() <= 30
    assert with_rows(passline) == names(*range(1, 13))
    vendor.break_down()
    passline.synced()


@tools.of()
def test_a_vendor_that_breaks_down_after_its_lists_is_left_alone_soon(
    tool: Tool, connected: Connect
):
    """Every run fails: that is the vendor, and more of them prove no more."""
    held, count = tool.held, 25
    vendor = tool.serve(held.world(*some_runs(tool, count)))
    passline = connected(vendor)
    vendor.break_down(*(held.asked_for_rows(n) for n in range(1, count + 1)))
    (said,) = passline.sync()
    assert said["status"] in ("failed", "partial")
    assert said["error"]
    assert vendor.counted() <= 120
    vendor.break_down()
    for _ in range(2):
        passline.sync()
    assert with_rows(passline) == names(*range(1, count + 1))


def test_a_page_of_rows_in_the_middle_is_broken(connected: Connect):
    """Half of a run's rows is no run: it is named, and nothing of it counts as whole."""
    many = {f"test {number}": "passed" for number in range(150)}
    runs = [testably.run(1, many), testably.run(2, OUTCOMES, hours_ago=5)]
    second = rf"{testably.uuid('run 1')}/results\?.*page=2"
    vendor = ServedTestably(testably.world(*runs), broken=[second])
    passline = connected(vendor)
    (said,) = passline.sync()
    run = passline.named().get("Run 1")
    is_whole = run is not None and run["counts"]["passed"] == 150
    assert is_whole or said["status"] == "partial"
    assert passline.named()["Run 2"]["counts"]["total"] == 2
    vendor.break_down()
    passline.synced()
    assert passline.named()["Run 1"]["counts"]["passed"] == 150


GARBAGE = {
    "a web page": Answer(path="", raw=b"<!doctype html><title>Sign in</title>"),
    "half an object": Answer(path="", raw=b'{"data": [{"id": '),
    "nothing": Answer(path="", raw=b""),
    "a list": Answer(path="", body=[1, 2, 3]),
    "null": Answer(path="", body=None),
    "another shape": Answer(path="", body={"result": {"a": 1}, "data": {"a": 1}}),
    "403": Answer(path="", status=403, body={"message": "Forbidden"}),
    "504": Answer(path="", status=504, raw=b"<html>Gateway Time-out</html>"),
}


@pytest.mark.parametrize("what", GARBAGE)
@tools.of()
def test_runs_with_garbage_for_rows_cost_themselves(
    what: str, tool: Tool, connected: Connect
):
    held = tool.held
    vendor = tool.serve(held.world(*some_runs(tool, 7)))
    vendor.answer_instead(
        GARBAGE[what], *(held.asked_for_rows(number) for number in (4, 5, 6))
    )
    passline = connected(vendor)
    (said,) = passline.sync()
    assert said["status"] == "partial", said
    assert said["error"]
    assert {*names(1, 2, 3, 7)} <= {*with_rows(passline)}
    assert len(passline.results()) == 8


@tools.of()
def test_a_vendor_that_asks_for_a_day_of_rest_gets_it(
    tool: Tool, connected: Connect, clock: Any
):
    vendor = tool.serve(tool.held.world(*some_runs(tool, 3)))
    passline = connected(vendor)
    passline.synced()
    day = Answer(path="", status=429, headers={"Retry-After": "86400"}, body={})
    vendor.answer_instead(day, ".")
    vendor.counted()
    passline.sync_that_fails()
    assert vendor.counted() <= 5
    assert sum(clock.naps) < 3600
    (connection,) = passline.single("connections/")["results"]
    next_at = datetime.fromisoformat(connection["next_sync_at"])
    assert next_at > time.now() + timedelta(hours=23)


def test_a_limit_in_the_middle_of_a_sync_loses_nothing(connected: Connect):
    """The fourth run is refused for a day; what was read before stays."""
    runs = [testmo.run(n, OUTCOMES, hours_ago=24 * n) for n in range(1, 7)]
    vendor = ServedTestmo(testmo.world(*runs))
    day = Answer(path="", status=429, headers={"Retry-After": "86400"}, body={})
    passline = connected(vendor)
    vendor.answer_instead(day, testmo.asked_for_rows(3))
    (said,) = passline.sync()
    assert said["status"] in ("partial", "failed")
    assert with_rows(passline)
    vendor.answer_instead(day)
    passline.synced()
    assert with_rows(passline) == names(*range(1, 7))
