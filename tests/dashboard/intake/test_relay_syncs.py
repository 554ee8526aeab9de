"""What syncs add to runs that were handed on, where the tool keeps them otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connections, transaction

from ingest.contract import Status
from ingest.models import (
    STATUS_CODES,
    STATUS_OF_CODE,
    Project,
    RelayedPart,
    Result,
    ResultChange,
    Run,
)
from ingest.relay import sending
from ingest.relay.sending import hand_on
from ingest.rollups import differences, rebuild_run_days
from ingest.upsert import mark_run_removed
from ingest.upsert.append import recount
from tests.clock import now, stopped
from tests.dashboard.intake.relays import (
    a_pushed_run,
    at_vendor,
    ci,
    failed,
    project_of,
    queue_of,
    reachable,
    states,
    stored_results,
    testably,
    testmo,
    testomatio,
    uploader,
)
from tests.dashboard.intake.test_testmo import Sender, a_test
from tests.ingest.served import Served, let_time_pass

__all__ = ["ci", "reachable", "testably", "testmo", "testomatio"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]


def differs(run: Run) -> list[str]:
    """What a run and its threads count, beside what their rows say."""
    run.refresh_from_db()
    said = [str(one) for one in differences()]
    for counted, rows in (
        (run, Result.objects.filter(run=run)),
        *((lane, Result.objects.filter(thread=lane)) for lane in run.threads.all()),
    ):
        live = rows.filter(removed_at=None, is_final=True)
        if (total := counted.counts.total) != live.count():
            said.append(f"{counted}: {total} and not {live.count()}")
    return said


def test_a_run_that_is_back_at_its_tool_has_all_that_was_pushed(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    let_time_pass()
    testmo.sync(is_look=True)
    before = stored_results(run)
    vendors = at_vendor(testmo)
    with transaction.atomic():
        mark_run_removed(run)
    assert stored_results(run) == []
    # Back, but without the first attempt.
    vendors.results = [one for one in vendors.results if one.outcome != "failed"]
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    assert stored_results(run) == before
    assert differs(run) == []


# Attempts that differ


def retried(ci: Sender, vendor: Served) -> Run:
    run = a_pushed_run(ci, project_of(vendor))
    hand_on(queue_of(run))
    return run


def backwards(answer: Any) -> Any:
    """As a tool may list what it stored within one second."""
    for row in answer["result"]:
        row["created_at"] = answer["result"][0]["created_at"]
    answer["result"].reverse()
    return answer


def test_attempts_in_another_order_are_the_same_attempts(testmo, ci):
    run = retried(ci, testmo)
    before = stored_results(run)
    vendors = at_vendor(testmo)
    assert [one.outcome for one in vendors.results] == ["failed", "skipped", "passed"]
    testmo.simulator.faults.add(
        "GET .*/runs/[0-9]+/tests", "edit", edit=backwards, times=None
    )
    for _ in range(2):
        let_time_pass()
        assert testmo.sync(is_look=True).status == "ok"
        assert stored_results(run) == before
        assert differs(run) == []


def test_a_tool_that_keeps_the_last_attempt_alone(testmo, ci):
    run = retried(ci, testmo)
    before = stored_results(run)
    vendors = at_vendor(testmo)
    vendors.results = [one for one in vendors.results if one.outcome != "failed"]
    assert len(vendors.results) == 2
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    assert stored_results(run) == before
    assert differs(run) == []


def test_a_change_at_the_tool_leaves_what_was_before_to_a_look_back(testmo, ci):
    # Before what the database calls now, which does not stand still.
    with stopped(now() - timedelta(minutes=2)):
        run = retried(ci, testmo)
    let_time_pass()
    testmo.sync(is_look=True)
    version = Project.objects.get(pk=run.project_id).version
    vendors = at_vendor(testmo)
    vendors.results = [
        failed(one) if one.outcome == "passed" else one for one in vendors.results
    ]
    vendors.touched_at = vendors.finished_at + timedelta(minutes=5)
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    assert Project.objects.get(pk=run.project_id).version > version
    assert differs(run) == []
    run.refresh_from_db()
    assert (run.passed, run.failed) == (0, 1)
    kept = run.changes.order_by("recorded_to").last()
    assert (kept.values["passed"], kept.values["failed"]) == (1, 0)
    (old,) = ResultChange.objects.filter(run=run.pk, recorded_to=kept.recorded_to)
    assert STATUS_OF_CODE[old.status] is Status.PASSED
    assert old.recorded_from < old.recorded_to


def test_an_upload_to_a_case_whose_result_the_tool_took_out(testably):
    project = project_of(testably)
    run = Run.objects.filter(project=project).first()
    was = Result.objects.filter(run=run, status=STATUS_CODES[Status.PASSED]).first()
    with transaction.atomic():
        # As a sync does where a case was taken out of a run.
        Result.objects.filter(run=run, ordinal=was.ordinal).update(removed_at=now())
        row = Run.objects.get(pk=run.pk)
        recount(row)
        row.save()
        rebuild_run_days([run.pk])
    assert differs(run) == []
    rows = [{"test_case_id": was.case.key, "status": "failed", "note": "Expected 3"}]
    answer = uploader(project).send({"run_id": run.external_id, "results": rows})
    assert answer.status_code == 200, answer.content
    assert differs(run) == []
    new = Result.objects.get(run=run, case=was.case, removed_at=None)
    assert (new.attempt, new.is_final) == (1, True)
    hand_on(queue_of(run))
    let_time_pass()
    testably.sync(is_look=True)
    assert differs(run) == []
    assert Result.objects.get(run=run, case=was.case, removed_at=None) == new


def test_a_word_that_the_tool_knows_is_unknown_no_more(testmo, ci):
    run = ci.run(project_of(testmo))
    thread = ci.thread(run)
    assert ci.append(thread, a_test(status="parked")).status_code == 204
    hand_on(queue_of(run))
    run.refresh_from_db()
    assert run.unknown_words == {"parked": 1}
    vendors = at_vendor(testmo)
    vendors.results = [replace(one, outcome="passed") for one in vendors.results]
    let_time_pass()
    testmo.sync(is_look=True)
    run.refresh_from_db()
    assert (run.passed, run.unknown, run.unknown_words) == (1, 0, None)
    assert differs(run) == []


def test_a_sync_waits_with_a_run_of_which_a_thread_is_being_made(
    testmo, ci, monkeypatch
):
    run = ci.run(project_of(testmo))
    thread = ci.thread(run)
    assert ci.append(thread, a_test()).status_code == 204
    original = sending._note_taken

    def noted(part: RelayedPart, *told: Any) -> None:
        """As a sync comes between the vendor's making it and our knowing its id."""
        if part.act == "create_thread":
            let_time_pass()
            assert testmo.sync(is_look=True).status == "ok"
        original(part, *told)

    monkeypatch.setattr(sending, "_note_taken", noted)
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"sent"}
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    run.refresh_from_db()
    assert (run.thread_count, run.threads.count(), run.passed) == (1, 1, 1)
    assert run.vendor_counts["passed"] == 1
    assert differs(run) == []


def test_results_come_in_are_handed_on_and_read_back_all_at_once(testmo, ci):
    run = ci.run(project_of(testmo))
    threads = [ci.thread(run) for _ in range(2)]
    codes: list[int] = []
    is_over = threading.Event()

    def push(thread: int) -> None:
        for number in range(6):
            # The same tests in both threads: half of them are attempts of one another.
            tests = [a_test(f"t{number}_{one}") for one in range(4)]
            codes.append(ci.append(thread, *tests).status_code)

    def relay() -> None:
        while not is_over.wait(0.02):
            hand_on(queue_of(run))

    def read() -> None:
        while not is_over.wait(0.05):
            let_time_pass()
            testmo.sync(is_look=True)

    def at_once(work: Callable[[], None]) -> threading.Thread:
        def whole() -> None:
            work()
            connections.close_all()

        worker = threading.Thread(target=whole)
        worker.start()
        return worker

    others = [at_once(relay), at_once(read)]
    for client in [at_once(partial(push, thread)) for thread in threads]:
        client.join()
    is_over.set()
    for other in others:
        other.join()
    assert codes == [204] * 12
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"sent"}
    for _ in range(2):
        let_time_pass()
        assert testmo.sync(is_look=True).status == "ok"
        run.refresh_from_db()
        assert Result.objects.filter(run=run, removed_at=None).count() == 48
        assert (run.passed, run.attempts_passed) == (24, 48)
        assert differs(run) == []
    assert len(at_vendor(testmo).results) == 48
    assert Run.objects.filter(name="Nightly").count() == 1
