"""Rows that a run has already, found by their case: all of them, and without its others."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ingest.contract import RunRecord, RunStatus
from ingest.intake.projects import create_project
from ingest.intake.runs import append_results, open_run
from ingest.models import Project, PushedRun, Result, Run
from ingest.rollups import differences
from ingest.upsert import Batch, ProjectStore
from tests.clock import now
from tests.ingest.records import a_result

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def project() -> Project:
    return create_project("Shop")


def record(**values: Any) -> RunRecord:
    defaults = {"external_id": "nightly", "name": "Nightly", "is_open": True}
    defaults["started_at"] = now()
    return RunRecord(status=RunStatus.RUNNING, **(defaults | values))


def opened(project: Project) -> Run:
    return open_run(project, record(), format="testmo")


def attempts(run: Run, key: str) -> list[tuple[int, bool]]:
    rows = Result.objects.filter(run=run, case__key=key).order_by("ordinal")
    return list(rows.values_list("attempt", "is_final"))


@pytest.mark.parametrize("is_known", [True, False])
def test_attempts_are_found_however_far_apart_they_were(
    project: Project, is_known: bool
) -> None:
    run, at = opened(project), now()
    if not is_known:
        PushedRun.objects.update(rows_from=None, rows_until=None)
    for days in (0, -9, 9, 3, -20):
        result = a_result("a", "P", executed_at=at + days * DAY)
        append_results(run.pk, [result, a_result(f"b{days}", executed_at=None)])
    places = [(3, False), (2, False), (5, True), (4, False), (1, False)]
    assert attempts(run, "a") == places
    run.refresh_from_db()
    assert (run.passed, run.attempts_passed) == (6, 10)
    assert list(differences()) == []


def test_rows_that_a_sync_wrote_are_found_too(project: Project) -> None:
    run, at = opened(project), now()
    ours = a_result("a", "P", executed_at=at)
    append_results(run.pk, [ours])
    moved = a_result("a", "F", executed_at=at - 9 * DAY)
    new = a_result("b", "F", executed_at=at + 9 * DAY)
    for results in ([moved], [moved, new]):
        with transaction.atomic():
            ProjectStore(project).store(Batch(record=record(), results=results))
    append_results(run.pk, [ours, a_result("b", "P", executed_at=at)])
    assert attempts(run, "a") == [(1, False), (2, True)]
    assert attempts(run, "b") == [(2, True), (1, False)]


def test_a_run_that_a_sync_filled_may_be_opened_here(project: Project) -> None:
    at = now() - 9 * DAY
    results = [a_result("a", "F", executed_at=at)]
    with transaction.atomic():
        ProjectStore(project).store(Batch(record=record(), results=results))
    run = opened(project)
    append_results(run.pk, [a_result("a", "P", executed_at=at + DAY)])
    assert attempts(run, "a") == [(1, False), (2, True)]


def fill(project: Project, number: int) -> Run:
    """Without the code that is tested, which would take as long as it must not."""
    run = opened(project)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH made AS (
                INSERT INTO ingest_case (project_id, key, key_hash, name, folder,
                                         first_seen_at, last_seen_at, owner)
                SELECT %(project)s, 'case' || n, md5('case' || n)::uuid, 'case', '',
                       %(at)s, %(at)s, '' FROM generate_series(1, %(number)s) n
                RETURNING id)
            INSERT INTO ingest_result (project_id, partition_on, run_id, ordinal, case_id,
                at, recorded_at, status, attempt, is_final, is_marked_retry,
                has_own_time, raw_status)
            SELECT %(project)s, %(day)s, %(run)s, row_number() OVER () - 1, id, %(at)s,
                   %(at)s, 1, 1, true, false, false, 'passed' FROM made
            """,
            {
                "project": project.pk,
                "day": run.partition_on,
                "run": run.pk,
                "at": run.at,
                "number": number,
            },
        )
    return run


def plans(run: Run, keys: list[str]) -> str:
    """What the database would do for each look-up of an append to the run."""
    with CaptureQueriesContext(connection) as asked:
        append_results(run.pk, [a_result(key, executed_at=None) for key in keys])
    found = [one["sql"] for one in asked if "unnest" in one["sql"]]
    found = [sql for sql in found if sql.lstrip().startswith(("SELECT", "WITH run"))]
    assert len(found) == 2
    lines: list[str] = []
    with connection.cursor() as cursor:
        for sql in found:
            cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {sql}")
            lines += [line for (line,) in cursor.fetchall()]
    return "\n".join(lines)


def test_cases_and_rows_are_looked_up_one_by_one_whatever_is_known_of_them(
    project: Project,
) -> None:
    fill(project, 3000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    # Of this one, its project and its time the planner has never heard.
    run = fill(create_project("Another"), 3000)
    plan = plans(run, [f"case{number}" for number in range(1, 51)])
    assert "case_key" in plan
    # In vain, for each case.
    read = re.findall(r"Rows Removed by Filter: (\d+)", plan)
    assert max(map(int, read), default=0) < 10
    assert "Seq Scan on ingest_case" not in plan
    assert "Seq Scan on ingest_result" not in plan
