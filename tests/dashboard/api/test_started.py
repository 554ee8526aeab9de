"""Runs started through the API: asked for once, told as refused, followed to the end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client

from dashboard.annotations.started_runs import keep_start
from dashboard.models import Act, ActKind, ApiToken
from dashboard.readers import Role
from ingest.connections import save_connection
from ingest.contract import RunRecord
from ingest.intake.closing import close_run
from ingest.intake.projects import create_project
from ingest.intake.runs import open_run
from ingest.models import (
    AnnouncedRun,
    Connection,
    Project,
    PushedRun,
    Run,
    StartedRun,
    Sync,
)
from ingest.started_runs import following
from ingest.started_runs.asking import lose
from ingest.sync import carry_out, discover
from ingest.tasks import follow_started_runs
from tests import factories
from tests.clock import now
from tests.dashboard.page_reader import person
from tests.ingest.recordings.qatech import PROJECT, PROJECTS, detail, execution, report
from tests.ingest.wire import Answer, Request, Wire, listening, wire

__all__ = ["wire"]
pytestmark = pytest.mark.django_db(transaction=True)

RUN = {"id": "u", "shortId": "UkxK", "url": "https://app.qa.tech/p/shop/results/UkxK"}
RUNS = Answer(method="POST", path="/v1/run", body={"success": True, "run": RUN})
RERUN = Answer(method="POST", path="/v1/run/UkxK", body={"success": True, "run": RUN})
PLAN = {"testPlanShortId": "pln_1"}
EXECUTE = Answer(
    method="POST",
    path="/api/testExecution/p1",
    body={"success": True, "scheduleStatus": "Success", "jobId": "j1"},
)


@pytest.fixture(autouse=True)
def reachable(settings, empty_redis) -> None:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True


@pytest.fixture
def user() -> User:
    return person("ci")


def client(user: User, *scopes: str, projects=()) -> Client:
    _, text = ApiToken.issue(user.pk, scopes=scopes or ["start"], projects=projects)
    return Client(headers={"Authorization": f"Bearer {text}"})


def connected(vendor: str, url: str, project: str) -> Project:
    row = save_connection(
        vendor=vendor,
        name=vendor,
        base_url=url,
        secrets={"token": "k3y"},
        projects=[project],
        check=False,
    )
    return factories.make_project(row, external_id=project)


@pytest.fixture
def qatech(wire: Wire) -> Project:
    return connected("qatech", wire.url, PROJECT)


@pytest.fixture
def testifly(wire: Wire) -> Project:
    return connected("testifly", wire.url, "p1")


def post(client: Client, connection: Connection, body: object, **headers: str):
    path = f"/api/v1/connections/{connection.pk}/start/"
    return client.post(path, body, content_type="application/json", headers=headers)


def rerun(client: Client, run: int, body: object):
    path = f"/api/v1/runs/{run}/rerun/"
    return client.post(path, body, content_type="application/json")


def followed() -> None:
    """As if the pause before the next look had passed."""
    due = StartedRun.objects.exclude(next_look_at=None)
    due.update(next_look_at=now())
    follow_started_runs()


def carried_out() -> None:
    """All that was asked for is read, as the worker does."""
    for parent in Sync.objects.filter(parent=None, status="queued"):
        for child in discover(parent):
            carry_out(child)


def test_a_run_is_started_and_ends_up_stored_like_any_other(wire, qatech, user):
    asks = client(user, "start", "read")
    wire.serve(RUNS)
    answer = post(asks, qatech.connection, PLAN)
    told = answer.json()
    assert answer.status_code == 202
    assert (told["status"], told["run"]) == ("accepted", None)
    assert told["url"] == f"http://testserver/projects/{qatech.pk}/"
    assert told["vendor_url"] == RUN["url"]

    running = execution(status="RUNNING", result=None)
    wire.serve(PROJECTS, report("UkxK", running, status="RUNNING", result=None))
    wire.serve(detail(status="RUNNING", result=None, completedAt=None, durationMs=None))
    followed()
    carried_out()
    followed()
    row = StartedRun.objects.get(pk=told["id"])
    assert row.state == "running"
    assert row.run.external_id == "UkxK"

    wire.forget()
    wire.serve(PROJECTS, report("UkxK", execution()), detail())
    carried_out()
    followed()
    row.refresh_from_db()
    assert (row.state, row.next_look_at) == ("done", None)
    assert row.run.passed == 1
    page = asks.get(f"/api/v1/runs/{row.run_id}/").json()
    assert page["external_id"] == "UkxK"


def test_the_same_key_and_body_reach_the_tool_once(wire, qatech, user):
    asks = client(user)
    wire.serve(RUNS)
    answers = [
        post(asks, qatech.connection, PLAN, **{"Idempotency-Key": "build 7"})
        for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(wire.requests) == 1
    assert Act.objects.exclude(project=None).count() == 1


class Slow:
    """A vendor that answers once all who asked for the same have come."""

    def __init__(self) -> None:
        self.requests = 0
        self.go_on = threading.Event()

    def answer(self, seen: Request) -> Answer:
        self.requests += 1
        self.go_on.wait(10)
        return RUNS


def test_ten_at_the_same_moment_reach_the_tool_once(user):
    slow = Slow()
    with listening(slow) as url:
        project = connected("qatech", url, PROJECT)
        asks = client(user)

        def ask(number: int) -> Any:
            try:
                if number == 9:
                    slow.go_on.set()
                key = {"Idempotency-Key": "double click"}
                return post(asks, project.connection, PLAN, **key)
            finally:
                database.close()

        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(ask, range(10)))
    assert [answer.status_code for answer in answers] == [202] * 10
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert slow.requests == 1


def test_another_body_under_the_same_key_is_refused(wire, qatech, user):
    asks = client(user)
    wire.serve(RUNS)
    key = {"Idempotency-Key": "build 7"}
    assert post(asks, qatech.connection, PLAN, **key).status_code == 202
    other = post(asks, qatech.connection, {"testCaseIds": ["c1"]}, **key)
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["detail"]
    assert len(wire.requests) == 1


def test_a_key_is_of_one_person(wire, qatech, user):
    other = person("mara")
    wire.serve(RUNS)
    key = {"Idempotency-Key": "1"}
    ids = {
        post(client(who), qatech.connection, PLAN, **key).json()["id"]
        for who in (user, other)
    }
    assert len(ids) == len(wire.requests) == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "é"])
def test_a_key_that_is_none_is_a_400(qatech, user, key):
    answer = post(client(user), qatech.connection, PLAN, **{"Idempotency-Key": key})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()


@pytest.mark.parametrize(("status", "told"), [(404, 422), (402, 409)])
def test_a_refusal_is_told_in_the_tools_words_each_time(
    wire, qatech, user, status, told
):
    asks, key = client(user), {"Idempotency-Key": "1"}
    wire.serve(RUNS.but(status=status, body={"message": "No such plan."}))
    for _ in range(2):
        answer = post(asks, qatech.connection, PLAN, **key)
        assert answer.status_code == told
        assert "No such plan." in answer.json()["detail"]
    assert len(wire.requests) == 1
    assert not Act.objects.exclude(project=None).exists()
    assert StartedRun.objects.get().state == "refused"


def test_an_answer_that_never_came_is_not_asked_for_again(wire, qatech, user):
    asks, key = client(user), {"Idempotency-Key": "1"}
    wire.serve(RUNS.but(status=502))
    for _ in range(2):
        answer = post(asks, qatech.connection, PLAN, **key)
        assert answer.status_code == 409
        assert "Look there before you try again" in answer.json()["detail"]
    assert len(wire.requests) == 1
    assert StartedRun.objects.get().state == "lost"
    # It may have been started, which the log must not hide.
    assert Act.objects.exclude(project=None).get().kind == "start"


def interrupted(project: Project, kind: str, **values: str) -> StartedRun:
    """One of a process that ended while it waited for the answer."""
    return StartedRun.objects.create(
        connection=project.connection,
        project=project,
        kind=kind,
        by="ci",
        values=values,
        state="asked",
        asked_at=now(),
        next_look_at=now(),
    )


@pytest.mark.parametrize("kind", ["start", "rerun", "case"])
def test_a_process_that_ended_while_it_asked_leaves_no_open_question(qatech, kind):
    run = factories.make_run(qatech, external_id="UkxK")
    row = interrupted(qatech, kind, rerun="UkxK")
    for _ in range(2):
        followed()
    row.refresh_from_db()
    assert (row.state, row.next_look_at) == ("lost", None)
    assert (row.refused_with, "Look at the tool" in row.sentence) == (409, True)
    # It may have been done, which the log must not hide.
    act = Act.objects.exclude(project=None).get()
    kinds = {"start": "start", "rerun": "rerun", "case": "new_test"}
    about = run.pk if kind == "rerun" else qatech.pk
    assert (act.kind, act.about, act.by) == (kinds[kind], about, "ci")


def test_a_start_that_was_given_up_and_then_answered_is_one_act(qatech):
    row = interrupted(qatech, "start")
    lose(row, "Nobody knows.")
    keep_start(ActKind.START, qatech, row)
    assert Act.objects.exclude(project=None).count() == 1


def test_a_rerun_of_a_run_that_is_gone_meanwhile_is_lost_in_peace(qatech):
    row = interrupted(qatech, "rerun", rerun="gone")
    followed()
    row.refresh_from_db()
    assert row.state == "lost"


def test_an_answer_that_came_while_it_was_given_up_stands(qatech):
    row = interrupted(qatech, "start")
    # Read before the answer came, as whoever gives it up did.
    stale = StartedRun.objects.get(pk=row.pk)
    row.state, row.run_external_id = "accepted", "UkxK"
    row.save()
    lose(stale, "Nobody knows.")
    row.refresh_from_db()
    assert (row.state, row.run_external_id) == ("accepted", "UkxK")
    assert stale.state == "accepted"


def test_passwords_that_are_sent_are_neither_kept_nor_shown(wire, qatech, user):
    asks, key = client(user), {"Idempotency-Key": "1"}
    wire.serve(RUNS)
    body = {"configs": {"password": "s3cret"}}
    assert post(asks, qatech.connection, body, **key).status_code == 202
    assert wire.requests[0].body["parameters"] == {"configs": {"password": "s3cret"}}
    kept = str([*StartedRun.objects.values(), *Act.objects.values()])
    assert "not kept" in kept
    assert "s3cret" not in kept
    # What is not kept still tells one request from another.
    other = {"configs": {"password": "0ther"}}
    assert post(asks, qatech.connection, other, **key).status_code == 422


def test_an_address_that_runs_scripts_is_none(wire, qatech, user):
    wire.serve(RUNS.but(body={"run": {**RUN, "url": "javascript:alert(1)"}}))
    told = post(client(user), qatech.connection, PLAN).json()
    assert (told["status"], told["vendor_url"]) == ("accepted", "")


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity"])
def test_a_number_that_is_none_in_json_is_a_400(wire, qatech, user, number):
    path = f"/api/v1/connections/{qatech.connection.pk}/start/"
    body = f'{{"configs": [{number}]}}'
    answer = client(user).post(path, body, content_type="application/json")
    assert answer.status_code == 400
    assert not wire.requests


@pytest.mark.parametrize(
    "body",
    [[], "x", {"plan": "x"}, {"testPlanShortId": 1}, {"project": "1"}]
    + [{"project": True}, {"project": 999_999}, {"environment": "env_1"}]
    + [{"testPlanShortId": "p", "testCaseIds": ["c"]}],
)
def test_what_no_tool_takes_is_a_400_and_reaches_none(wire, qatech, user, body):
    assert post(client(user), qatech.connection, body).status_code == 400
    assert not wire.requests
    assert not StartedRun.objects.exists()


def test_of_several_projects_one_must_be_named(wire, qatech, user):
    other = factories.make_project(qatech.connection, external_id="proj_2")
    assert post(client(user), qatech.connection, PLAN).status_code == 400
    wire.serve(RUNS)
    named = {**PLAN, "project": other.pk}
    assert post(client(user), qatech.connection, named).status_code == 202
    assert wire.requests[0].body == {**PLAN, "projectShortId": "proj_2"}


def test_only_those_who_may_start_do(qatech, user):
    for scopes in (["read"], ["intake"], ["share"]):
        asks = client(user, *scopes)
        assert post(asks, qatech.connection, PLAN).status_code == 403
        assert rerun(asks, 1, {"only": "all"}).status_code == 403
    bound = client(user, "start", projects=[factories.make_project()])
    assert post(bound, qatech.connection, PLAN).status_code == 404
    viewer = client(person("vera", Role.VIEWER), "start")
    assert post(viewer, qatech.connection, PLAN).status_code == 403
    assert post(Client(), qatech.connection, PLAN).status_code == 401


def test_where_no_tool_is_nothing_can_be_started(user):
    project = create_project("Shop")
    answer = post(client(user), project.connection, {})
    assert answer.status_code == 409
    assert "no tool" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("only", "body"), [("failed", {"failedOnly": True}), ("all", {})]
)
def test_a_run_is_run_again(wire, qatech, user, only, body):
    wire.serve(RERUN)
    run = factories.make_run(qatech, external_id="UkxK")
    answer = rerun(client(user), run.pk, {"only": only})
    assert answer.status_code == 202
    assert wire.requests[0].body == {**body, "projectShortId": PROJECT}
    act = Act.objects.exclude(project=None).get()
    assert (act.kind, act.about, act.by) == ("rerun", run.pk, "ci")


@pytest.mark.parametrize("body", [{}, {"only": "some"}, {"only": "all", "x": 1}, []])
def test_a_rerun_of_something_else_is_a_400(qatech, user, body):
    run = factories.make_run(qatech)
    assert rerun(client(user), run.pk, body).status_code == 400
    assert rerun(client(user), 10**12, {"only": "all"}).status_code == 404


def test_a_tool_that_runs_nothing_again_says_so(testifly, user):
    run = factories.make_run(testifly)
    answer = rerun(client(user), run.pk, {"only": "failed"})
    assert answer.status_code == 409
    assert "Testifly does not offer" in answer.json()["detail"]


def test_a_run_that_restarts_is_followed_until_it_was_read_anew(wire, user):
    testomatio = connected("testomatio", wire.url, "shop")
    run = factories.make_run(testomatio, external_id="r1", read_at=factories.NOW)
    body = {"data": {"id": "r1"}}
    wire.serve(Answer(method="PUT", path="/api/v2/shop/runs/r1", body=body))
    assert rerun(client(user), run.pk, {"only": "all"}).status_code == 202
    followed()
    row = StartedRun.objects.get()
    # It stands here as it had ended before.
    assert (row.state, row.run) == ("running", run)
    assert AnnouncedRun.objects.get().external_id == "r1"
    Run.objects.update(read_at=now())
    followed()
    row.refresh_from_db()
    assert row.state == "done"


def test_of_a_run_that_was_only_pushed_its_tool_is_asked_nothing(wire, user):
    testomatio = connected("testomatio", wire.url, "shop")
    run = open_run(testomatio, RunRecord(external_id="", name="Pushed"), format="junit")
    close_run(run.pk)
    asks, path = client(user), f"/api/v1/runs/{run.pk}/"
    for answer in (
        rerun(asks, run.pk, {"only": "all"}),
        asks.patch(path, {"name": "Other"}, content_type="application/json"),
        asks.post(f"{path}close/"),
    ):
        assert answer.status_code == 409
        assert "was pushed to Passline" in answer.json()["detail"]
    assert not wire.requests
    assert not Act.objects.exclude(project=None).exists()
    browser = Client()
    browser.force_login(user)
    assert "Run again" not in browser.get(f"/runs/{run.pk}/").content.decode()
    PushedRun.objects.update(is_at_vendor=True)
    assert "Run again" in browser.get(f"/runs/{run.pk}/").content.decode()


# Testifly: a job first, a run once an agent has it


def jobs(status: str, **more: Any) -> Answer:
    body = {"success": True, "jobs": [{"jobId": "j1", "status": status, **more}]}
    asked = {"jobIds": ["j1"]}
    return Answer(method="POST", path="/api/jobs/p1", request_body=asked, body=body)


def test_a_job_is_followed_until_its_run_is_there(wire, testifly, user):
    wire.serve(EXECUTE, jobs("PendingAgentConnection"))
    asks = client(user)
    key = {"Idempotency-Key": "1"}
    told = post(asks, testifly.connection, {"testId": "t"}, **key).json()
    followed()
    told = post(asks, testifly.connection, {"testId": "t"}, **key).json()
    assert told["status"] == "accepted"
    assert "waits for an agent to connect" in told["sentence"]
    assert not AnnouncedRun.objects.exists()

    wire.serve(jobs("InProgress", testRunId="r1"))
    followed()
    assert AnnouncedRun.objects.get().external_id == "r1"
    run = factories.make_run(testifly, external_id="r1", is_open=True)
    followed()
    told = post(asks, testifly.connection, {"testId": "t"}, **key).json()
    assert (told["status"], told["run"]) == ("running", run.pk)
    assert told["url"] == f"http://testserver/runs/{run.pk}/"


def test_a_job_that_ended_without_a_run_is_told_and_left(wire, testifly, user):
    wire.serve(EXECUTE, jobs("Failed"))
    post(client(user), testifly.connection, {"testId": "t"})
    followed()
    row = StartedRun.objects.get()
    assert (row.state, row.next_look_at) == ("lost", None)
    assert "ended (Failed) without a run" in row.sentence


def test_an_agent_that_never_connects_ends_at_the_deadline(wire, testifly, user):
    wire.serve(EXECUTE, jobs("PendingAgentConnection"))
    post(client(user), testifly.connection, {"testId": "t"})
    long_ago = now() - following.JOB_RUNS_WITHIN * 2
    StartedRun.objects.update(accepted_at=long_ago)
    followed()
    row = StartedRun.objects.get()
    assert (row.state, row.next_look_at) == ("lost", None)
    assert "waits for an agent" in row.sentence


def test_looks_become_rarer_and_outlast_a_tool_that_is_away(wire, testifly, user):
    wire.serve(EXECUTE, jobs("Pending").but(status=404, body={}))
    post(client(user), testifly.connection, {"testId": "t"})
    pauses = []
    for _ in range(8):
        followed()
        row = StartedRun.objects.get()
        assert (row.state, "404" in row.sentence) == ("accepted", True)
        pauses.append((row.next_look_at - now()).total_seconds())
    assert pauses == sorted(pauses)
    assert pauses[0] < 15
    assert 290 < pauses[-1] <= 300
