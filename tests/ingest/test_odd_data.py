"""Odd but valid data, through HTTP and connector to the database, and back whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from ingest.models import (
    Case,
    Milestone,
    MilestoneMember,
    Reject,
    Result,
    ResultText,
    Run,
    RunMilestone,
)
from ingest.rollups import differences
from ingest.simulator.faults import rows_of
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testifly import SimulatedTestifly
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from ingest.simulator.world import SimRun
from tests.clock import now as clock_now
from tests.ingest import small_world
from tests.ingest.served import Served, a_testmo, served
from tests.ingest.tables import tables

pytestmark = pytest.mark.django_db

OUTCOMES = ["passed", "failed", "passed", "passed", "failed", "passed", "passed"]


@dataclass(frozen=True)
class Wire:
    """Where a vendor says name, time and duration of a test; `unit` is 1 ms there."""

    simulator: type[Simulator]
    rows: str
    name: str
    time: str
    duration: str
    unit: float


WIRES = {
    "testmo": Wire(SimulatedTestmo, "/tests", "name", "created_at", "elapsed", 1000),
    "testomatio": Wire(
        SimulatedTestomatio,
        "/api/v2/.*testruns",
        "test_title",
        "finished_at",
        "run_time",
        1,
    ),
    "testably": Wire(
        SimulatedTestably, "/results", "test_case_title", "tested_at", "elapsed", 0.001
    ),
    "qatech": Wire(
        SimulatedQaTech, "/run-test-case/", "name", "startedAt", "durationMs", 1
    ),
    "testifly": Wire(
        SimulatedTestifly, "testRun/", "title", "startTime", "duration", 1
    ),
}


@dataclass(frozen=True)
class Odd:
    """What a vendor says of a test, and what must be stored of it; `at` None: its time
    is unknown, and it counts at its run's start.
    """

    time: str
    at: datetime | None
    duration_ms: float
    stored_ms: int | None
    name: str
    stored_name: str


def at(year: int, *rest: int) -> datetime:
    return datetime(year, *rest, tzinfo=UTC)


ODD = [
    Odd("2026-02-28T10:00:00", at(2026, 2, 28, 10), 0, 0, "x" * 300, "x" * 300),
    Odd("2126-01-01T00:00:00Z", None, -41, None, "🧪" * 90, "🧪" * 90),
    Odd("9999-12-31T23:59:59Z", None, 5, 5, "a\x00b", "a␀b"),
    Odd("1949-05-23T08:00:00Z", None, 1e300, None, "tab\tand\nline", ""),
    Odd("0001-01-01T00:00:00Z", None, 7, 7, "half \ud83d", "half ?"),
    Odd("2026-02-28T10:00:00+05:30", at(2026, 2, 28, 4, 30), 9, 9, "مرحبا", "مرحبا"),
    Odd("2026-02-28 10:00:00", at(2026, 2, 28, 10), 86_400_000_000, None,
        r"\N \. \\ {}", r"\N \. \\ {}"),
]  # fmt: skip


def odd_of(name: str) -> Odd:
    """The n-th case of the small world gets the n-th oddity."""
    return ODD[int(name.removeprefix("Case ")) - 1]


def rows_in(payload: Any) -> list[Any]:
    """The tests in an answer: Testifly's first list is another, QA.tech has none."""
    found = payload.get("tests") or rows_of(payload)
    return list(found) if isinstance(found, list) and found else [payload]


def make_odd(wire: Wire) -> Callable[[Any], Any]:
    def edit(payload: Any) -> Any:
        for row in rows_in(payload):
            odd = odd_of(row[wire.name])
            row[wire.name], row[wire.time] = odd.name, odd.time
            row[wire.duration] = odd.duration_ms * wire.unit
        return payload

    return edit


def renamed(payload: Any) -> Any:
    """QA.tech says a test's name in the run, its time and duration elsewhere."""
    for row in payload["runTestCases"]:
        row["name"] = odd_of(row["name"]).name
    return payload


def odd_vendor(vendor: str) -> Simulator:
    run = small_world.run(1, OUTCOMES)
    run.tags = ("nightly",)
    return WIRES[vendor].simulator(small_world.world(vendor, [run]), relaxed=True)


@pytest.mark.parametrize("vendor", WIRES)
def test_odd_times_durations_and_names_come_back_whole(
    vendor: str, settings: Any, clock: Any
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    wire, simulator = WIRES[vendor], odd_vendor(vendor)
    simulator.faults.add(wire.rows, "edit", times=None, edit=make_odd(wire))
    simulator.faults.add("/v1/run/", "edit", times=None, edit=renamed)
    with served(simulator) as row:
        parent = row.sync()
        assert (parent.status, parent.error, parent.rejected) == ("ok", "", 0)
        check_stored(vendor)
        before = tables()
        again = row.sync()
        assert (again.status, again.results_read, again.results_written) == ("ok", 0, 0)
        full = row.sync(is_full=True)
        assert (full.status, full.runs_written, full.results_written) == ("ok", 0, 0)
    assert full.results_read == len(ODD)
    assert tables() == before
    assert not list(differences())


def check_stored(vendor: str) -> None:
    found = {row.case.name: row for row in Result.objects.select_related("case")}
    wanted = {odd.stored_name or odd.name: odd for odd in ODD}
    assert found.keys() == wanted.keys()
    run = Run.objects.get()
    assert run.started_at is not None
    for name, odd in wanted.items():
        # No document says which zone Testomat.io means where it names none.
        is_known = odd.at and not (vendor == "testomatio" and odd.time[-3:] == ":00")
        stored = (found[name].at, found[name].duration_ms)
        expected = odd.at if is_known or "+" in odd.time else run.started_at
        assert stored == (expected, odd.stored_ms), name
        assert found[name].has_own_time == (expected is odd.at)
    # A doubt about a value is shown, with the outcome stored all the same.
    doubts = Reject.objects.values_list("is_stored", "reason_key")
    assert sorted({is_stored for is_stored, _ in doubts}) == [True]
    assert len(doubts) == (6 if vendor == "testomatio" else 5)
    assert run.counts.total == len(ODD)
    assert run.finished_at is not None
    assert run.started_at <= run.finished_at <= clock_now()


@pytest.mark.parametrize("time", ["soon", "2026-02-30T10:00:00Z", 2026, True])
@pytest.mark.parametrize("vendor", ["testmo", "testifly"])
def test_a_time_that_is_none_costs_itself_and_is_told_until_it_is_mended(
    vendor: str, time: Any, settings: Any, clock: Any
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    wire, simulator = WIRES[vendor], odd_vendor(vendor)

    def edit(payload: Any) -> Any:
        rows_in(payload)[0][wire.time] = time
        return payload

    simulator.faults.add(wire.rows, "edit", times=None, edit=edit)
    with served(simulator) as row:
        parent = row.sync()
        assert (parent.status, parent.rejected) == ("ok", 0)
        reject = Reject.objects.get()
        assert (reject.is_stored, reject.resolved_at) == (True, None)
        assert wire.time in reject.reason
        assert str(time) in reject.reason
        assert Result.objects.count() == len(OUTCOMES)
        assert Result.objects.filter(has_own_time=False).count() == 1
        simulator.faults.clear()
        assert row.sync(is_full=True).status == "ok"
    assert Result.objects.filter(has_own_time=True).count() == len(OUTCOMES)
    reject.refresh_from_db()
    assert reject.resolved_at is not None


# --- the same row twice ------------------------------------------------------------


@pytest.fixture
def vendor(settings: Any, clock: Any) -> Any:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    with served(a_testmo()) as vendor:
        yield vendor


def test_a_row_that_comes_twice_is_one_result(vendor: Served):
    whole = vendor.undisturbed()
    vendor.simulator.faults.add("/tests", "duplicate_rows", times=None)
    assert vendor.sync().status == "ok"
    assert tables() == whole


def test_a_key_that_comes_twice_in_one_batch_is_two_attempts(vendor: Served):
    def twice(payload: Any) -> Any:
        for row in list(payload["result"]):
            later = row | {"automation_test_id": row["automation_test_id"] + 500_000}
            payload["result"].append(later | {"status": 3})
        return payload

    vendor.simulator.faults.add("/tests", "edit", times=None, edit=twice)
    assert vendor.sync().status == "ok"
    runs = Run.objects.count()
    assert Result.objects.filter(attempt=2, is_final=True, status=2).count() == 5 * runs
    assert Result.objects.filter(attempt=1, is_final=False).count() == 5 * runs
    assert {run.counts.failed for run in Run.objects.all()} == {5}
    assert vendor.sync(is_full=True).results_written == 0


def test_messages_of_any_length_and_content_come_back_whole(settings: Any, clock: Any):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    message = "Zeile\r\n\tEnde \\N \\. 🧨 " + "y" * 50_000
    run = small_world.run(1, ["failed"])
    run.results = [replace(run.results[0], message=message)]
    simulator = SimulatedTestifly(small_world.world("testifly", [run]), relaxed=True)
    with served(simulator) as row:
        assert row.sync().status == "ok"
    assert ResultText.objects.get().message == message


# --- lists that move while they are read ------------------------------------------


def many_runs(count: int) -> list[SimRun]:
    start = small_world.NOW - timedelta(days=20)
    return [
        small_world.run(n, ["passed"], started_at=start + timedelta(hours=n))
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("change", ["a run comes in", "a run is deleted"])
def test_a_list_that_shifts_between_two_pages_loses_no_run(
    change: str, settings: Any, clock: Any
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    world = small_world.world("testably", many_runs(103))
    simulator = SimulatedTestably(world, relaxed=True)
    runs = simulator.projects[0].runs
    kept = {f"run_{run.number}" for run in runs} - {"run_101"}

    def shift(payload: Any) -> Any:
        if change == "a run comes in":
            start = small_world.NOW - timedelta(minutes=30)
            runs.append(small_world.run(999, ["passed"], started_at=start))
        else:
            runs.remove(next(run for run in runs if run.number == 101))
        return payload

    simulator.faults.add(r"/runs\?.*page=1\b", "edit", edit=shift)
    with served(simulator) as row:
        assert row.sync().status == "ok"
        assert set(Run.objects.values_list("external_id", flat=True)) >= kept
        row.sync(is_full=True)
        there = Run.objects.filter(removed_at=None)
    now = {f"run_{run.number}" for run in runs}
    assert set(there.values_list("external_id", flat=True)) == now


def test_a_run_deleted_between_the_list_and_its_rows_costs_nothing(vendor: Served):
    runs = vendor.simulator.projects[0].runs

    def delete(payload: Any) -> Any:
        runs[:] = [run for run in runs if run.number != 3]
        return payload

    vendor.simulator.faults.add("projects/1/automation/runs", "edit", edit=delete)
    assert vendor.sync().status == "ok"
    assert not Run.objects.filter(external_id="3").exists()
    assert Run.objects.filter(project__name="Product 1").count() == 5


def test_an_open_run_deleted_at_the_vendor_is_marked_by_a_plain_sync(vendor: Served):
    runs = vendor.simulator.projects[0].runs
    runs[2].finished_at = None
    assert vendor.sync().status == "ok"
    stored = Run.objects.get(is_open=True)
    del runs[2]
    Run.objects.update(read_at=F("read_at") - timedelta(days=1))
    assert vendor.sync().status == "ok"
    stored.refresh_from_db()
    assert stored.removed_at is not None
    assert not stored.is_open
    assert not Result.objects.filter(run=stored, removed_at=None).exists()
    asked = len(vendor.simulator.log)
    vendor.sync()
    paths = [entry.path for entry in list(vendor.simulator.log)[asked:]]
    assert not any(path.endswith(f"/{stored.external_id}") for path in paths)


# --- a milestone with another name --------------------------------------------------


@pytest.mark.parametrize("vendor_name", ["testmo", "testably"])
def test_a_renamed_milestone_keeps_its_runs_and_its_address(
    vendor_name: str, settings: Any, clock: Any
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    world = small_world.world(vendor_name, [small_world.run(1, ["passed"])])
    simulator = WIRES[vendor_name].simulator(world, relaxed=True)
    project = simulator.projects[0]
    with served(simulator) as row:
        row.sync()
        before = Milestone.objects.get()
        for name in ("Release 1.0 · Herbst", "release 1.0 ·  HERBST"):
            project.milestones[0] = replace(project.milestones[0], name=name)
            parent = row.sync()
            assert (parent.status, parent.results_written) == ("ok", 0)
            milestone = Milestone.objects.get()
            assert (milestone.pk, milestone.name) == (before.pk, name)
    assert MilestoneMember.objects.get().name == name
    link = RunMilestone.objects.get(removed_at=None)
    assert link.member.milestone_id == before.pk


def test_a_renamed_milestone_leaves_the_one_that_it_shared(vendor: Served):
    vendor.sync()
    shared = Milestone.objects.get()
    assert shared.members.count() == 2
    project = vendor.simulator.projects[0]
    project.milestones[0] = replace(project.milestones[0], name="Apart", number=77)
    renamed = replace(project.milestones[0], number=1)
    project.milestones[0] = renamed
    vendor.sync()
    names = {m.name: m.members.count() for m in Milestone.objects.all()}
    assert names == {shared.name: 1, "Apart": 1}
    project.milestones[0] = replace(renamed, name=shared.name.upper())
    vendor.sync()
    assert Milestone.objects.get().pk == shared.pk
    assert Milestone.objects.get().members.count() == 2
    assert Milestone.objects.get().name == shared.name


def test_cases_are_told_apart_by_whole_names(settings: Any, clock: Any):
    """Two names of 3,000 characters that differ in the last one are two cases."""
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    simulator = odd_vendor("testifly")

    def long(payload: Any) -> Any:
        for number, test in enumerate(payload["tests"]):
            test["title"] = "n" * 3000 + str(number)
        return payload

    simulator.faults.add("testRun/", "edit", times=None, edit=long)
    with served(simulator) as row:
        assert row.sync().status == "ok"
    assert Case.objects.count() == len(OUTCOMES)
