"""Projects without a vendor, made over the API and the command."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from dashboard.models import ApiToken
from ingest.models import Connection, Project
from tests import factories
from tests.dashboard.page_reader import person, text_of

pytestmark = pytest.mark.django_db
URL = "/api/v1/projects/"


@pytest.fixture
def user() -> User:
    return person("mara")


def client(user: User, *scopes: str, projects=()) -> Client:
    _, text = ApiToken.issue(user.pk, scopes=scopes, projects=projects)
    return Client(headers={"Authorization": f"Bearer {text}"})


def post(client: Client, body: object):
    return client.post(URL, body, content_type="application/json")


def test_a_token_with_the_scope_intake_makes_a_project(user):
    answer = post(client(user, "intake"), {"name": "Shop"})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["tool"]) == ("Shop", "push")
    assert made["id"] == Project.objects.get().pk
    again = post(client(user, "intake"), {"name": "Shop"})
    assert again.status_code == 400
    assert set(again.json()) == {"name"}


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": 5}, {"name": None}, {"name": "x" * 201}, [], "x"]
    + [{"name": "a\0b"}, {"name": "Shop", "tool": "testmo"}],
)
def test_what_is_no_name_is_a_400(user, body):
    assert post(client(user, "intake"), body).status_code == 400
    assert not Project.objects.exists()


def test_other_tokens_make_none(user):
    assert post(client(user, "read"), {"name": "Shop"}).status_code == 403
    assert post(client(user, "start"), {"name": "Shop"}).status_code == 403
    assert post(Client(), {"name": "Shop"}).status_code == 401
    bound = client(user, "intake", projects=[factories.make_project()])
    assert post(bound, {"name": "Shop"}).status_code == 403


def test_scopes_say_what_a_token_may(user):
    run = factories.make_run()
    sync = f"/api/v1/connections/{run.project.connection_id}/sync/"
    rights = {
        "read": (200, 403),
        "intake": (403, 403),
        "start": (200, 202),
        "share": (200, 403),
        "admin": (200, 403),
    }
    for scope, expected in rights.items():
        asks = client(user, scope)
        got = asks.get("/api/v1/runs/").status_code, asks.post(sync).status_code
        assert got == expected, scope


def test_a_token_of_one_project_sees_no_other(user):
    project, other = factories.make_project(), factories.make_project()
    factories.make_run(other)
    run = factories.make_run(project)
    asks = client(user, "read", "intake", "start", projects=[project])
    assert [row["id"] for row in asks.get("/api/v1/runs/").json()["results"]] == [
        run.pk
    ]
    for there, status in ((project, 202), (other, 404)):
        sync = f"/api/v1/connections/{there.connection_id}/sync/"
        assert asks.post(sync).status_code == status


def test_the_command_makes_and_lists_projects(capsys):
    call_command("project", "create", "Shop")
    out = capsys.readouterr().out
    project = Project.objects.get()
    assert out == f"{project.pk}\n"
    call_command("project", "list")
    assert capsys.readouterr().out == f"{project.pk}\tpush\tShop\n"
    with pytest.raises(CommandError, match="already"):
        call_command("project", "create", "Shop")


def test_the_command_binds_a_token_to_scopes_and_projects(user, capsys):
    project = factories.make_project()
    arguments = ["--scope", "intake", "--scope", "share", "--project", str(project.pk)]
    call_command("api_token", "create", "mara", *arguments)
    capsys.readouterr()
    token = ApiToken.objects.get()
    assert token.scopes == ["intake", "share"]
    assert token.project_ids == {project.pk}
    call_command("api_token", "list")
    assert f"intake share\tproject {project.pk}\t" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no project 999"):
        call_command("api_token", "create", "mara", "--project", "999")


def test_no_page_takes_pushed_results_for_a_tool_that_is_late(user, settings):
    settings.PUBLIC_READ = True
    post(client(user, "intake"), {"name": "Shop"})
    project = Project.objects.get()
    factories.make_results(factories.make_run(project), "PF")
    for path in ("/", "/sync/", "/standup/", f"/projects/{project.pk}/", "/connect/"):
        answer = Client().get(path, follow=True)
        assert answer.status_code == 200, path
        text = text_of(answer)
        for wrong in ("behind", "never synced", "did not sync", " old"):
            assert wrong not in text, (path, wrong)


def test_a_sync_of_pushed_results_is_a_conflict(user):
    post(client(user, "intake"), {"name": "Shop"})
    connection = Connection.objects.get()
    answer = client(user, "start").post(f"/api/v1/connections/{connection.pk}/sync/")
    assert answer.status_code == 409
    assert "pushed" in answer.json()["detail"]
