"""Cases that lose their last result, and get one again."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.db import connection, transaction

from ingest.models import Case, Project, Result, Run
from ingest.upsert import Batch, ProjectStore, mark_run_removed
from tests.ingest.records import a_batch, a_project, a_result

pytestmark = pytest.mark.django_db
MIGRATION = importlib.import_module("ingest.migrations.0011_gone_cases")


def store(project: Project, batch: Batch) -> Run:
    writer = ProjectStore(project)
    with transaction.atomic():
        writer.store(batch)
    return Run.objects.get(project=project, external_id=batch.record.external_id)


def remove(run: Run) -> None:
    with transaction.atomic():
        mark_run_removed(run)


def gone() -> set[str]:
    return set(Case.objects.exclude(gone_at=None).values_list("key", flat=True))


def test_a_case_is_gone_with_the_last_of_its_runs_and_back_with_a_new_one():
    project = a_project()
    first = store(project, a_batch("PF"))
    second = store(project, a_batch("P", external_id="2"))
    remove(first)
    assert gone() == {"case-1"}
    remove(second)
    assert gone() == {"case-0", "case-1"}
    # The writer of this run did not see the others go.
    store(project, a_batch("P", external_id="3"))
    assert gone() == {"case-1"}
    store(project, a_batch("PF"))
    assert gone() == set()


def test_a_case_is_gone_with_its_last_row():
    project = a_project()
    store(project, a_batch("PF"))
    assert gone() == set()
    store(project, a_batch("P"))
    assert gone() == {"case-1"}
    store(project, a_batch("PF"))
    assert gone() == set()


def test_a_case_whose_rows_have_another_key_now_is_gone():
    project = a_project()
    store(project, a_batch(rows=[a_result("plain")]))
    store(project, a_batch(rows=[a_result("plain [chrome]")]))
    assert gone() == {"plain"}


def test_cases_of_old_are_marked_and_their_runs_read_again():
    """What the migration finds in tables that knew no marks."""
    rows = [a_result("t1 [chrome]"), a_result("t2"), a_result("t2"), a_result("t3")]
    expected: dict[str, Any] = {"testomatio": {"1", "2"}, "testifly": {"1"}}
    expected["testmo"] = set()
    for vendor in expected:
        project = a_project(vendor, vendor=vendor)
        batches = [rows, [a_result("t1")], [a_result("t3")]]
        for number, of_run in enumerate(batches, start=1):
            store(project, a_batch(rows=of_run, external_id=f"{number}"))
    project = a_project("removed")
    remove(store_one(project))
    Case.objects.update(gone_at=None)
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.MARK)
        cursor.execute(MIGRATION.READ_AGAIN)
    marked = Case.objects.exclude(gone_at=None)
    assert [case.project_id for case in marked] == [project.pk]
    for vendor, wanted in expected.items():
        again = Run.objects.filter(project__name=vendor, must_be_read=True)
        assert set(again.values_list("external_id", flat=True)) == wanted


def store_one(project: Project) -> Run:
    store(project, a_batch("P", external_id="gone"))
    assert Result.objects.filter(project=project).count() == 1
    return Run.objects.get(project=project)
