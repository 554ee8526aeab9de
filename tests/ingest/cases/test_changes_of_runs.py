"""Runs that change, go and come back at any vendor after they were read."""

from __future__ import annotations

import pytest

from tests.ingest.cases import tools
from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.held import testifly
from tests.ingest.cases.inputs import ago
from tests.ingest.cases.passline import counts
from tests.ingest.cases.testably import ServedTestably
from tests.ingest.cases.testifly import ServedTestifly
from tests.ingest.cases.testmo import ServedTestmo
from tests.ingest.cases.tools import Tool

GOOD = {"saves": "passed", "exports": "passed"}
BAD = {"saves": "failed", "only then": "failed"}
NOW = {"updated_at": ago(minutes=1)}


def changed(tool: Tool) -> dict[str, str]:
    """What Testifly's job says when its report has changed."""
    return NOW if tool.held is testifly else {}


@tools.of()
def test_a_deleted_run_counts_nowhere(tool: Tool, connected: Connect):
    held = tool.held
    good, bad = held.run(1, GOOD), held.run(2, BAD, hours_ago=6)
    vendor = tool.serve(held.world(good, bad), held.world(good))
    passline = connected(vendor)
    passline.synced()
    assert sorted(passline.failing()) == ["only then", "saves"]
    vendor.next_phase()
    passline.synced()
    assert [*passline.named()] == ["Run 1"]
    assert passline.failing() == []
    assert passline.names() == ["exports", "saves"]
    assert counts(passline.summary()) == {"passed": 2}


@tools.of_all()
def test_the_only_run_of_a_project_may_be_deleted(tool: Tool, connected: Connect):
    held = tool.held
    vendor = tool.serve(held.world(held.run(1, BAD)), held.world())
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    assert passline.named() == {}
    assert passline.failing() == []
    assert passline.names() == []


@tools.of_all()
def test_an_old_deleted_run_is_missed_too(tool: Tool, connected: Connect):
    held = tool.held
    old, new = held.run(1, BAD, hours_ago=26 * 24), held.run(2, {"other": "passed"})
    vendor = tool.serve(held.world(old, new), held.world(new))
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    assert [*passline.named()] == ["Run 2"]
    assert passline.names() == ["other"]


@tools.of()
def test_a_run_that_no_list_shows_but_that_is_given_stays(
    tool: Tool, connected: Connect
):
    held = tool.held
    good, bad = held.run(1, GOOD), held.run(2, BAD, hours_ago=6)
    vendor = tool.serve(held.world(good, bad))
    passline = connected(vendor)
    passline.synced()
    pk = bad.get("id", bad.get("runId"))
    vendor.hide(str(pk))
    passline.sync()
    assert sorted(passline.named()) == ["Run 1", "Run 2"]
    assert sorted(passline.failing()) == ["only then", "saves"]


@tools.of_all()
def test_a_run_that_cannot_be_asked_for_stays(tool: Tool, connected: Connect):
    held = tool.held
    good, bad = held.run(1, GOOD), held.run(2, BAD, hours_ago=6)
    vendor = tool.serve(held.world(good, bad))
    passline = connected(vendor)
    passline.synced()
    pk = str(bad.get("id", bad.get("runId")))
    vendor.hide(pk)
    vendor.break_down(rf"/\w+/{pk}\b")
    passline.sync()
    assert sorted(passline.named()) == ["Run 1", "Run 2"]


@tools.of()
def test_a_deleted_run_that_comes_back_counts_again(tool: Tool, connected: Connect):
    held = tool.held
    good, bad = held.run(1, GOOD), held.run(2, BAD, hours_ago=6)
    both, one = held.world(good, bad), held.world(good)
    vendor = tool.serve(both, one, both)
    passline = connected(vendor)
    for _ in range(2):
        passline.synced()
        vendor.next_phase()
    passline.synced()
    assert sorted(passline.named()) == ["Run 1", "Run 2"]
    assert sorted(passline.failing()) == ["only then", "saves"]
    assert len(passline.results()) == 4


@tools.of_all()
def test_a_run_has_the_name_that_it_has_today(tool: Tool, connected: Connect):
    held = tool.held
    before = held.run(1, GOOD, name="Nightly")
    after = held.run(1, GOOD, name="Nightly, second go", **changed(tool))
    vendor = tool.serve(held.world(before), held.world(after))
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    assert [*passline.named()] == ["Nightly, second go"]


@tools.of()
def test_a_verdict_that_is_corrected_later_counts(tool: Tool, connected: Connect):
    held = tool.held
    before = held.run(1, {"saves": "passed", "exports": "failed"})
    after = held.run(1, GOOD, **changed(tool))
    vendor = tool.serve(held.world(before), held.world(after))
    passline = connected(vendor)
    passline.synced()
    assert passline.failing() == ["exports"]
    vendor.next_phase()
    passline.synced()
    assert counts(passline.run()) == {"passed": 2}
    assert passline.run()["status"] == "passed"
    assert passline.failing() == []
    assert passline.flaky() == []
    assert passline.disagreements() == []


@tools.of_all()
def test_a_test_whose_results_are_all_gone_leaves(tool: Tool, connected: Connect):
    held = tool.held
    before = held.run(1, {"saves": "passed", "by mistake": "failed"})
    after = held.run(1, {"saves": "passed"}, **changed(tool))
    vendor = tool.serve(held.world(before), held.world(after))
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    assert counts(passline.run()) == {"passed": 1}
    assert passline.names() == ["saves"]
    assert passline.failing() == []


@tools.of()
def test_results_that_come_after_the_end_count(tool: Tool, connected: Connect):
    held = tool.held
    before = held.run(1, {"saves": "passed"})
    after = held.run(1, {"saves": "passed", "late": "failed"}, **changed(tool))
    vendor = tool.serve(held.world(before), held.world(after))
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    assert counts(passline.run()) == {"passed": 1, "failed": 1}
    assert passline.failing() == ["late"]


@tools.of_all()
@pytest.mark.parametrize("hours_ago", [0.7, 50, 20 * 24])
def test_a_run_that_is_shown_late_is_read(
    hours_ago: float, tool: Tool, connected: Connect
):
    held = tool.held
    first = held.run(1, {"opens door": "passed"}, hours_ago=30 * 24)
    late = held.run(2, {"opens door": "failed"}, hours_ago=hours_ago)
    last = held.run(3, {"rings": "passed"}, hours_ago=0.5)
    vendor = tool.serve(held.world(first, last), held.world(first, late, last))
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    assert sorted(passline.named()) == ["Run 1", "Run 2", "Run 3"]
    assert passline.results("?status=failed")[0]["case"]["name"] == "opens door"


@tools.of_all()
def test_a_reopened_run_is_running(tool: Tool, connected: Connect):
    held = tool.held
    before = held.run(1, {"logs in": "passed", "resets": "failed"}, hours_ago=5)
    half = {"logs in": "passed", "resets": "running"}
    after = held.run(1, half, hours_ago=5, is_open=True, **changed(tool))
    vendor = tool.serve(held.world(before), held.world(after))
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    run = passline.run()
    assert run["status"] == "running"
    assert run["finished_at"] is None
    assert counts(run)["passed"] == 1
    assert run["counts"]["failed"] == 0
    assert passline.failing() == []


@tools.of_all()
def test_a_run_that_was_open_ends(tool: Tool, connected: Connect):
    held = tool.held
    half = {"boils": "passed", "pours": "running"}
    before = held.run(1, half, hours_ago=2, is_open=True)
    done = {"boils": "passed", "pours": "failed"}
    after = held.run(1, done, hours_ago=2, **changed(tool))
    vendor = tool.serve(held.world(before), held.world(after))
    passline = connected(vendor)
    passline.synced()
    assert passline.run()["status"] == "running"
    vendor.next_phase()
    passline.synced()
    run = passline.run()
    assert (run["status"], counts(run)) == ("failed", {"passed": 1, "failed": 1})
    assert run["finished_at"] is not None


def test_a_job_older_than_the_list_of_jobs_is_no_deleted_run(connected: Connect):
    """The list holds a month only: what it no longer shows has grown old."""
    old = testifly.run(1, BAD, hours_ago=30 * 24)
    new = testifly.run(2, {"other": "passed"})
    aged = old | {"job": old["job"] | {"updatedAt": ago(days=32)}}
    vendor = ServedTestifly(testifly.world(old, new), testifly.world(aged, new))
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    assert sorted(passline.named()) == ["Run 1", "Run 2"]


def test_a_run_that_ends_without_all_its_results(connected: Connect):
    held = tools.TOOLS["testably"].held
    half = {"boils": "passed", "pours": "running"}
    before = held.run(1, half, hours_ago=2, is_open=True)
    vendor = ServedTestably(
        held.world(before), held.world(held.run(1, half, hours_ago=2))
    )
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    run = passline.run()
    assert (run["status"], counts(run)) == ("passed", {"passed": 1, "untested": 1})


def test_a_second_go_in_the_same_run_is_an_attempt(connected: Connect):
    """Testmo appends rows to a run: the same key again, later."""
    held = tools.TOOLS["testmo"].held
    before = held.run(1, {"pays": "failed"}, hours_ago=5)
    (first,) = before["rows"]
    again = held.test(1001, "pays", "passed", ago(hours=1))
    after = (
        before
        | held.counted(["failed", "passed"])
        | {
            "status": 2,
            "completed_at": ago(minutes=50),
            "rows": [first, again],
        }
    )
    vendor = ServedTestmo(held.world(before), held.world(after))
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    run = passline.run()
    assert (run["status"], counts(run)) == ("passed", {"passed": 1})
    assert [r["attempt"] for r in passline.results()] == [2, 1]
    assert passline.failing() == []
    assert passline.disagreements() == []
