"""Milestones, sources, configurations, suites and projects that are renamed, moved or
deleted at the vendor.
"""

from __future__ import annotations

import pytest

from tests.ingest.cases import tools
from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.held import testably, testmo, testomatio
from tests.ingest.cases.inputs import ago
from tests.ingest.cases.passline import Passline
from tests.ingest.cases.server import Vendor
from tests.ingest.cases.testably import ServedTestably
from tests.ingest.cases.testmo import ServedTestmo
from tests.ingest.cases.testomatio import ServedTestomatio
from tests.ingest.cases.tools import Tool

MIXED = {"saves": "passed", "exports": "failed"}


def go_on(vendor: Vendor, passline: Passline) -> None:
    vendor.next_phase()
    passline.synced()


@tools.of("testmo", "testably")
def test_a_milestone_given_later_counts_the_run(tool: Tool, connected: Connect):
    held = tool.held
    parts = {"milestones": [held.milestone(9, "Winter")]}
    before, after = held.run(1, MIXED), held.run(1, MIXED, milestone=9)
    vendor = tool.serve(held.world(before, **parts), held.world(after, **parts))
    passline = connected(vendor)
    passline.synced()
    assert passline.progress("Winter") == {}
    go_on(vendor, passline)
    assert passline.progress("Winter") == {"passed": 1, "failed": 1}


@tools.of("testmo", "testably")
def test_a_milestone_taken_away_loses_the_run(tool: Tool, connected: Connect):
    held = tool.held
    parts = {"milestones": [held.milestone(9, "Winter")]}
    before, after = held.run(1, MIXED, milestone=9), held.run(1, MIXED)
    vendor = tool.serve(held.world(before, **parts), held.world(after, **parts))
    passline = connected(vendor)
    passline.synced()
    assert passline.progress("Winter") == {"passed": 1, "failed": 1}
    go_on(vendor, passline)
    assert passline.progress("Winter") == {}
    assert passline.run()["milestones"] == []


@tools.of("testmo", "testably")
def test_a_run_moves_to_another_milestone(tool: Tool, connected: Connect):
    held = tool.held
    parts = {"milestones": [held.milestone(8, "Autumn"), held.milestone(9, "Winter")]}
    before, after = (held.run(1, MIXED, milestone=number) for number in (8, 9))
    vendor = tool.serve(held.world(before, **parts), held.world(after, **parts))
    passline = connected(vendor)
    passline.synced()
    go_on(vendor, passline)
    assert passline.progress("Autumn") == {}
    assert passline.progress("Winter") == {"passed": 1, "failed": 1}


@tools.of("testmo", "testably")
def test_a_milestone_made_later_gets_its_runs(tool: Tool, connected: Connect):
    held = tool.held
    before, after = held.run(1, MIXED), held.run(1, MIXED, milestone=9)
    made = held.milestone(9, "Winter", created_at=ago(minutes=1, fraction=False))
    vendor = tool.serve(held.world(before), held.world(after, milestones=[made]))
    passline = connected(vendor)
    passline.synced()
    go_on(vendor, passline)
    assert passline.open_milestones() == ["Winter"]
    assert passline.progress("Winter") == {"passed": 1, "failed": 1}


@tools.of("testmo", "testably")
def test_a_renamed_milestone_is_the_same(tool: Tool, connected: Connect):
    held, run = tool.held, tool.held.run(1, MIXED, milestone=9)
    worlds = [
        held.world(run, milestones=[held.milestone(9, name)])
        for name in ("Spring 24.1", "Spring 24.2")
    ]
    vendor = tool.serve(*worlds)
    passline = connected(vendor)
    passline.synced()
    before = passline.milestones()["Spring 24.1"]
    go_on(vendor, passline)
    assert passline.open_milestones() == ["Spring 24.2"]
    assert passline.milestones()["Spring 24.2"]["id"] == before["id"]
    assert passline.progress("Spring 24.2") == {"passed": 1, "failed": 1}


@tools.of("testmo", "testably")
def test_two_milestones_that_swap_their_names_keep_their_runs(
    tool: Tool, connected: Connect
):
    held = tool.held
    runs = [held.run(1, MIXED, milestone=8), held.run(2, {"z": "passed"}, milestone=9)]
    worlds = [
        held.world(*runs, milestones=[held.milestone(8, a), held.milestone(9, b)])
        for a, b in [("Blue", "Green"), ("Green", "Blue")]
    ]
    vendor = tool.serve(*worlds)
    passline = connected(vendor)
    passline.synced()
    assert passline.progress("Blue") == {"passed": 1, "failed": 1}
    go_on(vendor, passline)
    assert sorted(passline.open_milestones()) == ["Blue", "Green"]
    assert passline.progress("Green") == {"passed": 1, "failed": 1}
    assert passline.progress("Blue") == {"passed": 1}


@tools.of("testmo", "testably")
def test_a_milestone_that_is_done_is_no_longer_open(tool: Tool, connected: Connect):
    held, run = tool.held, tool.held.run(1, MIXED, milestone=9)
    worlds = [
        held.world(run, milestones=[held.milestone(9, "Winter", is_done=is_done)])
        for is_done in (False, True)
    ]
    vendor = tool.serve(*worlds)
    passline = connected(vendor)
    passline.synced()
    assert passline.open_milestones() == ["Winter"]
    go_on(vendor, passline)
    assert passline.open_milestones() == []


@tools.of("testmo", "testably")
def test_a_deleted_milestone_is_not_open_and_its_run_stays(
    tool: Tool, connected: Connect
):
    held = tool.held
    kept, gone = held.milestone(8, "Autumn"), held.milestone(9, "Hotfix")
    runs = held.run(1, MIXED, milestone=8), held.run(2, MIXED, milestone=9)
    left = runs[0], held.run(2, MIXED)
    before = held.world(*runs, milestones=[kept, gone])
    vendor = tool.serve(before, held.world(*left, milestones=[kept]))
    passline = connected(vendor)
    passline.synced()
    go_on(vendor, passline)
    assert passline.open_milestones() == ["Autumn"]
    assert sorted(passline.named()) == ["Run 1", "Run 2"]
    assert passline.progress("Autumn") == {"passed": 1, "failed": 1}


@pytest.mark.parametrize("as_due", ["2030-12-24", "2030-12-24T00:00:00.000Z"])
@tools.of("testmo", "testably")
def test_a_due_date_that_moves_is_followed(as_due: str, tool: Tool, connected: Connect):
    held, run = tool.held, tool.held.run(1, MIXED, milestone=9)
    worlds = [
        held.world(run, milestones=[held.milestone(9, "Winter", due_date=due)])
        for due in (None, as_due)
    ]
    vendor = tool.serve(*worlds)
    passline = connected(vendor)
    passline.synced()
    assert passline.milestones()["Winter"]["due_at"] is None
    go_on(vendor, passline)
    assert passline.milestones()["Winter"]["due_at"].startswith("2030-12-24")


def renamed_source(name: str, *numbers: int) -> dict[str, object]:
    runs = {
        1: testmo.run(1, {"charges": "failed"}, hours_ago=48),
        2: testmo.run(2, {"charges": "passed"}, hours_ago=2),
    }
    return testmo.world(
        *(runs[number] for number in numbers), sources=[testmo.source(1, name)]
    )


def test_a_source_renamed_without_a_new_run(connected: Connect):
    worlds = [renamed_source(name, 1) for name in ("api-tests", "api-e2e")]
    vendor = ServedTestmo(*worlds)
    passline = connected(vendor)
    passline.synced()
    (before,) = passline.cases()
    go_on(vendor, passline)
    (after,) = passline.cases()
    assert after["id"] == before["id"]
    assert passline.run()["source"] == "api-e2e"
    assert [*passline.runs("?source=api-e2e")] == ["1"]


def test_a_source_renamed_twice_and_back(connected: Connect):
    vendor = ServedTestmo(
        renamed_source("api-tests", 1),
        renamed_source("api-e2e", 1, 2),
        renamed_source("api-tests", 1, 2),
    )
    passline = connected(vendor)
    passline.synced()
    go_on(vendor, passline)
    go_on(vendor, passline)
    assert passline.names() == ["charges"]
    assert passline.failing() == []
    assert len(passline.results()) == 2


def test_a_source_that_takes_the_name_of_a_renamed_one_is_another(connected: Connect):
    """`api` becomes `old-api`, and a new source is called `api`: same keys, two tests."""
    old = testmo.run(1, {"charges": "failed"}, hours_ago=48)
    new = testmo.run(2, {"charges": "passed"}, hours_ago=2, source_id=2)
    later = [testmo.source(1, "old-api"), testmo.source(2, "api")]
    vendor = ServedTestmo(
        testmo.world(old, sources=[testmo.source(1, "api")]),
        testmo.world(old, new, sources=later),
    )
    passline = connected(vendor)
    passline.synced()
    go_on(vendor, passline)
    assert len(passline.cases()) == 2
    assert passline.failing() == ["charges"]
    assert {run["source"] for run in passline.runs().values()} == {"api", "old-api"}


def test_a_renamed_configuration_is_no_second_series(connected: Connect):
    old = testmo.run(1, {"charges": "failed"}, hours_ago=48, config_id=3)
    new = testmo.run(2, {"charges": "passed"}, hours_ago=2, config_id=3)
    vendor = ServedTestmo(
        testmo.world(old, configs=[testmo.config(3, "Chrome")]),
        testmo.world(old, new, configs=[testmo.config(3, "Chrome 120")]),
    )
    passline = connected(vendor)
    passline.synced()
    assert passline.failing() == ["charges"]
    go_on(vendor, passline)
    assert passline.failing() == []
    runs = passline.runs().values()
    assert {run["configuration"] for run in runs} == {"Chrome 120"}


def test_a_renamed_test_is_the_same(connected: Connect):
    """Testmo's key and Testably's test case id say so."""
    renamed = testmo.run(2, {"charges": "passed"}, hours_ago=2)
    renamed["rows"][0] |= {"name": "charges a card", "folder": "till"}
    old = testmo.run(1, {"charges": "failed"}, hours_ago=48)
    vendor = ServedTestmo(testmo.world(old), testmo.world(old, renamed))
    passline = connected(vendor)
    passline.synced()
    go_on(vendor, passline)
    (case,) = passline.cases()
    assert (case["name"], case["folder"]) == ("charges a card", "till")
    assert passline.failing() == []


def test_a_renamed_test_case_is_the_same(connected: Connect):
    old = testably.run(1, {"charges": "failed"}, hours_ago=48)
    new = testably.run(2, {"charges": "passed"}, hours_ago=2)
    new["rows"][0]["test_case_title"] = "charges a card"
    vendor = ServedTestably(testably.world(old), testably.world(old, new))
    passline = connected(vendor)
    passline.synced()
    go_on(vendor, passline)
    assert passline.names() == ["charges a card"]
    assert passline.failing() == []


@pytest.mark.parametrize("api", ["v2", "classic"])
def test_a_renamed_suite_does_not_double_its_tests(api: str, connected: Connect):
    old = testomatio.run(1, {"charges": "failed"}, hours_ago=48)
    new = testomatio.run(2, {"charges": "passed"}, hours_ago=2)
    vendor = ServedTestomatio(
        testomatio.world(old, suite="Till"),
        testomatio.world(old, new, suite="Tills and pages"),
        api=api,
    )
    passline = connected(vendor)
    passline.synced()
    go_on(vendor, passline)
    (case,) = passline.cases()
    assert (case["name"], case["folder"]) == ("charges", "Tills and pages")
    assert passline.failing() == []


@tools.of("testmo", "testably", "testomatio v2", "testomatio classic")
def test_a_renamed_project_is_the_same(tool: Tool, connected: Connect):
    held, run = tool.held, tool.held.run(1, MIXED)
    worlds = [
        held.world(run, projects=[held.project(name)]) for name in ("Harbour", "Port")
    ]
    vendor = tool.serve(*worlds)
    passline = connected(vendor)
    passline.synced()
    go_on(vendor, passline)
    assert passline.projects() == ["Port"]
    assert len(passline.named()) == 1


@tools.of("testmo", "testably", "testomatio v2", "testomatio classic")
def test_a_deleted_project_counts_nowhere_and_others_are_read(
    tool: Tool, connected: Connect
):
    held = tool.held
    other = held.project("Island", pk=ISLAND[tool.held.__name__.rpartition(".")[2]])
    world = held.world(held.run(1, MIXED), projects=[held.project(), other])
    gone = held.world(projects=[other])
    vendor = tool.serve(world, gone)
    passline = connected(vendor)
    passline.sync()
    assert passline.projects() == ["Harbour", "Island"]
    assert passline.failing() == ["exports"]
    vendor.next_phase()
    passline.sync()
    said = passline.sync()
    assert {one["project"]: one["status"] for one in said}.get(str(other["id"])) == "ok"
    assert passline.failing() == []
    assert passline.named() == {}
    assert passline.projects() == ["Island"]


ISLAND = {
    "testmo": 8,
    "testably": "11111111-2222-4333-8444-555555555555",
    "testomatio": "island",
}
