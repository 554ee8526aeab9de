"""Storing a run: repeatable, whole, keeping what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from ingest.contract import (
    Counts,
    Detail,
    JsonText,
    MilestoneRecord,
    MilestoneState,
    Reject,
    ThreadRecord,
)
from ingest.milestones import place, split_off
from ingest.models import (
    STATUS_OF_CODE,
    Case,
    CaseAlias,
    Milestone,
    Project,
    Result,
    ResultChange,
    ResultText,
    Run,
    RunChange,
    RunDay,
    RunMilestone,
)
from ingest.models import (
    Reject as RejectRow,
)
from ingest.rollups import differences, rebuild_case_times
from ingest.upsert import (
    Batch,
    ProjectStore,
    Written,
    cases,
    mark_run_removed,
    upsert_milestones,
)
from ingest.upsert.rejects import payload_text
from tests.ingest.records import NOON, a_batch, a_project, a_result, a_run, results

pytestmark = pytest.mark.django_db


def store(project: Project, batch: Batch) -> Written:
    writer = ProjectStore(project)
    with transaction.atomic():
        written = writer.store(batch)
    writer.cases.flush_times()
    return written


def rows(**filters: Any) -> list[tuple[str, str, int, bool]]:
    found = Result.objects.filter(removed_at=None, **filters).order_by("ordinal")
    return [
        (row.case.key, STATUS_OF_CODE[row.status].value, row.attempt, row.is_final)
        for row in found.select_related("case")
    ]


def test_a_run_is_stored_with_its_rows_counts_and_roll_up():
    written = store(a_project(), a_batch("PFES"))
    run = Run.objects.get()
    assert written == Written(run=True, results=4, unknown_statuses=0)
    assert run.counts == Counts(passed=1, failed=1, error=1, skipped=1)
    assert [row[1] for row in rows()] == ["passed", "failed", "error", "skipped"]
    day = RunDay.objects.get()
    assert (day.day, day.passed, day.failed) == (NOON.date(), 1, 1)


def test_storing_twice_writes_nothing():
    project = a_project()
    store(project, a_batch("PFES"))
    before = list(Result.objects.values()), list(Run.objects.values_list("pk"))
    assert store(project, a_batch("PFES")) == Written(
        run=False, results=0, unknown_statuses=0
    )
    after = list(Result.objects.values()), list(Run.objects.values_list("pk"))
    assert after == before
    assert not RunChange.objects.exists()


# Each store must be a transaction of its own: one transaction has one time.
@pytest.mark.django_db(transaction=True)
def test_a_correction_keeps_the_old_value_with_its_period():
    project = a_project()
    store(project, a_batch("PP"))
    first = Result.objects.get(ordinal=1)
    # It came with its run, and need not say so.
    assert first.recorded_at is None
    written = store(project, a_batch("PF"))
    assert (written.run, written.results) == (True, 1)
    change = ResultChange.objects.get()
    assert STATUS_OF_CODE[change.status].value == "passed"
    assert change.recorded_from == first.run.recorded_at < change.recorded_to
    store(project, a_batch("PE"))
    second = ResultChange.objects.order_by("recorded_to").last()
    assert second is not None
    assert second.recorded_from == change.recorded_to
    kept = RunChange.objects.order_by("recorded_to").first()
    assert kept is not None
    assert kept.values["failed"] == 0


def test_a_row_that_vanished_is_marked_and_counts_no_more():
    project = a_project()
    store(project, a_batch("PFP"))
    store(project, a_batch("PF"))
    assert Result.objects.filter(removed_at__isnull=False).count() == 1
    assert Run.objects.get().counts.total == 2
    assert RunDay.objects.get().passed == 1
    written = store(project, a_batch("PFP"))
    assert written.results == 1
    assert Result.objects.filter(removed_at=None).count() == 3
    assert Result.objects.count() == 3


def test_a_partial_read_removes_nothing():
    project = a_project()
    store(project, a_batch("PFP"))
    store(project, replace_whole(a_batch("PF"), is_whole=False))
    assert Result.objects.filter(removed_at=None).count() == 3


def replace_whole(batch: Batch, *, is_whole: bool) -> Batch:
    batch.is_whole = is_whole
    return batch


def test_repeats_of_a_key_are_attempts_by_time_then_arrival():
    late, early = NOON + timedelta(minutes=5), NOON + timedelta(minutes=1)
    repeats = [
        a_result("pay", "P", executed_at=late),
        a_result("pay", "F", executed_at=early),
        a_result("pay", "E", executed_at=early),
    ]
    store(a_project(), a_batch(rows=repeats))
    assert rows() == [
        ("pay", "passed", 3, True),
        ("pay", "failed", 1, False),
        ("pay", "error", 2, False),
    ]
    run = Run.objects.get()
    assert run.counts == Counts(passed=1)
    assert (run.attempts_passed, run.attempts_not_passed) == (1, 2)


def test_a_growing_run_gains_rows_and_a_late_attempt_becomes_the_final():
    project = a_project()
    store(project, a_batch("FR", is_open=True, finished_at=None))
    grown = [*results("FP"), a_result("case-0", "P", executed_at=NOON + timedelta(1))]
    store(project, a_batch(rows=grown))
    assert rows() == [
        ("case-0", "failed", 1, False),
        ("case-1", "passed", 1, True),
        ("case-0", "passed", 2, True),
    ]
    assert Run.objects.get().counts == Counts(passed=2)


def test_odd_names_are_stored_whole():
    odd = ["x" * 3000, "🧪 ünïcode", "مرحبا", "a\tb\nc\\d\r"]
    rows_in = [
        a_result(name, name=name, folder=name, message=name, raw_status=name)
        for name in odd
    ]
    store(a_project(), a_batch(rows=rows_in))
    assert sorted(Case.objects.values_list("name", flat=True)) == sorted(odd)
    assert sorted(Case.objects.values_list("key", flat=True)) == sorted(odd)
    assert sorted(ResultText.objects.values_list("message", flat=True)) == sorted(odd)
    assert sorted(Result.objects.values_list("raw_status", flat=True)) == sorted(odd)


def test_a_word_that_is_ours_takes_no_room():
    rows_in = [
        a_result("a", "P", raw_status="passed"),
        a_result("b", "P", raw_status="Passed"),
        a_result("c", "?", raw_status="unknown"),
        a_result("d", "P", raw_status=""),
    ]
    store(a_project(), a_batch(rows=rows_in))
    found = Result.objects.order_by("ordinal").values_list("raw_status", flat=True)
    assert list(found) == [None, "Passed", "unknown", ""]


def test_words_that_an_earlier_release_stored_are_no_change():
    project, rows_in = a_project(), [a_result("a", "P", raw_status="passed")]
    store(project, a_batch(rows=rows_in))
    Result.objects.update(raw_status="passed")
    assert store(project, a_batch(rows=rows_in, name="Renamed")).results == 0
    assert Run.objects.get().name == "Renamed"
    assert not ResultChange.objects.exists()


@pytest.mark.parametrize("years", [-80, -30, 30, 500])
def test_times_far_away_are_stored_as_they_are(years: int):
    at = NOON.replace(year=NOON.year + years)
    store(a_project(), a_batch(rows=[a_result(executed_at=at)], started_at=at))
    assert Result.objects.get().at == at
    assert not list(differences())


def test_a_result_without_time_takes_the_run_start():
    store(a_project(), a_batch(rows=[a_result(executed_at=None)]))
    row = Result.objects.get()
    assert (row.at, row.has_own_time) == (NOON, False)


def test_a_run_without_times_takes_them_from_its_results():
    rows_in = [
        a_result("a", executed_at=NOON, duration_ms=1000),
        a_result("b", executed_at=NOON + timedelta(seconds=5), duration_ms=2500),
    ]
    store(a_project(), a_batch(rows=rows_in, started_at=None, finished_at=None))
    run = Run.objects.get()
    assert (run.started_at, run.duration_ms) == (NOON, 7500)
    assert run.finished_at == NOON + timedelta(milliseconds=7500)


def test_a_counts_only_run_carries_its_totals_at_its_start():
    totals = Counts(passed=90, failed=10)
    batch = a_batch(detail=Detail.COUNTS, vendor_counts=totals)
    store(a_project(), batch)
    assert Run.objects.get().counts == totals
    day = RunDay.objects.get()
    assert (day.first_at, day.passed, day.failed) == (NOON, 90, 10)


def test_results_of_two_days_make_two_roll_up_rows():
    rows_in = [
        a_result("a", executed_at=NOON),
        a_result("b", "F", executed_at=NOON + timedelta(hours=13)),
    ]
    store(a_project(), a_batch(rows=rows_in))
    days = RunDay.objects.order_by("day").values_list("passed", "failed")
    assert list(days) == [(1, 0), (0, 1)]


def test_a_verdict_of_ended_follows_from_the_results():
    project = a_project()
    store(project, a_batch("PF", external_id="1", status_from_results=True))
    store(project, a_batch("PS", external_id="2", status_from_results=True))
    store(project, a_batch("SS", external_id="3", status_from_results=True))
    store(
        project, a_batch("P", external_id="4", status_from_results=True, is_open=True)
    )
    found = Run.objects.order_by("external_id").values_list("status", flat=True)
    assert list(found) == ["failed", "passed", "unknown", "running"]


def test_a_name_keyed_case_takes_the_id_that_appears_for_it_alone():
    project = a_project()
    store(project, a_batch(rows=[a_result("Cart / pay")], external_id="1"))
    named = a_result("T1", name_key="Cart / pay")
    store(project, a_batch(rows=[named], external_id="2"))
    case = Case.objects.get()
    assert case.key == "T1"
    assert CaseAlias.objects.get().key == "Cart / pay"
    store(project, a_batch(rows=[a_result("Cart / pay")], external_id="3"))
    assert Case.objects.count() == 1


def test_a_name_shared_by_two_ids_is_taken_over_by_neither():
    project = a_project()
    store(project, a_batch(rows=[a_result("pay")], external_id="1"))
    both = [a_result("T1", name_key="pay"), a_result("T2", name_key="pay")]
    store(project, a_batch(rows=both, external_id="2"))
    assert set(Case.objects.values_list("key", flat=True)) == {"pay", "T1", "T2"}


def test_the_newest_run_names_a_case_whatever_order_runs_come_in():
    project = a_project()
    new = a_result("pay", name="Pays", executed_at=NOON)
    old = a_result("pay", name="Old name", executed_at=NOON - timedelta(days=9))
    store(project, a_batch(rows=[new], external_id="2"))
    store(project, a_batch(rows=[old], external_id="1"))
    case = Case.objects.get()
    assert case.name == "Pays"
    assert (case.first_seen_at, case.last_seen_at) == (NOON - timedelta(days=9), NOON)


def test_recomputed_case_times_are_what_was_kept_on_the_way():
    project = a_project()
    for day in (3, 0, 9):
        at = NOON - timedelta(days=day)
        store(project, a_batch(rows=[a_result(executed_at=at)], external_id=str(day)))
    kept = Case.objects.values_list("first_seen_at", "last_seen_at").get()
    Case.objects.update(first_seen_at=NOON, last_seen_at=NOON)
    rebuild_case_times(project)
    assert Case.objects.values_list("first_seen_at", "last_seen_at").get() == kept


def test_threads_are_stored_once_and_rows_point_to_them():
    project = a_project()
    lanes = [ThreadRecord(external_id="7", name="lane 7", counts=Counts(passed=1))]
    batch = Batch(
        record=a_run(), threads=lanes * 2, results=[a_result("a", thread="7")]
    )
    store(project, batch)
    assert store(project, batch).run is False
    thread = Run.objects.get().threads.get()
    assert Result.objects.get().thread_id == thread.pk
    assert thread.passed == 1


def test_milestones_of_one_name_join_across_projects():
    here, there = a_project("Here"), a_project("There")
    upsert_milestones(here, [MilestoneRecord(external_id="1", name="v26.11  Winter")])
    upsert_milestones(
        there,
        [
            MilestoneRecord(
                external_id="x",
                name="26.11 winter",
                due_at=NOON,
                state=MilestoneState.COMPLETED,
            )
        ],
    )
    milestone = Milestone.objects.get()
    assert milestone.members.count() == 2
    assert (milestone.due_at, milestone.state) == (NOON, "open")


def test_a_run_that_changes_its_milestone_keeps_the_old_membership_with_its_end():
    project = a_project()
    upsert_milestones(
        project, [MilestoneRecord(external_id=i, name=f"m{i}") for i in "12"]
    )
    store(project, a_batch("P", milestones=("1", "unlisted")))
    store(project, a_batch("P", milestones=("2",)))
    links = RunMilestone.objects.order_by("pk")
    assert [link.member.external_id for link in links] == ["1", "2"]
    assert [link.removed_at is None for link in links] == [False, True]


def test_a_removed_run_keeps_its_rows_marked_and_leaves_the_roll_up():
    project = a_project()
    store(project, a_batch("PF"))
    assert mark_run_removed(Run.objects.get()) == 2
    assert not RunDay.objects.exists()
    assert Result.objects.filter(removed_at=None).count() == 0
    store(project, a_batch("PF"))
    assert Run.objects.get().removed_at is None
    assert Result.objects.filter(removed_at=None).count() == 2
    assert not list(differences())


def test_rejects_hang_on_their_run_and_are_resolved_by_a_clean_read():
    project = a_project()
    bad = Reject(where="row 4", reason="key is missing", payload={"a": "\x00"})
    batch = a_batch("P")
    batch.rejects = [bad]
    store(project, batch)
    store(project, batch)
    run = Run.objects.get()
    reject = run.rejects.get()
    assert not run.is_clean
    assert reject.payload == '{"a": "\\u0000"}'
    store(project, a_batch("P"))
    reject.refresh_from_db()
    assert reject.resolved_at is not None
    assert Run.objects.get().is_clean


def test_an_unknown_word_is_stored_and_counted_and_a_quiet_one_only_stored():
    project = a_project()
    odd = [a_result("a", "?", raw_status="wontfix"), a_result("b", "?", raw_status="1")]
    writer = ProjectStore(project, quiet_words={"1"})
    with transaction.atomic():
        written = writer.store(a_batch(rows=odd))
    assert written.unknown_statuses == 1
    run = Run.objects.get()
    assert (run.unknown, run.unknown_words) == (2, {"wontfix": 1})


def test_a_run_that_broke_as_a_whole_is_marked():
    project = a_project()
    store(project, a_batch("F" * 16 + "P" * 4, external_id="1"))
    store(project, a_batch("F" * 15 + "P" * 4, external_id="2"))
    store(project, a_batch("F" * 15 + "P" * 5, external_id="3"))
    marked = Run.objects.order_by("external_id").values_list("is_outage", flat=True)
    assert list(marked) == [True, False, False]


def test_a_changed_roll_up_is_found():
    store(a_project(), a_batch("PF"))
    assert not list(differences())
    RunDay.objects.update(passed=7)
    assert len(list(differences())) == 1


def test_a_record_that_says_the_same_leaves_no_change_behind():
    project = a_project()
    batch = a_batch("P", vendor_counts=Counts(passed=1))
    store(project, batch)
    store(project, Batch(record=replace(batch.record), results=batch.results))
    assert not RunChange.objects.exists()


def placed(project: Project, name: str, *, with_name: str) -> Milestone:
    """The milestone of a member of this name that a person put beside another."""
    records = [
        MilestoneRecord(external_id="1", name=name),
        MilestoneRecord(external_id="2", name=with_name),
    ]
    upsert_milestones(project, records)
    member = project.milestone_members.get(external_id="1")
    target = project.milestone_members.get(external_id="2").milestone
    with transaction.atomic():
        place([member], target)
    return target


def test_a_milestone_that_a_person_placed_stays_there_under_any_name():
    project = a_project()
    target = placed(project, "Sprint 12", with_name="v26.11")
    renamed = MilestoneRecord(external_id="1", name="Sprint 12b", due_at=NOON)
    upsert_milestones(project, [renamed])
    member = project.milestone_members.get(external_id="1")
    assert (member.milestone, member.is_placed) == (target, True)
    target.refresh_from_db()
    assert (target.name, target.due_at) == ("v26.11", NOON)
    assert Milestone.objects.count() == 1


def test_a_placed_milestone_stays_when_the_one_it_was_joined_to_is_renamed():
    project = a_project()
    target = placed(project, "Sprint 12", with_name="v26.11")
    upsert_milestones(project, [MilestoneRecord(external_id="2", name="v27")])
    assert project.milestone_members.get(external_id="1").milestone == target
    assert project.milestone_members.get(external_id="2").milestone.name == "v27"


def test_a_milestone_that_leaves_one_of_its_name_changes_its_project():
    """What is remembered of a project's runs by milestone is no longer so."""
    here, there = a_project("Here"), a_project("There")
    for project in (here, there):
        upsert_milestones(project, [MilestoneRecord(external_id="1", name="v1")])
    before = {one.pk: one.version for one in Project.objects.all()}
    upsert_milestones(there, [MilestoneRecord(external_id="1", name="v2")])
    after = {one.pk: one.version for one in Project.objects.all()}
    assert after == {here.pk: before[here.pk], there.pk: before[there.pk] + 1}


def test_a_milestone_that_was_split_off_takes_its_new_name_and_joins_nobody():
    here, there = a_project("Here"), a_project("There")
    for project in (here, there):
        upsert_milestones(project, [MilestoneRecord(external_id="1", name="v1")])
    with transaction.atomic():
        alone = split_off(there.milestone_members.get())
    upsert_milestones(here, [MilestoneRecord(external_id="2", name="v2")])
    upsert_milestones(there, [MilestoneRecord(external_id="1", name="v2")])
    assert there.milestone_members.get().milestone == alone
    alone.refresh_from_db()
    assert (alone.name, alone.members.count()) == ("v2", 1)


def test_a_milestone_is_completed_when_all_that_was_joined_is():
    project = a_project()
    target = placed(project, "Sprint 12", with_name="v26.11")
    done = MilestoneState.COMPLETED
    states = []
    for external_id, name in (("2", "v26.11"), ("1", "Sprint 12")):
        record = MilestoneRecord(external_id=external_id, name=name, state=done)
        upsert_milestones(project, [record])
        target.refresh_from_db()
        states.append(target.state)
    assert states == ["open", "completed"]


def test_a_milestone_without_members_disappears():
    project = a_project()
    target = placed(project, "Sprint 12", with_name="v26.11")
    assert list(Milestone.objects.all()) == [target]


# In blocks


def many(sign: str, message: str) -> Batch:
    """More rows than any block holds."""
    made = [a_result(f"case {n}", sign, message=f"{message} {n}") for n in range(2100)]
    return a_batch(rows=made)


def test_rows_of_many_blocks_are_stored_changed_and_removed_as_few_are():
    project = a_project()
    assert store(project, many("P", "fine")).results == 2100
    assert store(project, many("P", "fine")).results == 0
    assert store(project, many("F", "broken")).results == 2100
    assert ResultChange.objects.count() == 2100
    texts = dict(ResultText.objects.values_list("ordinal", "message"))
    assert texts == {n: f"broken {n}" for n in range(2100)}
    assert Case.objects.count() == 2100
    assert not list(differences())


def test_a_name_claimed_in_two_blocks_is_taken_over_by_neither():
    project = a_project()
    store(project, a_batch(rows=[a_result("Login")]))
    twice = [a_result(f"id {n}", name_key="Login") for n in (0, 2050)]
    between = [a_result(f"case {n}") for n in range(2050)]
    store(project, a_batch(rows=[twice[0], *between, twice[1]], external_id="2"))
    assert not CaseAlias.objects.exists()
    assert Case.objects.filter(key="Login").exists()


def test_cases_forgotten_between_two_runs_are_found_again(monkeypatch):
    monkeypatch.setattr(cases, "MOST_KNOWN", 2)
    project = a_project()
    writer = ProjectStore(project)
    for number in range(3):
        at = NOON + timedelta(days=number)
        made = [a_result(f"case {n}", executed_at=at) for n in range(3)]
        batch = a_batch(rows=made, external_id=str(number), started_at=at)
        with transaction.atomic():
            writer.store(batch)
        writer.cases.lighten()
        assert not writer.cases._known
    assert Case.objects.count() == 3
    for case in Case.objects.all():
        assert case.first_seen_at == NOON
        assert case.last_seen_at == NOON + timedelta(days=2)


def test_a_rejected_row_kept_as_json_text_is_stored_as_the_row_itself():
    project = a_project()
    row = {"b": [1, "ä"], "a": None}
    for payload in (
        row,
        JsonText(payload_text(Reject(where="", reason="", payload=row))),
    ):
        batch = a_batch("P")
        batch.rejects.append(Reject(where="row 1", reason="odd", payload=payload))
        store(project, batch)
    (reject,) = RejectRow.objects.all()
    assert json.loads(reject.payload) == row
