"""Lists whose total is not their length, and lists that move while they are walked:
everything is read, or the sync says that it is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.ingest.cases import tools
from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.held import testably, testmo
from tests.ingest.cases.inputs import World
from tests.ingest.cases.passline import Passline
from tests.ingest.cases.server import UNTOLD, Row, Vendor
from tests.ingest.cases.testably import ServedTestably
from tests.ingest.cases.testmo import ServedTestmo
from tests.ingest.cases.tools import Tool

PAGED = ("testmo", "testably", "testomatio v2", "testomatio classic")
GOOD = {"rings": "passed"}


def runs_of(tool: Tool, count: int, *, at_once: bool = False) -> list[Row]:
    """Run 1 is the oldest, or all began in the same second."""
    return [
        tool.held.run(n, GOOD, hours_ago=5 if at_once else 5 + count - n)
        for n in range(1, count + 1)
    ]


def is_complete_or_said(passline: Passline, said: Row, count: int) -> bool:
    """Whether all runs are there, or the sync says how many it missed."""
    seen = len(passline.runs())
    if seen == count:
        return True
    words = re.findall(r"\d+", said["error"] or "")
    return said["status"] == "partial" and {str(count), str(seen)} <= {*words}


@pytest.mark.parametrize("total", ["page", "size", 3, 0])
@tools.of(*PAGED)
def test_a_total_that_is_too_small_hides_no_run(
    total: Any, tool: Tool, connected: Connect
):
    world = tool.held.world(*runs_of(tool, 12))
    passline = connected(tool.serve(world, per_page=5, total=total))
    for _ in range(2):
        (said,) = passline.sync()
        assert len(passline.runs()) == 12 or said["status"] == "partial", said
        assert len(passline.runs()) == 12 or said["error"]
        assert passline.runs()


@pytest.mark.parametrize("total", ["12", None, "many", 12.0, [12], -1, UNTOLD])
@tools.of(*PAGED)
def test_a_total_in_another_form_hides_no_run(
    total: Any, tool: Tool, connected: Connect
):
    vendor = tool.serve(tool.held.world(*runs_of(tool, 12)), per_page=5)
    passline = connected(vendor)
    vendor.state(total)
    (said,) = passline.sync()
    assert len(passline.runs()) == 12 or (said["status"] != "ok" and said["error"])


@tools.of(*PAGED)
def test_more_stated_than_seen_is_said_in_numbers(tool: Tool, connected: Connect):
    runs = runs_of(tool, 8)
    hidden = frozenset(str(run["id"]) for run in runs[2:4])
    vendor = tool.serve(tool.held.world(*runs), unlisted=hidden, total=8)
    passline = connected(vendor)
    for _ in range(2):
        (said,) = passline.sync()
        assert said["status"] == "partial", said
        numbers = re.findall(r"\d+", said["error"])
        assert {"8", "6"} <= {*numbers}, said["error"]
        assert len(passline.runs()) == 6


@tools.of(*PAGED)
def test_an_incomplete_list_deletes_nothing(tool: Tool, connected: Connect):
    """It states 8 and shows 6; the two are there when they are asked for."""
    runs = runs_of(tool, 8)
    vendor = tool.serve(tool.held.world(*runs), total=8)
    passline = connected(vendor)
    passline.synced()
    for run in runs[2:4]:
        vendor.hide(str(run["id"]))
    (said,) = passline.sync()
    assert said["status"] == "partial", said
    assert len(passline.runs()) == 8


@tools.of(*PAGED)
def test_a_stale_total_after_a_deletion_is_said(tool: Tool, connected: Connect):
    """Two of eight are deleted, and the vendor goes on stating 8."""
    runs = runs_of(tool, 8)
    worlds = tool.held.world(*runs), tool.held.world(*runs[2:])
    vendor = tool.serve(*worlds, total=8)
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    (said,) = passline.sync()
    assert said["status"] == "partial", said
    assert {"8", "6"} <= {*re.findall(r"\d+", said["error"])}, said["error"]
    assert len(passline.runs()) >= 6


@tools.of(*PAGED)
def test_runs_of_one_second_are_all_read_across_pages(tool: Tool, connected: Connect):
    world = tool.held.world(*runs_of(tool, 12, at_once=True))
    passline = connected(tool.serve(world, per_page=5))
    passline.synced()
    assert len(passline.runs()) == 12


@tools.of(*PAGED)
def test_equal_times_that_turn_between_pages_lose_nothing_in_silence(
    tool: Tool, connected: Connect
):
    """Without a second key the order of equals is the database's mood: of 12 runs the
    three pages show 9.
    """
    world = tool.held.world(*runs_of(tool, 12, at_once=True))
    passline = connected(tool.serve(world, per_page=5, shuffles=True))
    for _ in range(2):
        (said,) = passline.sync()
        assert is_complete_or_said(passline, said, 12), said


def test_equal_times_that_turn_are_found_in_another_walk(connected: Connect):
    """Testmo's pages may be smaller, and its lists walked from the other end."""
    tool = tools.TOOLS["testmo"]
    world = tool.held.world(*runs_of(tool, 120, at_once=True))
    passline = connected(tool.serve(world, shuffles=True))
    (said,) = passline.sync()
    assert is_complete_or_said(passline, said, 120), said


@tools.of("testmo", "testably")
def test_rows_of_one_second_that_turn_between_pages(tool: Tool, connected: Connect):
    many = {f"test {number:03}": "passed" for number in range(130)}
    world = tool.held.world(tool.held.run(1, many))
    passline = connected(tool.serve(world, per_page=50, shuffles=True))
    (said,) = passline.sync()
    if said["status"] == "ok":
        assert len(passline.results()) == 130
        assert len(passline.cases()) == 130
    else:
        assert said["error"]


def between_pages(vendor: Vendor, act: Callable[[World], None]) -> None:
    """Change what the vendor holds, once, when the second page of runs is asked for."""
    done: list[bool] = []

    def watch(line: str) -> None:
        if re.search(r"/runs\?.*\bpage=2\b", line) and not done:
            done.append(True)
            act(vendor.world)

    vendor.before_answer.append(watch)


@tools.of(*PAGED)
def test_a_run_added_between_two_pages_shifts_nobody_out(
    tool: Tool, connected: Connect
):
    runs = runs_of(tool, 12)
    added = tool.held.world(tool.held.run(13, GOOD, hours_ago=1))
    vendor = tool.serve(deepcopy(tool.held.world(*runs)), per_page=5)

    def add(world: World) -> None:
        for part in ("runs", "tests", "results", "testruns"):
            if isinstance(new := added.get(part), dict):
                world[part].update(new)
            elif new:
                world[part].extend(new)

    passline = connected(vendor)
    between_pages(vendor, add)
    (said,) = passline.sync()
    assert len(passline.runs()) >= 12 or said["status"] == "partial"
    passline.sync()
    assert len(passline.runs()) == 13
    assert len(passline.results()) == 13


@pytest.mark.parametrize("gone", [1, 3])
@tools.of(*PAGED)
def test_a_run_deleted_between_two_pages_hides_no_other(
    gone: int, tool: Tool, connected: Connect
):
    """The first of page 2 moves to page 1, which was read before."""
    vendor = tool.serve(deepcopy(tool.held.world(*runs_of(tool, 12))), per_page=5)

    def delete(world: World) -> None:
        newest = sorted(world["runs"], key=lambda run: str(run["created_at"]))[-gone:]
        world["runs"] = [run for run in world["runs"] if run not in newest]

    passline = connected(vendor)
    between_pages(vendor, delete)
    (said,) = passline.sync()
    left = {run["id"] for run in vendor.world["runs"]}
    found = {*passline.runs()}
    assert {str(pk) for pk in left} <= found or said["status"] == "partial", said
    passline.synced()
    assert {*passline.runs()} == {str(pk) for pk in left}


@tools.of(*PAGED)
def test_a_vendor_that_shows_its_first_page_for_ever_is_left_in_time(
    tool: Tool, connected: Connect
):
    world = tool.held.world(*runs_of(tool, 12))
    vendor = tool.serve(world, per_page=5, repeats=True)
    passline = connected(vendor)
    (said,) = passline.sync()
    assert said["status"] in ("partial", "failed"), said
    assert said["error"]
    assert vendor.counted() <= 60


def test_full_pages_of_rows_with_the_page_s_length_as_total(connected: Connect):
    many = {f"test {number:03}": "passed" for number in range(45)}
    world = testably.world(testably.run(1, many))
    passline = connected(ServedTestably(world, per_page=20, total="page"))
    (said,) = passline.sync()
    assert len(passline.results()) == 45 or said["status"] == "partial", said


def test_milestones_beyond_the_first_page(connected: Connect):
    """A full page of milestones, whose total is the page's size, is not all of them."""
    milestones = [testably.milestone(n, f"Release {n:02}") for n in range(12)]
    run = testably.run(1, GOOD, milestone=11)
    world = testably.world(run, milestones=milestones)
    passline = connected(ServedTestably(world, per_page=5, total="size"))
    (said,) = passline.sync()
    assert len(passline.milestones()) == 12 or said["status"] == "partial", said


def test_projects_beyond_the_first_page(connected: Connect):
    projects = [testmo.project(f"Project {n}", pk=100 + n) for n in range(30)]
    world = testmo.world(testmo.run(1, GOOD), projects=[*projects, testmo.project()])
    passline = connected(ServedTestmo(world, per_page=15, total="page"))
    said = passline.sync()
    assert len(said) == 31
    assert len(passline.runs()) == 1
