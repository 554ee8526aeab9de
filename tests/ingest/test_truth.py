"""What is stored after a sync over real HTTP is what the generated world holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from ingest.connections import save_connection
from ingest.models import (
    STATUS_OF_CODE,
    MilestoneMember,
    Result,
    ResultText,
    Run,
    RunDay,
    RunMilestone,
    Sync,
    Thread,
)
from ingest.rollups import differences
from ingest.simulator.generator import build_world
from ingest.simulator.listener import running
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testifly import SimulatedTestifly
from ingest.simulator.testifly.jobs import object_id
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from ingest.simulator.world import SimProject, World
from ingest.sync import sync_in_foreground
from tests.ingest.truth import (
    NOW,
    STATUSES,
    Execution,
    Told,
    counted,
    number_manual_runs,
    told,
)

pytestmark = pytest.mark.django_db

SERVED = {
    "testmo": (
        SimulatedTestmo,
        {},
        {"branch_field": "Branch", "commit_field": "Commit"},
    ),
    "testomatio": (SimulatedTestomatio, {"attempts": True}, {"api": "v2"}),
    "testomatio-classic": (SimulatedTestomatio, {}, {"api": "classic"}),
    "testably": (SimulatedTestably, {}, {}),
    "qatech": (SimulatedQaTech, {}, {}),
    "testifly": (SimulatedTestifly, {}, {}),
}
# Neither QA.tech's runs nor Testifly's report say what a run's message texts are whole.
WITHOUT_MESSAGES = {"qatech", "testifly"}


@dataclass
class Stored:
    """What one vendor's sync left, read once; `told` is what the world holds."""

    told: dict[str, Told]
    runs: dict[str, dict[str, Any]]
    cases: dict[str, dict[tuple[str, ...], list[Execution]]]
    finals: dict[str, int]
    threads: dict[str, dict[str, dict[str, int]]]
    milestones: dict[str, set[str]]
    members: set[tuple[str, str, bool]]
    days: dict[str, dict[str, int]]
    projects: list[SimProject]
    syncs: list[Sync]
    differences: list[str]


@pytest.fixture(scope="module")
def world() -> World:
    """Of each project the newest runs, and the newest by hand: all outcomes occur."""
    world = build_world(seed=7, now=NOW, runs=120, days=40)
    for project in world.projects:
        runs = project.runs_at(NOW)
        manual = [run for run in runs[:-4] if run.kind == "manual"][-1:]
        project.runs = manual + runs[-4:]
    number_manual_runs(world.projects_of("testmo"))
    return world


@pytest.fixture(scope="module")
def synced(
    world: World, django_db_setup: None, django_db_blocker: Any
) -> dict[str, Stored]:
    """All vendors synced once, read back, and rolled back: the tests only compare."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "ALLOW_PRIVATE_VENDOR_URLS", True)
        with transaction.atomic():
            found = {name: _synced(name, world) for name in SERVED}
            transaction.set_rollback(True)
    return found


def _synced(name: str, world: World) -> Stored:
    make, switches, values = SERVED[name]
    simulator: Simulator = make(world, relaxed=True, **switches)
    syncs = []
    with running(simulator) as base_url:
        for found in simulator.connections(base_url):
            row = save_connection(
                vendor=simulator.vendor,
                name=f"{name} {found['name']}",
                base_url=found["base_url"],
                secrets=found["secrets"],
                settings=found["settings"] | values,
                projects=found["projects"],
            )
            syncs += sync_in_foreground([row])
    return _read(name, simulator, syncs)


def _read(name: str, simulator: Simulator, syncs: list[Sync]) -> Stored:
    runs = Run.objects.filter(project__connection__name__startswith=f"{name} ")
    ours = set(runs.values_list("pk", flat=True))
    attempts = bool(SERVED[name][1].get("attempts"))
    wanted = {}
    for project in simulator.projects:
        wanted |= told(project, attempts=attempts)
    return Stored(
        told=wanted,
        runs={row["external_id"]: row for row in _runs(runs)},
        cases=_cases(ours, is_mute=name in WITHOUT_MESSAGES),
        finals=_finals(ours),
        threads=_threads(ours),
        milestones=_milestones(ours),
        members={
            (m.project.external_id, m.name, m.state == "completed")
            for m in MilestoneMember.objects.filter(
                project__connection__name__startswith=f"{name} "
            ).select_related("project")
        },
        days=_days(ours),
        projects=simulator.projects,
        syncs=[child for sync in syncs for child in sync.children.all()],
        differences=list(differences()),
    )


def _runs(runs: Any) -> Any:
    return runs.values(
        *("external_id", "name", "status", "kind", "is_open", "detail", "branch"),
        *("commit", "started_at", "finished_at", "duration_ms", "thread_count"),
        *("source__name", "configuration__name", "vendor_counts", *STATUSES),
        *("attempts_passed", "attempts_not_passed", "attempts_other"),
        *("vendor_counts_are_coarse", "unknown_words"),
    )


def _cases(
    runs: set[int], *, is_mute: bool
) -> dict[str, dict[tuple[str, ...], list[Execution]]]:
    texts = {
        (run, ordinal): message
        for run, ordinal, message in ResultText.objects.filter(
            run__in=runs
        ).values_list("run_id", "ordinal", "message")
    }
    found: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    rows = Result.objects.filter(run__in=runs).select_related(
        "case", "run__source", "run__project__connection", "thread"
    )
    for row in rows.order_by("attempt"):
        case, vendor = row.case, row.run.project.connection.vendor
        source = row.run.source.name if row.run.source else ""
        key = {"testmo": source, "testomatio": ""}.get(vendor, case.key)
        found[row.run.external_id][key, case.folder, case.name].append(
            Execution(
                STATUS_OF_CODE[row.status].value,
                row.at,
                row.duration_ms,
                row.thread.external_id if row.thread else "",
                "" if is_mute else texts.get((row.run_id, row.ordinal), ""),
            )
        )
    return found


def _finals(runs: set[int]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    rows = Result.objects.filter(run__in=runs, is_final=True)
    for run in rows.values_list("run__external_id", flat=True):
        found[run] += 1
    return found


def _threads(runs: set[int]) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, Any] = defaultdict(dict)
    for thread in Thread.objects.filter(run__in=runs).select_related("run"):
        counts = {status: getattr(thread, status) for status in STATUSES}
        found[thread.run.external_id][thread.external_id] = counts
    return found


def _milestones(runs: set[int]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    links = RunMilestone.objects.filter(run__in=runs, removed_at=None)
    for run, name in links.values_list("run__external_id", "member__name"):
        found[run].add(name)
    return found


def _days(runs: set[int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: counted([]))
    for day in RunDay.objects.filter(run__in=runs).select_related("run"):
        for status in STATUSES:
            found[day.run.external_id][status] += getattr(day, status)
    return found


@pytest.fixture(params=SERVED)
def stored(request: pytest.FixtureRequest, synced: dict[str, Stored]) -> Stored:
    return synced[request.param]


def test_every_sync_is_ok_and_says_what_it_wrote(stored: Stored):
    assert {sync.status for sync in stored.syncs} == {"ok"}, [
        sync.error for sync in stored.syncs
    ]
    written = sum(sync.results_written for sync in stored.syncs)
    assert written == sum(sync.results_read for sync in stored.syncs)
    rows = [rows for cases in stored.cases.values() for rows in cases.values()]
    assert written == sum(map(len, rows))
    assert sum(sync.rejected for sync in stored.syncs) == 0


def test_just_the_runs_of_the_world_are_stored(stored: Stored):
    assert stored.runs.keys() == stored.told.keys()


def test_each_run_says_what_the_world_says_of_it(stored: Stored):
    for run, wanted in stored.told.items():
        row = stored.runs[run]
        found = {
            "name": row["name"],
            "kind": row["kind"],
            "status": row["status"],
            "is_open": row["is_open"],
            "detail": row["detail"],
            "started_at": row["started_at"],
            "finished_at": row["finished_at"],
            "duration_ms": row["duration_ms"],
            "source": row["source__name"] or "",
            "configuration": row["configuration__name"] or "",
            "branch": row["branch"],
            "commit": row["commit"],
        }
        assert found == {name: getattr(wanted, name) for name in found}, run


def test_each_case_has_the_attempts_of_the_world_in_their_order(
    request: pytest.FixtureRequest, stored: Stored
):
    is_mute = request.node.callspec.params["stored"] in WITHOUT_MESSAGES
    for run, wanted in stored.told.items():
        found = stored.cases.get(run, {})
        assert found.keys() == wanted.cases.keys(), run
        for case, attempts in wanted.cases.items():
            told = [_mute(one) if is_mute else _shown(one) for one in attempts]
            assert [_shown(one) for one in found[case]] == told, (run, case)


def _mute(one: Execution) -> Execution:
    return Execution(one.status, one.at, one.duration_ms, one.thread)


def _shown(one: Execution) -> Execution:
    """Testomat.io parts a message from its stack, and neither knows the blank lines."""
    text = "\n".join(line for line in one.message.split("\n") if line)
    return Execution(one.status, one.at, one.duration_ms, one.thread, text)


def test_counts_are_those_of_the_final_results(stored: Stored):
    for run, wanted in stored.told.items():
        row = stored.runs[run]
        assert {status: row[status] for status in STATUSES} == wanted.counts, run
        assert stored.finals.get(run, 0) == len(wanted.cases), run


def test_days_add_up_to_the_counts_and_the_roll_ups_are_right(stored: Stored):
    assert stored.differences == []
    for run, wanted in stored.told.items():
        assert stored.days[run] == wanted.counts, run


def test_threads_carry_their_own_counts(stored: Stored):
    for run, wanted in stored.told.items():
        assert stored.threads.get(run, {}) == wanted.threads, run
        assert stored.runs[run]["thread_count"] == len(wanted.threads), run


def test_runs_belong_to_the_milestones_of_the_world(stored: Stored):
    for run, wanted in stored.told.items():
        assert stored.milestones.get(run, set()) == wanted.milestones, run


def test_milestones_are_listed_where_the_vendor_lists_them(
    request: pytest.FixtureRequest, stored: Stored
):
    name = request.node.callspec.params["stored"]
    if name in ("qatech", "testifly", "testomatio-classic"):
        assert not stored.members
        return
    wanted = {
        (m.name, m.completed_at is not None and m.completed_at <= NOW)
        for project in stored.projects
        for m in project.milestones
    }
    assert {(name, done) for _, name, done in stored.members} == wanted


def test_the_vendors_totals_are_kept_as_it_states_them(stored: Stored):
    for run, wanted in stored.told.items():
        assert stored.runs[run]["vendor_counts"] == wanted.vendor_counts, run


def test_the_vendors_totals_agree_with_our_rows(stored: Stored):
    """Over attempts where the vendor counts those; a manual Testmo run also counts
    tests without a result, which are no rows, and no result that was corrected.
    Every twentieth report of Testifly lists one test fewer than it counts, and that
    difference is to be seen."""
    short = {
        object_id("run", r.number): 1
        for p in stored.projects
        for r in p.runs
        if p.vendor == "testifly" and r.number % 20 == 0
    }
    for run, row in stored.runs.items():
        totals = row["vendor_counts"]
        if totals is None or row["detail"] == "counts":
            continue
        if row["kind"] == "manual" and run.startswith("manual-"):
            totals = totals | {"untested": 0}
            assert totals == {status: row[status] for status in STATUSES}, run
            continue
        not_passed = totals["failed"] + totals["error"]
        rest = sum(totals.values()) - totals["passed"] - not_passed
        missing = (
            totals["passed"] - row["attempts_passed"],
            not_passed - row["attempts_not_passed"],
            rest - row["attempts_other"],
        )
        assert min(missing) == 0, run
        assert sum(missing) == short.get(run, 0), run


def test_only_a_word_that_nobody_knows_is_unknown_and_alarms(
    request: pytest.FixtureRequest, stored: Stored
):
    """Testmo's custom status "Parked" says neither passed nor failed, and no page of
    Testifly's names "Healed" and "Blocked"; the neutral of Testmo's automation rows is
    unknown by design."""
    found: Counter[str] = Counter()
    for row in stored.runs.values():
        found.update(row["unknown_words"] or {})
    name = request.node.callspec.params["stored"]
    wanted = sum(
        attempt.status == "unknown"
        for told in stored.told.values()
        for attempts in told.cases.values()
        for attempt in attempts
        if name == "testifly" or told.kind == "manual"
    )
    assert found.total() == wanted
    assert set(found) <= {"testmo": {"Parked"}, "testifly": {"Healed", "Blocked"}}.get(
        name, set()
    )


def test_the_world_holds_what_these_tests_are_about(world: World):
    runs = [run for project in world.projects for run in project.runs_at(NOW)]
    outcomes = {result.outcome for run in runs for result in run.results}
    assert outcomes >= {"passed", "failed", "error", "skipped", "blocked", "wontfix"}
    assert any(run.kind == "manual" for run in runs)
    assert any(run.is_open_at(NOW) for run in runs)
    assert any(result.attempt > 1 for run in runs for result in run.results)
    assert any(project.counts_only for project in world.projects)
