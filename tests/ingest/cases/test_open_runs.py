"""Runs that nobody closes are asked for ever more rarely, and still read when they
change.
"""

from __future__ import annotations

from tests.ingest.cases import tools
from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.held import testifly
from tests.ingest.cases.inputs import ago
from tests.ingest.cases.passline import counts
from tests.ingest.cases.testifly import ServedTestifly
from tests.ingest.cases.tools import Tool

HALF = {"by hand": "passed", "not yet": "running"}
DAYS_20 = 20 * 24


@tools.of()
def test_what_runs_open_for_weeks_cost(tool: Tool, connected: Connect):
    """Beyond what the vendor costs once they are closed: two requests at the second
    sync, three on average later.
    """
    held, numbers = tool.held, (1, 2, 3)
    never = [held.run(n, HALF, hours_ago=DAYS_20 + n, is_open=True) for n in numbers]
    whole = {"by hand": "passed", "not yet": "passed"}
    closed = [held.run(n, whole, hours_ago=DAYS_20 + n) for n in numbers]
    vendor = tool.serve(held.world(*never), held.world(*closed))
    passline = connected(vendor)
    asked = []
    for _ in range(5):
        passline.synced()
        asked.append(vendor.counted())
    assert [run["status"] for run in passline.runs().values()] == ["running"] * 3
    vendor.next_phase()
    for _ in range(5):
        passline.synced()
        without = vendor.counted()
    assert [run["status"] for run in passline.runs().values()] == ["passed"] * 3
    assert asked[1] <= without + 2, (without, asked)
    assert sum(asked[2:]) / 3 <= without + 3, (without, asked)


@tools.of()
def test_an_old_open_run_that_changes_is_read(tool: Tool, connected: Connect):
    """Its list says so, or its job does."""
    held = tool.held
    now = {"updated_at": ago(minutes=1)} if held is testifly else {}
    before = held.run(1, HALF, hours_ago=DAYS_20, is_open=True)
    both = {"by hand": "passed", "not yet": "failed"}
    after = held.run(1, both, hours_ago=DAYS_20, is_open=True, **now)
    vendor = tool.serve(held.world(before), held.world(after))
    passline = connected(vendor)
    for _ in range(4):
        passline.synced()
    vendor.next_phase()
    passline.synced()
    assert counts(passline.run()) == {"passed": 1, "failed": 1}


@tools.of()
def test_an_old_open_run_that_ends_is_read(tool: Tool, connected: Connect):
    held = tool.held
    now = {"updated_at": ago(minutes=1)} if held is testifly else {}
    before = held.run(1, HALF, hours_ago=DAYS_20, is_open=True)
    both = {"by hand": "passed", "not yet": "failed"}
    after = held.run(1, both, hours_ago=DAYS_20, **now)
    vendor = tool.serve(held.world(before), held.world(after))
    passline = connected(vendor)
    for _ in range(4):
        passline.synced()
    vendor.next_phase()
    passline.synced()
    run = passline.run()
    assert (run["status"], counts(run)) == ("failed", {"passed": 1, "failed": 1})


@tools.of()
def test_a_young_open_run_is_followed_with_every_sync(tool: Tool, connected: Connect):
    """Even where its list says nothing new but its rows do."""
    held = tool.held
    before = held.run(1, HALF, hours_ago=0.3, is_open=True)
    both = {"by hand": "passed", "not yet": "failed"}
    after = held.run(1, both, hours_ago=0.3, is_open=True)
    vendor = tool.serve(held.world(before), held.world(after))
    passline = connected(vendor)
    for _ in range(3):
        passline.synced()
    vendor.next_phase()
    passline.synced()
    assert counts(passline.run()) == {"passed": 1, "failed": 1}


def test_jobs_that_wait_for_an_agent_for_ever(connected: Connect):
    """They have no report, and never will: they cost next to nothing and hide nobody."""
    waiting = []
    for n in range(1, 31):
        run = testifly.run(n, {"a": "passed"}, hours_ago=24 * 10 + n)
        del run["job"]["testRunId"]
        run["job"]["status"] = "PendingAgentConnection"
        waiting.append(run)
    done = testifly.run(99, {"pays": "failed"}, hours_ago=2)
    vendor = ServedTestifly(testifly.world(*waiting, done))
    passline = connected(vendor)
    asked = []
    for _ in range(4):
        passline.synced()
        asked.append(vendor.counted())
    assert passline.failing() == ["pays"]
    assert asked[1] <= 3, asked
    assert sum(asked[2:]) / 2 <= 3, asked
