"""Runs that are announced are read by the sync that begins at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.models import ApiToken
from ingest.intake.projects import create_project
from ingest.models import AnnouncedRun, Connection, Project, Run, Sync
from ingest.sync import carry_out, discover
from tests import factories
from tests.clock import now
from tests.dashboard.page_reader import person
from tests.ingest.served import Served, a_testmo, served

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vendor(settings) -> Iterator[Served]:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    with served(a_testmo()) as vendor:
        yield vendor


@pytest.fixture
def user() -> User:
    return person("ci")


def client(user: User, *scopes: str, projects=()) -> Client:
    _, text = ApiToken.issue(user.pk, scopes=scopes, projects=projects)
    return Client(headers={"Authorization": f"Bearer {text}"})


def post(client: Client, connection: Connection, body: object):
    path = f"/api/v1/connections/{connection.pk}/announce/"
    return client.post(path, body, content_type="application/json")


def carried_out(sync_id: int) -> Sync:
    parent = Sync.objects.get(pk=sync_id)
    for child in discover(parent):
        carry_out(child)
    parent.refresh_from_db()
    return parent


def test_a_run_is_read_first_whatever_the_lists_say(vendor, user, empty_redis):
    vendor.sync()
    Run.objects.filter(external_id="3").delete()
    # So old that no plain sync lists it.
    project = Project.objects.get(name="Product 1")
    answer = post(
        client(user, "intake"),
        vendor.connection,
        {"runs": ["3"], "project": project.pk},
    )
    assert answer.status_code == 202
    assert answer.json()["runs"] == 1
    parent = carried_out(answer.json()["sync"])
    assert parent.status == "ok"
    assert Run.objects.filter(project=project, external_id="3").exists()
    assert not AnnouncedRun.objects.exists()


def test_a_run_of_another_project_is_not_stored_here(vendor, user, empty_redis):
    vendor.sync()
    project = Project.objects.get(name="Product 1")
    asked = {"runs": ["11", "999"], "project": project.pk}
    answer = post(client(user, "intake"), vendor.connection, asked)
    carried_out(answer.json()["sync"])
    assert not Run.objects.filter(project=project, external_id="11").exists()
    child = Sync.objects.filter(project=project).first()
    assert "Announced, but not known to the tool: 11, 999." in child.notes


def test_while_a_sync_is_under_way_the_next_one_follows(user, empty_redis):
    project = factories.make_project()
    factories.make_sync(project.connection, status="running", finished_at=None)
    answer = post(client(user, "intake"), project.connection, {"runs": ["7"]})
    assert (answer.status_code, answer.json()["sync"]) == (202, None)
    assert AnnouncedRun.objects.get().external_id == "7"
    project.connection.refresh_from_db()
    assert project.connection.next_sync_at <= now()


@pytest.mark.parametrize(
    "body",
    [[], {}, {"runs": []}, {"runs": "7"}, {"runs": [7]}, {"runs": [""]}]
    + [{"runs": ["x" * 501]}, {"runs": ["a\0"]}, {"runs": ["1"] * 101}]
    + [{"runs": ["7"], "project": "1"}, {"runs": ["7"], "project": True}]
    + [{"runs": ["7"], "project": 999999}, {"runs": ["7"], "since": "2026-01-01"}],
)
def test_what_cannot_be_read_is_a_400_and_starts_nothing(user, body):
    project = factories.make_project()
    assert post(client(user, "intake"), project.connection, body).status_code == 400
    assert not AnnouncedRun.objects.exists()
    assert not Sync.objects.exists()


def test_of_several_projects_one_must_be_named(user):
    connection = factories.make_connection()
    named = [factories.make_project(connection) for _ in range(2)]
    answer = post(client(user, "intake"), connection, {"runs": ["7"]})
    assert answer.status_code == 400
    assert str(named[1].pk) in answer.json()["project"][0]


def test_only_those_who_may_push_there_announce(user, empty_redis):
    project, other = factories.make_project(), factories.make_project()
    body = {"runs": ["7"]}
    for scopes in (["read"], ["start"]):
        asks = client(user, *scopes)
        assert post(asks, project.connection, body).status_code == 403
    bound = client(user, "intake", projects=[other])
    assert post(bound, project.connection, body).status_code == 404
    assert post(bound, other.connection, body).status_code == 202
    assert post(Client(), project.connection, body).status_code == 401


def test_nothing_can_be_announced_where_no_tool_is(user):
    project = create_project("Shop")
    answer = post(client(user, "intake"), project.connection, {"runs": ["7"]})
    assert answer.status_code == 409
