"""Runs changed and closed at their tool, and tests made there, through the API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.models import Act
from ingest.intake.projects import create_project
from ingest.models import AnnouncedRun, Project, Sync
from tests import factories
from tests.dashboard.api.test_started import client, connected
from tests.dashboard.page_reader import person
from tests.ingest.recordings.qatech import PROJECT
from tests.ingest.wire import Answer, Wire, wire

__all__ = ["wire"]
pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/v1/projects/p1/runs/r1"
RUN = {"data": {"id": "r1", "name": "Sprint 8"}}
PATCH = Answer(method="PATCH", path=PATH, body=RUN)
CLOSE = Answer(method="POST", path=f"{PATH}/close", body=RUN)
CASE = {"name": "Pay", "goal": "Pay by card", "applicationShortId": "app_1"}
MADE = Answer(
    method="POST",
    path="/v1/test-cases",
    body={
        "success": True,
        "testCase": {"id": "c-1", "name": "Pay", "url": "https://app.qa.tech/c-1"},
    },
)


@pytest.fixture(autouse=True)
def reachable(settings, empty_redis) -> None:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True


@pytest.fixture
def user() -> User:
    return person("ci")


@pytest.fixture
def testably(wire: Wire) -> Project:
    return connected("testably", wire.url, "p1")


def patch(asks: Client, run: int, body: object):
    return asks.patch(f"/api/v1/runs/{run}/", body, content_type="application/json")


def close(asks: Client, run: int):
    return asks.post(f"/api/v1/runs/{run}/close/")


def make(asks: Client, project: Project, body: object, **headers: str):
    path = f"/api/v1/connections/{project.connection_id}/test-cases/"
    return asks.post(path, body, content_type="application/json", headers=headers)


def test_a_run_gets_another_name_and_milestone_and_is_read_again(wire, testably, user):
    wire.serve(PATCH)
    milestone = factories.make_milestone(testably, "v2")
    old = factories.make_milestone(testably, "v1")
    run = factories.make_run(testably, external_id="r1", name="7", milestones=[old])
    answer = patch(client(user), run.pk, {"name": "8", "milestone": milestone.pk})
    assert answer.status_code == 202
    assert answer.json() == {"run": run.pk, "sync": Sync.objects.get(parent=None).pk}
    member = milestone.members.get()
    assert wire.requests[0].body == {"name": "8", "milestone_id": member.external_id}
    assert AnnouncedRun.objects.get().external_id == "r1"
    act = Act.objects.exclude(project=None).get()
    assert (act.kind, act.about, act.by) == ("change", run.pk, "ci")
    assert act.before == {"name": "7", "milestones": ["v1"]}
    assert act.after == {"name": "8", "milestones": ["v2"]}


def test_a_milestone_is_taken_away_by_null(wire, testably, user):
    wire.serve(PATCH)
    run = factories.make_run(testably, external_id="r1")
    assert patch(client(user), run.pk, {"milestone": None}).status_code == 202
    assert wire.requests[0].body == {"milestone_id": None}


@pytest.mark.parametrize(
    "body",
    [{}, [], {"name": ""}, {"name": None}, {"name": "a\nb"}, {"name": "x" * 2001}]
    + [{"milestone": "v1"}, {"milestone": True}, {"milestone": 10**30}]
    + [{"name": "a", "status": "passed"}],
)
def test_what_cannot_be_changed_is_a_400_and_reaches_no_tool(
    wire, testably, user, body
):
    run = factories.make_run(testably, external_id="r1")
    assert patch(client(user), run.pk, body).status_code == 400
    assert not wire.requests
    assert not Act.objects.exclude(project=None).exists()


def test_a_milestone_of_another_project_is_none_of_this_one(wire, testably, user):
    run = factories.make_run(testably, external_id="r1")
    foreign = factories.make_milestone(factories.make_project())
    answer = patch(client(user), run.pk, {"milestone": foreign.pk})
    assert answer.status_code == 400
    assert "milestone" in answer.json()


def test_a_run_is_closed(wire, testably, user):
    wire.serve(CLOSE)
    run = factories.make_run(testably, external_id="r1")
    assert close(client(user), run.pk).status_code == 202
    assert Act.objects.exclude(project=None).get().kind == "close"
    assert AnnouncedRun.objects.get().external_id == "r1"


def test_a_tool_that_has_it_not_yet_says_so_and_nothing_is_kept(wire, testably, user):
    wire.serve(PATCH.but(status=501), CLOSE.but(status=404))
    run = factories.make_run(testably, external_id="r1")
    for answer in (
        patch(client(user), run.pk, {"name": "8"}),
        close(client(user), run.pk),
    ):
        assert answer.status_code == 409
        assert "This Testably does not offer" in answer.json()["detail"]
    assert not Act.objects.exclude(project=None).exists()
    assert not AnnouncedRun.objects.exists()


def test_what_nobody_knows_the_end_of_is_told_and_kept(wire, testably, user):
    wire.serve(CLOSE.but(status=503))
    run = factories.make_run(testably, external_id="r1")
    answer = close(client(user), run.pk)
    assert answer.status_code == 409
    assert "Look there before you try again" in answer.json()["detail"]
    assert len(wire.requests) == 1
    assert Act.objects.exclude(project=None).get().kind == "close"


def test_runs_that_were_pushed_have_no_tool_to_ask(user):
    project = create_project("Shop")
    run = factories.make_run(project)
    assert close(client(user), run.pk).status_code == 409
    assert patch(client(user), run.pk, {"name": "x"}).status_code == 409
    assert make(client(user), project, CASE).status_code == 409


def test_only_those_who_may_start_change_and_close(testably, user):
    run = factories.make_run(testably, external_id="r1")
    for scopes in (["read"], ["intake"], ["share"]):
        asks = client(user, *scopes)
        assert close(asks, run.pk).status_code == 403
        assert patch(asks, run.pk, {"name": "x"}).status_code == 403
        assert make(asks, testably, CASE).status_code == 403
    assert close(Client(), run.pk).status_code == 401
    assert close(client(user), 10**12).status_code == 404


def test_a_test_is_made_once_for_each_key(wire, user):
    project = connected("qatech", wire.url, PROJECT)
    wire.serve(MADE)
    asks, key = client(user), {"Idempotency-Key": "1"}
    for _ in range(2):
        answer = make(asks, project, CASE, **key)
        assert answer.status_code == 201
        assert answer.json()["external_id"] == "c-1"
    assert len(wire.requests) == 1
    assert wire.requests[0].body == {**CASE, "projectShortId": PROJECT}
    act = Act.objects.exclude(project=None).get()
    assert (act.kind, act.about) == ("new_test", project.pk)
    other = make(asks, project, {**CASE, "name": "Other"}, **key)
    assert other.status_code == 422


def test_a_test_without_what_the_tool_needs_is_a_400(wire, user):
    project = connected("qatech", wire.url, PROJECT)
    answer = make(client(user), project, {"name": "Pay"})
    assert answer.status_code == 400
    assert set(answer.json()) == {"goal", "applicationShortId"}
    assert not wire.requests


def test_a_test_that_the_tool_refuses_is_told_in_its_words(wire, user):
    project = connected("qatech", wire.url, PROJECT)
    wire.serve(MADE.but(status=404, body={"message": "Unknown application."}))
    answer = make(client(user), project, CASE)
    assert answer.status_code == 422
    assert "Unknown application." in answer.json()["detail"]


def test_a_tool_that_makes_no_tests_says_so(wire, user):
    project = connected("testifly", wire.url, "p1")
    answer = make(client(user), project, CASE)
    assert answer.status_code == 409
    assert "Testifly does not offer" in answer.json()["detail"]
