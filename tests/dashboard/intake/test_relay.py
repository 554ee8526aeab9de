"""What is pushed to a connected tool and handed on to it, over real HTTP at both ends."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from ingest.connections import pause, resume, save_connection
from ingest.housekeeping import keep_house
from ingest.intake.closing import close_abandoned
from ingest.models import (
    Connection,
    PushedRun,
    RelayedPart,
    Result,
    ResultText,
    Run,
    Thread,
)
from ingest.relay.outbox import Queue, due_queues, leave_out, send_again
from ingest.relay.sending import CLAIM, MOST_TRIES, hand_on
from ingest.rollups import differences
from tests.clock import now
from tests.dashboard.intake.relays import (
    OTHER,
    a_pushed_run,
    ci,
    failed,
    posts,
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
from tests.dashboard.intake.test_testmo import KEY, a_test
from tests.dashboard.intake.test_testomatio import an_item, reporter
from tests.dashboard.page_reader import queue_gone
from tests.ingest.served import let_time_pass, some_run

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
__all__ = ["ci", "reachable", "testably", "testmo", "testomatio"]


# Testmo


def test_a_run_is_stored_then_handed_on_and_the_next_sync_doubles_nothing(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    before = stored_results(run)
    assert len(before) == 3
    assert {state for _, state in states(run)} == {"waiting"}
    assert posts(testmo) == []
    assert hand_on(queue_of(run)) is False
    assert states(run) == [
        ("create_run", "sent"),
        ("create_thread", "sent"),
        ("create_thread", "sent"),
        ("append_thread", "sent"),
        ("append_thread", "sent"),
        ("complete_thread", "sent"),
        ("complete_thread", "sent"),
        ("complete_run", "sent"),
    ]
    assert not RelayedPart.objects.exclude(body="").exists()
    (_, at_vendor), *more = testmo.simulator.pushed.values()
    assert more == []
    assert (at_vendor.name, at_vendor.source, at_vendor.tags) == (
        "Nightly",
        "frontend",
        ("nightly",),
    )
    assert [result.key for result in at_vendor.results] == [KEY, OTHER, KEY]
    assert [result.thread for result in at_vendor.results] == [0, 0, 1]
    assert at_vendor.finished_at is not None
    run.refresh_from_db()
    assert run.external_id == str(at_vendor.number)
    runs, texts = Run.objects.count(), ResultText.objects.filter(run=run).count()
    for _ in range(2):
        let_time_pass()
        assert testmo.sync(is_look=True).status == "ok"
        assert Run.objects.count() == runs
        assert stored_results(run) == before
        assert ResultText.objects.filter(run=run).count() == texts
        assert Thread.objects.filter(run=run).count() == 2
    run.refresh_from_db()
    # What the vendor alone can say came with it.
    assert run.vendor_counts is not None
    assert run.vendor_counts["passed"] == 1
    assert (run.status, run.is_open, run.passed, run.skipped) == ("passed", False, 1, 1)
    assert list(differences()) == []


def test_a_client_goes_on_under_the_ids_that_it_was_given(testmo, ci):
    run = ci.run(project_of(testmo))
    hand_on(queue_of(run))
    run.refresh_from_db()
    assert run.external_id != str(run.pk)
    thread = ci.thread(run)
    hand_on(queue_of(run))
    assert ci.append(thread, a_test()).status_code == 204
    hand_on(queue_of(run))
    (_, at_vendor), *_ = testmo.simulator.pushed.values()
    assert [result.key for result in at_vendor.results] == [KEY]
    assert ci.post(f"/automation/runs/{run.pk}/complete", {}).status_code == 204


def test_nothing_is_handed_on_without_relay_or_of_another_format(testmo, ci):
    save_connection(
        vendor="testmo",
        name=testmo.connection.name,
        base_url=testmo.connection.base_url,
        settings={"relay": "off"},
    )
    a_pushed_run(ci, project_of(testmo))
    assert not RelayedPart.objects.exists()
    assert not PushedRun.objects.filter(is_relayed=True).exists()


def test_what_is_pushed_while_the_queue_is_gone_is_taken_and_found_by_a_look(
    testmo, ci
):
    with queue_gone():
        run = a_pushed_run(ci, project_of(testmo))
    assert len(stored_results(run)) == 3
    assert due_queues(now()) == [queue_of(run)]


def test_a_vendor_that_is_down_is_tried_again_in_order(testmo, ci):
    testmo.simulator.faults.add(
        "POST /api/v1/projects", "status:503", times=1, retry_after="600"
    )
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    first = queue_of(run).parts().first()
    assert (first.state, first.tries, first.claimed_until) == ("waiting", 1, None)
    assert "503" in first.sentence
    assert "next sync" not in first.sentence
    assert due_queues(now()) == []
    hand_on(queue_of(run))
    assert queue_of(run).parts().first().tries == 1
    later = now() + timedelta(seconds=601)
    assert due_queues(later) == [queue_of(run)]
    RelayedPart.objects.update(next_try_at=now())
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"sent"}
    assert len(testmo.simulator.pushed) == 1


def test_pauses_double_and_end_with_a_question_to_a_person(testmo, ci):
    testmo.simulator.faults.add("POST /api/v1/projects", "status:503", times=None)
    run = ci.run(project_of(testmo))
    waits = []
    for _ in range(3):
        hand_on(queue_of(run))
        part = queue_of(run).parts().get()
        waits.append((part.next_try_at - now()).total_seconds())
        RelayedPart.objects.update(next_try_at=None)
    assert [round(one / 5) for one in waits] == [1, 2, 4]
    RelayedPart.objects.update(tries=MOST_TRIES - 1)
    hand_on(queue_of(run))
    part = queue_of(run).parts().get()
    assert part.state == "refused"
    assert part.sentence.startswith(f"Given up after {MOST_TRIES} tries. Testmo has")


def test_an_append_that_may_have_come_through_is_not_sent_twice(testmo, ci):
    testmo.simulator.faults.add("threads/[0-9]+/append", "disconnect")
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    assert states(run)[3:5] == [
        ("append_thread", "unclear"),
        ("append_thread", "waiting"),
    ]
    unclear = queue_of(run).parts().get(state="unclear")
    assert "Look there before you try again" in unclear.sentence
    (_, at_vendor), *_ = testmo.simulator.pushed.values()
    assert len(at_vendor.results) == 2
    # What comes behind waits for a person.
    assert due_queues(now() + timedelta(days=1)) == []
    assert leave_out(queue_of(run)) == 1
    hand_on(queue_of(run))
    assert states(run)[3:] == [
        ("append_thread", "left_out"),
        ("append_thread", "sent"),
        ("complete_thread", "sent"),
        ("complete_thread", "sent"),
        ("complete_run", "sent"),
    ]
    (_, at_vendor), *_ = testmo.simulator.pushed.values()
    assert [result.key for result in at_vendor.results] == [KEY, OTHER, KEY]


def test_what_a_vendor_takes_twice_as_once_is_sent_again_by_itself(testmo, ci):
    testmo.simulator.faults.add("runs/[0-9]+/complete", "status:502")
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    assert states(run)[-1] == ("complete_run", "waiting")
    RelayedPart.objects.update(next_try_at=None)
    hand_on(queue_of(run))
    assert states(run)[-1] == ("complete_run", "sent")


def test_a_refused_part_is_said_and_those_behind_it_go_on(testmo, ci):
    testmo.simulator.faults.add("threads/[0-9]+/append", "status:422")
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    assert [state for _, state in states(run)[3:6]] == ["refused", "sent", "sent"]
    refused = queue_of(run).parts().get(state="refused")
    assert "422" in refused.sentence
    assert refused.answer.startswith("HTTP 422")
    assert refused.body
    # Nothing of it is lost here.
    assert len(stored_results(run)) == 3


def test_a_run_that_is_not_taken_takes_its_parts_along_until_it_is_sent_again(
    testmo, ci
):
    testmo.simulator.faults.add("POST /api/v1/projects", "status:422")
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"refused"}
    assert len(posts(testmo)) == 1
    assert send_again(queue_of(run)) == 8
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"sent"}
    (_, at_vendor), *_ = testmo.simulator.pushed.values()
    assert len(at_vendor.results) == 3


def test_a_thread_that_is_not_taken_costs_its_own_parts_alone(testmo, ci):
    testmo.simulator.faults.add("POST .*/threads$", "status:422")
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    assert [state for _, state in states(run)] == [
        "sent",
        "refused",
        "sent",
        "refused",
        "sent",
        "refused",
        "sent",
        "sent",
    ]


def test_refused_credentials_keep_everything_waiting(testmo, ci):
    testmo.simulator.faults.add("POST /api/v1/projects", "status:403")
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"waiting"}
    said = queue_of(run).parts().first().sentence
    assert said == "Testmo denied access (403). Enter a valid key that may write."


def test_a_connection_that_is_paused_or_off_holds_what_waits(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    pause(testmo.connection, "mara")
    hand_on(queue_of(run))
    assert due_queues(now()) == []
    assert {state for _, state in states(run)} == {"waiting"}
    resume(testmo.connection)
    Connection.objects.update(settings={"relay": "off"})
    hand_on(queue_of(run))
    assert due_queues(now()) == []
    Connection.objects.update(settings={"relay": "on"})
    assert due_queues(now()) == [queue_of(run)]
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"sent"}


def test_what_a_worker_died_over_is_unclear_unless_it_may_be_sent_twice(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    moment = now()
    parts = queue_of(run).parts()
    RelayedPart.objects.filter(pk=parts.first().pk).update(claimed_until=moment + CLAIM)
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"waiting"}
    RelayedPart.objects.filter(pk=parts.first().pk).update(claimed_until=moment)
    assert due_queues(now()) == [queue_of(run)]
    hand_on(queue_of(run))
    assert states(run)[0] == ("create_run", "unclear")
    assert testmo.simulator.pushed == {}
    send_again(queue_of(run))
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"sent"}


def test_two_workers_send_each_part_once(testmo, ci):
    runs = [a_pushed_run(ci, project_of(testmo)) for _ in range(2)]

    def work() -> None:
        for run in runs:
            hand_on(queue_of(run))
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for run in runs:
        hand_on(queue_of(run))
        assert {state for _, state in states(run)} == {"sent"}
    assert len(testmo.simulator.pushed) == 2
    for _, at_vendor in testmo.simulator.pushed.values():
        assert [result.key for result in at_vendor.results] == [KEY, OTHER, KEY]


def test_the_vendors_ids_stay_while_results_come_in(testmo, ci):
    """Whoever stores results has read the thread before, and saves it after."""
    run = ci.run(project_of(testmo))
    thread = ci.thread(run)
    told = Thread.objects.get(pk=thread).external_id
    opened, noted = threading.Event(), threading.Event()

    def add() -> None:
        with transaction.atomic():
            Run.objects.select_for_update().get(pk=run.pk)
            row = Thread.objects.get(pk=thread)
            opened.set()
            noted.wait(0.5)
            row.save()
        connections.close_all()

    def relay() -> None:
        opened.wait()
        hand_on(queue_of(run))
        noted.set()
        connections.close_all()

    workers = [threading.Thread(target=work) for work in (add, relay)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Thread.objects.get(pk=thread).external_id != told
    assert ci.append(thread, a_test()).status_code == 204
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"sent"}


def test_a_sync_waits_with_a_run_that_is_being_made(testmo, ci):
    project = project_of(testmo)
    run = ci.run(project)
    hand_on(queue_of(run))
    run.refresh_from_db()
    vendors = run.external_id
    # As it is between the vendor's having the run and our knowing its id.
    Run.objects.filter(pk=run.pk).update(external_id="0a1b2c3d")
    PushedRun.objects.filter(run=run).update(is_at_vendor=False)
    RelayedPart.objects.update(state="waiting", claimed_until=now() + CLAIM, body="{}")
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    assert not Run.objects.filter(external_id=vendors).exists()
    # And not for ever.
    RelayedPart.objects.update(claimed_until=now())
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    assert Run.objects.filter(external_id=vendors).exists()


def test_what_somebody_changes_at_the_vendor_later_is_seen(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    let_time_pass()
    testmo.sync(is_look=True)
    (_, at_vendor), *_ = testmo.simulator.pushed.values()
    at_vendor.name = "Nightly, by hand"
    at_vendor.results = [
        result if result.number != at_vendor.results[-1].number else failed(result)
        for result in at_vendor.results
    ]
    at_vendor.touched_at = at_vendor.finished_at + timedelta(minutes=5)
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    run.refresh_from_db()
    assert run.name == "Nightly, by hand"
    assert (run.passed, run.failed, run.attempts_not_passed) == (0, 1, 2)
    # The message that was pushed is still that of the attempt it came with.
    (text,) = ResultText.objects.filter(run=run).exclude(details=None)
    assert "Expected 3, got 4" in str(text.details)
    assert list(differences()) == []


def test_results_that_came_to_the_vendor_alone_are_added(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    (_, at_vendor), *_ = testmo.simulator.pushed.values()
    another = some_run(99).results[0]
    at_vendor.results = [*at_vendor.results, another]
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    assert len(stored_results(run)) == 4
    run.refresh_from_db()
    assert run.passed == 2
    assert list(differences()) == []


def test_sent_parts_are_forgotten_after_a_while(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    keep_house()
    assert len(states(run)) == 8
    RelayedPart.objects.update(sent_at=now() - timedelta(days=8))
    keep_house()
    assert states(run) == []


# Testomat.io


def test_a_report_is_signed_by_the_projects_own_key(testomatio):
    project = project_of(testomatio)
    ci = reporter("intake", projects=[project])
    run = ci.run(title="Nightly", env="chrome")
    uid = run.external_id
    item = an_item(rid=f"{uid}-{uid}-1", api_key=ci.key, message="no", status="failed")
    assert (
        ci.batch(run, item, an_item("removes item", rid=f"{uid}-2")).status_code == 200
    )
    assert ci.end(run, "fail", duration=2.5).status_code == 200
    assert not RelayedPart.objects.filter(body__contains=ci.key).exists()
    hand_on(queue_of(run))
    assert states(run) == [
        ("create_run", "sent"),
        ("add_results", "sent"),
        ("update_run", "sent"),
    ]
    run.refresh_from_db()
    assert run.external_id != uid
    assert run.pushed.client_id == uid
    # The reporter knows its run by the first id, whatever happened meanwhile.
    assert (
        ci.send("PUT", f"/api/reporter/{uid}", {"status_event": "fail"}).json()["uid"]
        == uid
    )
    before = stored_results(run)
    let_time_pass()
    assert testomatio.sync(is_look=True).status == "ok"
    # The vendor found the tests by their titles, in a suite of a suite.
    assert [row[1:] for row in stored_results(run)] == [row[1:] for row in before]
    keys = {row[0] for row in stored_results(run)}
    assert not any("Cart" in key for key in keys)
    assert Run.objects.filter(name="Nightly").count() == 1
    again = ci.run(title="Nightly 2")
    assert ci.batch(again, an_item()).status_code == 200
    assert {row[0] for row in stored_results(again)} < keys
    case = Result.objects.get(run=again).case
    assert case.folder == "Shop / Cart"
    run.refresh_from_db()
    assert (run.passed, run.failed, run.status) == (1, 1, "failed")
    assert list(differences()) == []


def test_an_import_of_tests_is_handed_on_by_the_project(testomatio):
    project = project_of(testomatio)
    ci = reporter("intake", projects=[project])
    assert ci.load({"name": "new one", "suites": ["Cart"]}).status_code == 200
    queue = Queue(project.pk, None)
    assert due_queues(now()) == [queue]
    hand_on(queue)
    assert list(queue.parts().values_list("act", "state")) == [("import_tests", "sent")]
    assert posts(testomatio, "/api/load") == ["/api/load"]
    assert testomatio.simulator.imported_tests == 1


def test_a_test_that_the_vendor_has_is_reported_as_that_one(testomatio):
    project = project_of(testomatio)
    case = project.cases.get(name="Case 2")
    ci = reporter("intake", projects=[project])
    run = ci.run(title="Nightly")
    told = an_item("Case 2", suite_title="Cart"), an_item("Case 2", suite_title="Other")
    assert ci.batch(run, *told).status_code == 200
    keys = [row[0] for row in stored_results(run)]
    assert keys == [case.key, "Other / Case 2"]
    case.refresh_from_db()
    assert case.folder == "Shop / Cart"


# Testably


def test_an_upload_goes_into_a_run_of_the_vendors(testably):
    project = project_of(testably)
    run = Run.objects.filter(project=project).first()
    case = project.cases.first()
    was = stored_results(run)
    ci = uploader(project)
    rows = [{"test_case_id": case.key, "status": "failed", "note": "Expected 3"}]
    answer = ci.send({"run_id": run.external_id, "results": rows})
    assert answer.status_code == 200, answer.content
    assert len(stored_results(run)) == len(was) + 1
    hand_on(queue_of(run))
    assert states(run) == [("upload", "sent")]
    let_time_pass()
    assert testably.sync(is_look=True).status == "ok"
    assert len(stored_results(run)) == len(was) + 1
    final = Result.objects.get(run=run, case=case, is_final=True, removed_at=None)
    assert final.attempt == 2
    text = ResultText.objects.get(run=run, ordinal=final.ordinal)
    assert text.message == "Expected 3"
    # It ends where it began.
    close_abandoned(now() + timedelta(days=2))
    run.refresh_from_db()
    assert run.pushed.is_abandoned is False
    assert list(differences()) == []


def test_an_upload_to_a_run_that_nobody_knows_is_kept_and_said(testably):
    project = project_of(testably)
    ci = uploader(project)
    case = project.cases.first()
    rows = [{"test_case_id": case.key, "status": "passed"}]
    answer = ci.send({"run_id": "run_of_nobody", "results": rows})
    assert answer.status_code == 200, answer.content
    run = Run.objects.get(external_id="run_of_nobody")
    hand_on(queue_of(run))
    (part,) = queue_of(run).parts()
    assert (part.state, part.answer[:8]) == ("refused", "HTTP 404")
    let_time_pass()
    assert testably.sync(is_look=True).status == "ok"
    assert len(stored_results(run)) == 1
