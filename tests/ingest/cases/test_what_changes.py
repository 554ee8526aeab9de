"""What changes at a vendor after it was read: the next plain sync sees it."""

from __future__ import annotations

import pytest

from tests.ingest.cases.conftest import Connect
from tests.ingest.cases.inputs import phases
from tests.ingest.cases.passline import counts
from tests.ingest.cases.testably import ServedTestably
from tests.ingest.cases.testmo import ServedTestmo
from tests.ingest.cases.testomatio import ServedTestomatio


def test_deleted_run(connected: Connect):
    vendor = ServedTestmo(*phases("deleted-run", "testmo"))
    passline = connected(vendor)
    passline.synced()
    assert len(passline.runs()) == 2
    vendor.next_phase()
    passline.synced()
    assert [*passline.runs()] == ["1"]
    assert len(passline.results("?status=passed")) == 2
    assert len(passline.results()) == 2
    assert (passline.summary()["runs"], passline.summary()["results"]) == (1, 2)
    assert passline.failing() == []
    assert passline.names() == ["exports", "saves"]
    assert passline.progress("Autumn") == {"passed": 2}


def test_milestone_deleted(connected: Connect):
    vendor = ServedTestably(*phases("milestone-deleted", "testably"))
    passline = connected(vendor)
    passline.synced()
    before = passline.milestones()
    assert sorted(before) == ["Hotfix", "Spring 24.1"]
    vendor.next_phase()
    passline.synced()
    assert passline.open_milestones() == ["Spring 24.2"]
    assert passline.progress("Spring 24.2") == {"passed": 1}
    assert passline.milestones()["Spring 24.2"]["id"] == before["Spring 24.1"]["id"]


def test_milestone_given_later(connected: Connect):
    vendor = ServedTestmo(*phases("milestone-given-later", "testmo"))
    passline = connected(vendor)
    passline.synced()
    vendor.next_phase()
    passline.synced()
    assert passline.progress("Winter") == {"passed": 1, "failed": 1}


# Which fields v2 has is not certain; "auto" may ask the classic API for what it lacks.
APIS = {
    "v2": {"api": "v2"},
    "v2 with later names": {"api": "v2", "names": "later"},
    "auto with first names": {"api": "auto", "names": "first"},
    "classic": {"api": "classic"},
}
of_apis = pytest.mark.parametrize("api", APIS)


@of_apis
def test_relaunch_same_run(api: str, connected: Connect):
    vendor = ServedTestomatio(*phases("relaunch-same-run", "testomatio"), **APIS[api])
    passline = connected(vendor)
    passline.synced()
    assert passline.failing() == ["pays by voucher"]
    vendor.next_phase()
    passline.synced()
    run = passline.run()
    assert (run["status"], counts(run)) == ("passed", {"passed": 2})
    assert passline.failing() == []
    assert passline.disagreements() == []
    assert run["vendor_counts"]["passed"] == 2
    # The second go is the same row of the vendor's, so it is no retry.
    assert passline.flaky() == []


def test_reopened_run(connected: Connect):
    vendor = ServedTestably(*phases("reopened-run", "testably"))
    passline = connected(vendor)
    passline.synced()
    assert passline.failing() == ["resets password"]
    vendor.next_phase()
    passline.synced()
    run = passline.run()
    assert (run["status"], counts(run)) == ("running", {"passed": 1, "untested": 1})
    assert run["finished_at"] is None
    assert passline.failing() == []


def test_source_renamed(connected: Connect):
    vendor = ServedTestmo(*phases("source-renamed", "testmo"))
    passline = connected(vendor)
    passline.synced()
    (before,) = passline.cases()
    assert passline.failing() == ["charges"]
    vendor.next_phase()
    passline.synced()
    (after,) = passline.cases()
    assert after["id"] == before["id"]
    assert passline.failing() == []
    assert {run["source"] for run in passline.runs().values()} == {"api-e2e"}


@of_apis
def test_stuck_then_terminated(api: str, connected: Connect):
    vendor = ServedTestomatio(
        *phases("stuck-then-terminated", "testomatio"), **APIS[api]
    )
    passline = connected(vendor)
    passline.synced()
    assert passline.run()["status"] == "running"
    assert counts(passline.run()) == {"passed": 1, "untested": 1}
    vendor.next_phase()
    passline.synced()
    run = passline.run()
    assert (run["status"], counts(run)) == ("cancelled", {"passed": 1, "skipped": 1})


def test_visible_late(connected: Connect):
    vendor = ServedTestmo(*phases("visible-late", "testmo"))
    passline = connected(vendor)
    passline.synced()
    assert [*passline.runs()] == ["1"]
    vendor.next_phase()
    passline.synced()
    assert sorted(passline.runs()) == ["1", "2"]
    assert passline.failing() == ["opens door"]
