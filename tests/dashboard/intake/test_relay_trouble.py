"""What goes wrong while something is handed on: odd requests, odd answers, bad moments."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import connections

from ingest.connectors.testomatio.relaying import _keys as keys
from ingest.housekeeping import keep_house
from ingest.models import (
    Project,
    RelayedPart,
    Result,
    Run,
)
from ingest.relay import sending
from ingest.relay.outbox import PROBES, Queue, due_queues, send_again
from ingest.relay.sending import CLAIM, MOST_TRIES, NEVER_MADE, hand_on
from tests.clock import now
from tests.dashboard.intake.relays import (
    a_pushed_run,
    ci,
    posts,
    project_of,
    queue_of,
    reachable,
    states,
    testably,
    testmo,
    testomatio,
    uploader,
)
from tests.dashboard.intake.test_testmo import a_test
from tests.dashboard.intake.test_testomatio import reporter
from tests.ingest.served import let_time_pass

__all__ = ["ci", "reachable", "testably", "testmo", "testomatio"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]


# Odd requests


def test_texts_that_no_database_takes_are_handed_on_as_they_came(testmo, ci):
    run = ci.run(project_of(testmo))
    thread = ci.thread(run)
    field = {"type": 2, "name": "Out", "value": "a\x00b \ud800 \U0001f600"}
    assert ci.append(thread, a_test(fields=[field])).status_code == 204
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"sent"}
    (sent,) = [one for one in testmo.simulator.log if one.path.endswith("/append")]
    assert sent.body["tests"][0]["fields"][0]["value"] == field["value"]


def test_a_number_that_is_none_is_not_kept_waiting_for_ever(testmo, ci):
    run = ci.run(project_of(testmo))
    thread = ci.thread(run)
    body = json.dumps({"tests": [a_test()], "more": 1})
    path = f"/automation/runs/threads/{thread}/append"
    answer = ci.post(path, body.replace('"more": 1', '"more": 1e999'))
    hand_on(queue_of(run))
    waiting = [state for _, state in states(run) if state != "sent"]
    assert (answer.status_code, waiting) in ((204, []), (422, []), (400, []))
    assert Result.objects.filter(run=run).count() == (answer.status_code == 204)


# Odd answers


def test_what_a_tool_says_that_no_database_takes_does_not_stop_the_rest(testably):
    project = project_of(testably)
    run, case = Run.objects.filter(project=project).first(), project.cases.first()
    testably.simulator.faults.add(
        "POST", "edit", edit=lambda _: {"failed_test_case_ids": ["a\x00b\ud800"]}
    )
    rows = [{"test_case_id": case.key, "status": "failed"}]
    answer = uploader(project).send({"run_id": run.external_id, "results": rows})
    assert answer.status_code == 200, answer.content
    hand_on(queue_of(run))
    part = queue_of(run).parts().get()
    assert part.state == "sent"
    assert "did not store a\u2400b" in part.sentence


def test_a_failure_that_comes_as_200_is_no_success(testably):
    project = project_of(testably)
    run, case = Run.objects.filter(project=project).first(), project.cases.first()
    said = {"success": False, "error": "Run is completed"}
    testably.simulator.faults.add("POST", "edit", edit=lambda _: said)
    rows = [{"test_case_id": case.key, "status": "failed"}]
    uploader(project).send({"run_id": run.external_id, "results": rows})
    hand_on(queue_of(run))
    part = queue_of(run).parts().get()
    assert part.state == "refused"
    assert "Run is completed" in part.sentence


@pytest.mark.parametrize(
    "kind", ["html", "empty", "cut_json", "truncate", "set_key:id=null", "reset"]
)
def test_a_run_of_which_nobody_knows_the_id_waits_for_a_person(testmo, ci, kind):
    testmo.simulator.faults.add("POST /api/v1/projects", kind)
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    assert states(run)[0] == ("create_run", "unclear")
    assert {state for _, state in states(run)[1:]} == {"waiting"}


@pytest.mark.parametrize("made", ['"77001"', "77001"])
def test_an_id_is_a_number_or_a_text(testmo, ci, made):
    testmo.simulator.faults.add("POST /api/v1/projects", f"set_key:id={made}")
    run = ci.run(project_of(testmo))
    hand_on(queue_of(run))
    run.refresh_from_db()
    assert run.external_id == "77001"


def test_an_id_that_another_run_has_is_not_taken_from_it(testmo, ci):
    project = project_of(testmo)
    other = project.runs.exclude(pushed__isnull=False).first()
    testmo.simulator.faults.add(
        "POST /api/v1/projects", f'set_key:id="{other.external_id}"'
    )
    run = ci.run(project)
    hand_on(queue_of(run))
    assert states(run) == [("create_run", "unclear")]
    other.refresh_from_db()
    assert other.passed


def test_two_threads_of_one_id_are_not_one(testmo, ci):
    run = ci.run(project_of(testmo))
    first, second = ci.thread(run), ci.thread(run)
    testmo.simulator.faults.add("POST .*/threads$", "set_key:id=5", times=2)
    hand_on(queue_of(run))
    assert [state for _, state in states(run)] == ["sent", "sent", "unclear"]
    part = queue_of(run).parts().get(state="unclear")
    assert "thread" in part.sentence
    assert first != second


def test_a_large_answer_is_read_and_a_huge_one_is_unclear(testmo, ci):
    run = ci.run(project_of(testmo))
    large = {"id": 88001, "more": "x" * (5 * 2**20)}
    testmo.simulator.faults.add("POST /api/v1/projects", "edit", edit=lambda _: large)
    hand_on(queue_of(run))
    assert states(run) == [("create_run", "sent")]
    again = ci.run(project_of(testmo))
    huge = {"id": 88002, "more": "x" * (9 * 2**20)}
    testmo.simulator.faults.add("POST /api/v1/projects", "edit", edit=lambda _: huge)
    hand_on(queue_of(again))
    assert states(again) == [("create_run", "unclear")]


# Bad moments


def test_parts_of_a_project_that_is_gone_wait(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    Project.objects.filter(pk=run.project_id).update(removed_at=now())
    hand_on(queue_of(run))
    assert {state for _, state in states(run)} == {"waiting"}
    assert posts(testmo) == []


def test_a_connection_that_is_deleted_while_its_tool_answers(testmo, ci):
    run = ci.run(project_of(testmo))
    testmo.simulator.faults.add("POST /api/v1/projects", "hang", seconds=1)
    queue = queue_of(run)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            hand_on(queue)
        except BaseException as error:
            failures.append(error)
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    while not RelayedPart.objects.exclude(claimed_until=None).exists():
        time.sleep(0.01)
    Run.objects.all().delete()
    testmo.connection.delete()
    worker.join()
    assert failures == []
    assert not RelayedPart.objects.exists()


def test_a_pause_holds_for_a_worker_that_looked_before_it(testmo, ci, monkeypatch):
    """Two read the first part, one tries it, and the other must not at once."""
    run = ci.run(project_of(testmo))
    testmo.simulator.faults.add("POST /api/v1/projects", "status:503", times=None)
    original = sending._may_be_sent
    once = []

    def looked(part: RelayedPart, moment: Any) -> bool:
        may = original(part, moment)
        if not once:
            once.append(True)
            hand_on(queue_of(run))
        return may

    monkeypatch.setattr(sending, "_may_be_sent", looked)
    hand_on(queue_of(run))
    assert len(posts(testmo)) == 1
    assert queue_of(run).parts().get().tries == 1


def test_the_last_part_lets_the_run_be_read_again(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    testmo.simulator.faults.add("threads/[0-9]+/append", "status:503", after=1)
    hand_on(queue_of(run))
    # Over for long, when a sync meets what the tool has of it by now.
    Run.objects.filter(pk=run.pk).update(finished_at=now() - timedelta(hours=1))
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    run.refresh_from_db()
    assert (run.vendor_counts["passed"], run.must_be_read) == (0, False)
    RelayedPart.objects.update(next_try_at=None)
    hand_on(queue_of(run))
    run.refresh_from_db()
    assert run.must_be_read
    let_time_pass()
    assert testmo.sync().status == "ok"
    run.refresh_from_db()
    assert run.vendor_counts["passed"] == 1


def test_a_tool_that_is_down_keeps_no_worker_busy_and_waits_for_nothing_once_it_is_back(
    testmo, ci
):
    testmo.simulator.faults.add("POST /api/v1/projects", "status:503", times=None)
    runs = [ci.run(project_of(testmo)) for _ in range(6)]
    assert len(due_queues(now())) == 6
    for run in runs:
        hand_on(queue_of(run))
    first, *others, last = (queue_of(run) for run in runs)
    RelayedPart.objects.update(next_try_at=now())
    last.parts().update(next_try_at=now() + timedelta(minutes=30))
    assert len(due_queues(now())) == PROBES
    testmo.simulator.faults.clear()
    hand_on(first)
    assert set(due_queues(now())) == {*others, last}


def test_a_part_over_which_workers_die_is_not_tried_for_ever(testmo, ci):
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    last = queue_of(run).parts().last()
    assert last.act == "complete_run"
    RelayedPart.objects.filter(pk=last.pk).update(
        state="waiting", tries=MOST_TRIES - 1, claimed_until=now(), body="{}"
    )
    hand_on(queue_of(run))
    last.refresh_from_db()
    assert (last.state, last.tries) == ("unclear", MOST_TRIES)


def test_all_that_is_asked_to_send_a_part_ends_before_its_claim(
    testomatio, monkeypatch
):
    """A log-in and the project's key come first, and may take as long as a sync's."""
    project = project_of(testomatio)
    run = reporter("intake", projects=[project]).run(title="Nightly")
    monkeypatch.setattr(sending, "SEND_LIMIT_S", 1.0)
    keys.clear()
    testomatio.simulator.faults.add("GET /api/projects/", "hang", seconds=20)
    began = time.monotonic()
    hand_on(queue_of(run))
    assert time.monotonic() - began < 10
    assert states(run) == [("create_run", "waiting")]
    testomatio.simulator.faults.let_go()


def test_runs_of_others_are_read_later_while_one_is_being_made(testmo, ci):
    project = project_of(testmo)
    run = ci.run(project)
    RelayedPart.objects.update(claimed_until=now() + CLAIM)
    other = requests.post(
        f"{testmo.connection.base_url}/api/v1/projects/{project.external_id}"
        "/automation/runs",
        json={"name": "Of somebody else", "source": "web"},
        headers={"Authorization": f"Bearer {testmo.connection.secrets['token']}"},
        timeout=10,
    ).json()["id"]
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    assert not Run.objects.filter(external_id=str(other)).exists()
    RelayedPart.objects.update(claimed_until=None)
    hand_on(queue_of(run))
    let_time_pass(60)
    assert testmo.sync().status == "ok"
    assert Run.objects.filter(external_id=str(other)).exists()


# What is kept


def test_what_a_run_was_made_by_is_known_as_long_as_a_part_waits(testmo, ci):
    testmo.simulator.faults.add("threads/[0-9]+/append", "status:422")
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    past = now() - timedelta(days=8)
    RelayedPart.objects.update(created_at=past)
    RelayedPart.objects.filter(state="sent").update(sent_at=past)
    keep_house()
    send_again(queue_of(run))
    hand_on(queue_of(run))
    # The thread has ended there meanwhile, which is another thing.
    assert not queue_of(run).parts().filter(sentence=NEVER_MADE).exists()


def test_no_part_outlives_the_results_that_it_brought(testmo, ci, settings):
    testmo.simulator.faults.add("POST /api/v1/projects", "status:422")
    run = a_pushed_run(ci, project_of(testmo))
    hand_on(queue_of(run))
    RelayedPart.objects.update(
        created_at=now() - timedelta(days=settings.RETENTION_DAYS + 1)
    )
    keep_house()
    assert not RelayedPart.objects.exists()


def test_keys_are_sent_where_the_tool_wants_them_alone(testomatio):
    project = project_of(testomatio)
    ci = reporter("intake", projects=[project])
    assert (
        ci.load({"name": "new one", "suites": ["Cart"], "api_key": ci.key}).status_code
        == 200
    )
    assert not RelayedPart.objects.filter(body__contains=ci.key).exists()
    hand_on(Queue(project.pk, None))
    (sent,) = [one for one in testomatio.simulator.log if one.path == "/api/load"]
    assert "api_key" not in sent.body["tests"][0]


@pytest.mark.parametrize("kind", ["status:422", "reset", "html"])
def test_no_key_is_said_where_an_import_fails(testomatio, caplog, kind):
    project = project_of(testomatio)
    ci = reporter("intake", projects=[project])
    assert ci.load({"name": "new one", "suites": ["Cart"]}).status_code == 200
    testomatio.simulator.faults.add("POST /api/load", kind)
    hand_on(Queue(project.pk, None))
    part = Queue(project.pk, None).parts().get()
    assert part.sentence
    said = f"{part.sentence} {part.answer} {part.body} {caplog.text}"
    assert "tstmt_" not in said
    assert ci.key not in said
