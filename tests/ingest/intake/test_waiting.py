"""What is pushed into a run while somebody else changes it waits, and sees the change."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from ingest.contract import RunRecord, RunStatus
from ingest.intake.closing import close_run
from ingest.intake.errors import ClosedError
from ingest.intake.projects import create_project
from ingest.intake.runs import append_results, open_run, open_thread
from ingest.models import PushedRun, Run, RunChange, Thread
from tests.clock import now
from tests.ingest.records import a_result
from tests.services import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run() -> Run:
    record = RunRecord(
        external_id="", name="Nightly", status=RunStatus.RUNNING, started_at=now()
    )
    return open_run(create_project("Shop"), record, format="testmo")


def is_waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        (waiting,) = cursor.fetchone()
    return bool(waiting)


def while_it_waits(act: Callable[[], object], change: Callable[[], object]) -> object:
    """What `act` gives or raises that began before `change` was committed."""
    told: list[object] = []

    def acted() -> None:
        try:
            told.append(act())
        except Exception as error:
            told.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=acted)
    with transaction.atomic():
        change()
        other.start()
        wait_for(is_waited_for, "the other one waits")
    other.join()
    return told[0]


def test_a_run_that_somebody_closes_meanwhile_takes_nothing(run: Run) -> None:
    PushedRun.objects.update(closes_after_minutes=5)
    answer = while_it_waits(
        lambda: append_results(run.pk, [a_result()]), lambda: close_run(run.pk)
    )
    assert isinstance(answer, ClosedError)
    run.refresh_from_db()
    assert (run.is_open, run.counts.total) == (False, 0)


def test_what_others_add_to_a_thread_meanwhile_is_counted_once(run: Run) -> None:
    thread = open_thread(run.pk).pk
    answer = while_it_waits(
        lambda: append_results(run.pk, [a_result("b", "F")], thread_id=thread),
        lambda: append_results(run.pk, [a_result("a", "P")], thread_id=thread),
    )
    assert answer == 1
    run.refresh_from_db()
    stored = Thread.objects.get()
    assert (run.passed, run.failed, run.attempts_not_passed) == (1, 1, 1)
    assert (stored.passed, stored.failed) == (1, 1)
    kept = RunChange.objects.order_by("recorded_to").values_list("values", flat=True)
    assert [one.get("thread_count", one.get("passed")) for one in kept] == [0, 0, None]
    assert kept[2] == {"failed": 0, "attempts_not_passed": 0}
