"""Side fields that cannot be, stored: unknown and noted, never at the outcome's cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, transaction

from ingest.contract import MilestoneRecord, ThreadRecord
from ingest.models import Case, Milestone, Project, Reject, Result, Run
from ingest.upsert import Batch, ProjectStore, upsert_milestones
from tests.clock import now
from tests.ingest.records import NOON, a_batch, a_project, a_result

pytestmark = pytest.mark.django_db


def store(project: Project, batch: Batch) -> None:
    writer = ProjectStore(project)
    with transaction.atomic():
        writer.store(batch)
    writer.cases.flush_times()


def stored_with(*results: Any, **run_values: Any) -> Run:
    """A closed run of which the vendor says no end, stored."""
    values = {"finished_at": None, "duration_ms": None} | run_values
    batch = a_batch(rows=list(results), **values)
    store(a_project(), batch)
    return Run.objects.get()


def test_no_run_ends_in_the_future_by_the_duration_of_a_test():
    start = now() - timedelta(hours=1)
    run = stored_with(
        a_result(executed_at=start, duration_ms=300 * 24 * 3_600_000), started_at=start
    )
    assert (run.finished_at, run.duration_ms) == (start, 0)


def test_a_number_that_no_column_holds_is_the_error_of_that_run_alone():
    """Readers refuse it; who forgets to must not end the sync of all other runs."""
    results = [a_result("a"), a_result("b", duration_ms=2**63)]
    with pytest.raises(DataError):
        store(a_project(), a_batch(rows=results))
    assert not Run.objects.exists()


@pytest.mark.parametrize("started_at", [None, NOON])
def test_one_clock_years_behind_makes_no_run_last_for_years(started_at):
    behind = NOON - timedelta(days=3000)
    run = stored_with(
        a_result("a", executed_at=behind),
        a_result("b", executed_at=NOON, duration_ms=1000),
        started_at=started_at,
    )
    assert (run.started_at, run.duration_ms) == (NOON, 1000)
    result = Result.objects.get(case__key="a")
    assert (result.at, result.has_own_time) == (NOON, False)
    note = Reject.objects.get()
    assert note.is_stored
    assert "lies years before its run: time unknown" in note.reason
    assert run.is_clean


def test_a_start_years_before_all_results_is_that_of_the_first_result():
    stated = NOON - timedelta(days=3000)
    run = stored_with(a_result(executed_at=NOON, duration_ms=1000), started_at=stated)
    assert (run.started_at, run.duration_ms) == (NOON, 1000)
    assert "its start" in Reject.objects.get().reason


def test_an_end_before_the_start_is_unknown_and_the_results_tell_it():
    run = stored_with(
        a_result(executed_at=NOON, duration_ms=1000),
        finished_at=NOON - timedelta(days=2),
    )
    assert run.finished_at == NOON + timedelta(seconds=1)
    assert "lies before its start" in Reject.objects.get().reason


def test_a_run_and_a_thread_tell_what_of_them_could_not_be_read():
    batch = a_batch("P", oddity="name is an object: left out")
    batch.threads.append(ThreadRecord(external_id="7", oddity="elapsed is a list"))
    project = a_project()
    for _ in range(2):
        store(project, batch)
    notes = Reject.objects.filter(is_stored=True, resolved_at=None)
    assert {(note.where, note.reason) for note in notes} == {
        ("run 1", "name is an object: left out"),
        ("run 1, thread 7", "elapsed is a list"),
    }
    assert Run.objects.get().is_clean
    store(project, a_batch("P"))
    assert not Reject.objects.filter(resolved_at=None).exists()


def test_a_case_without_a_readable_name_keeps_the_one_it_has():
    project = a_project()
    store(project, a_batch(rows=[a_result("a", name=""), a_result("b", name="B")]))
    assert set(Case.objects.values_list("key", "name")) == {("a", "a"), ("b", "B")}
    store(project, a_batch(rows=[a_result("b", name="")], external_id="2"))
    assert Case.objects.get(key="b").name == "B"


def test_a_milestone_without_a_readable_name_keeps_the_one_it_has():
    project = a_project()
    odd = {"name": "", "oddity": "name is an object: left out"}
    named = MilestoneRecord(external_id="1", name="Winter")
    upsert_milestones(project, [named, MilestoneRecord(external_id="2", **odd)])
    assert {m.name for m in Milestone.objects.all()} == {"Winter", "Milestone 2"}
    upsert_milestones(project, [MilestoneRecord(external_id="1", **odd)])
    assert {m.name for m in Milestone.objects.all()} == {"Winter", "Milestone 2"}
    open_notes = Reject.objects.filter(is_stored=True, resolved_at=None)
    places = {"milestone 1", "milestone 2"}
    assert set(open_notes.values_list("where", flat=True)) == places
    upsert_milestones(project, [named])
    assert [note.where for note in open_notes] == ["milestone 2"]
