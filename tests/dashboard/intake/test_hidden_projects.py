"""Projects that a token's user does not see, and tokens whose projects are gone."""

from __future__ import annotations

from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from dashboard.models import ApiToken, Team
from dashboard.models.tokens import PROJECTS_GONE
from dashboard.people.tokens import issue_token
from dashboard.readers import Role
from dashboard.reading.rights import reader_with
from ingest.intake.projects import create_project
from ingest.models import Project, Result, Run, Thread
from tests.dashboard.intake.test_files import JUNIT, TEXT
from tests.dashboard.intake.test_testably import DOCUMENTED, UPLOAD, Uploader, a_row
from tests.dashboard.intake.test_testmo import Sender, a_test
from tests.dashboard.intake.test_testomatio import API as TESTOMATIO
from tests.dashboard.page_reader import logged_in, person, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
PROJECTS = "/api/v1/projects/"
UNKNOWN = 999_999


@pytest.fixture
def ada() -> User:
    return person("ada", Role.EDITOR)


@pytest.fixture
def zebra() -> Project:
    return create_project("Zebra")


def token_of(user: User, *projects: Project) -> str:
    scopes = ["read", "intake"]
    return ApiToken.issue(user.pk, scopes=scopes, projects=projects)[1]


def client_of(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


def hide(project: Project) -> None:
    Team.objects.create(name="Stripes").projects.add(project)


def test_testmo_answers_of_a_hidden_project_as_of_none(ada, zebra):
    senders = [Sender(token_of(ada)), Sender(token_of(ada, zebra))]
    run = senders[0].run(zebra)
    thread = senders[0].thread(run)
    hide(zebra)

    def told(ci: Sender, project: int, run: int, thread: int) -> list[tuple[int, str]]:
        asked = {
            f"/projects/{project}/automation/runs": {"name": "x", "source": "s"},
            f"/automation/runs/{run}/append": {},
            f"/automation/runs/{run}/threads": {},
            f"/automation/runs/{run}/complete": {},
            f"/automation/runs/threads/{thread}/append": {"tests": [a_test()]},
            f"/automation/runs/threads/{thread}/complete": {},
        }
        ids = str(project), str(run), str(thread)
        answers = [ci.post(path, body) for path, body in asked.items()]
        return [(one.status_code, without(one.content, *ids)) for one in answers]

    for ci, of_projects in zip(senders, (404, 403), strict=True):
        hidden = told(ci, zebra.pk, run.pk, thread)
        assert hidden == told(ci, UNKNOWN, UNKNOWN, UNKNOWN)
        assert [status for status, _ in hidden] == [of_projects] + [404] * 5
    run.refresh_from_db()
    assert run.is_open
    assert (Run.objects.count(), Thread.objects.count()) == (1, 1)
    assert not Result.objects.exists()


def without(content: bytes, *ids: str) -> str:
    text = content.decode()
    for one in ids:
        text = text.replace(one, "N")
    return text


def test_formats_that_name_no_project_answer_of_a_hidden_one_as_of_none(ada, zebra):
    bound, unbound = token_of(ada, zebra), token_of(ada)
    assert Uploader(bound).results(a_row()).status_code == 200
    hide(zebra)
    for asked in (_testomatio, _testably):
        hidden = asked(bound)
        assert hidden == asked(unbound)
        assert {status for status, _ in hidden} == {403}
    assert Run.objects.count() == 1


def _testomatio(key: str) -> list[tuple[int, bytes]]:
    client, way = Client(), {"content_type": "application/json"}
    paths = ("/api/reporter/run-1", "/api/reporter/run-1/testrun")
    answers = [
        client.post(f"{TESTOMATIO}/api/reporter", {"api_key": key}, **way),
        client.put(TESTOMATIO + paths[0], {"api_key": key}, **way),
        client.post(TESTOMATIO + paths[1], {"api_key": key}, **way),
        client.post(f"{TESTOMATIO}/api/load?api_key={key}", {"tests": []}, **way),
        client.get(f"{TESTOMATIO}/api/test_grep?api_key={key}&type=tag&id=Zebra"),
    ]
    return [(one.status_code, one.content) for one in answers]


def _testably(key: str) -> list[tuple[int, bytes]]:
    body = {"run_id": "run-1", "results": [a_row()]}
    answers = [Uploader(key).send(body, path) for path in (UPLOAD, DOCUMENTED)]
    return [(one.status_code, one.content) for one in answers]


def junit(client: Client, project: object) -> Any:
    return client.post(
        JUNIT, TEXT, content_type="application/xml", query_params={"project": project}
    )


def test_a_file_for_a_hidden_project_is_refused_as_for_none(ada, zebra):
    bound, unbound = client_of(token_of(ada, zebra)), client_of(token_of(ada))
    hide(zebra)
    for client, status in ((bound, 403), (unbound, 400), (logged_in(ada), 400)):
        for hidden, none in (("Zebra", "Nobody"), (zebra.pk, UNKNOWN)):
            answers = [junit(client, named) for named in (hidden, none)]
            assert [one.status_code for one in answers] == [status] * 2
            said = [
                without(one.content, str(named))
                for one, named in zip(answers, (hidden, none), strict=True)
            ]
            assert said[0] == said[1]
    assert not Run.objects.exists()


@pytest.mark.parametrize("made_by", ["api", "page"])
def test_the_name_of_a_hidden_project_is_free_and_means_the_one_that_is_seen(
    ada, zebra, made_by
):
    hide(zebra)
    client, make = client_of(token_of(ada)), _by_api if made_by == "api" else _by_page
    assert make(ada, client) == 201
    made = Project.objects.exclude(pk=zebra.pk).get()
    assert (made.name, made.connection_id) == ("Zebra", zebra.connection_id)
    assert "Zebra" not in made.external_id
    assert junit(client, "Zebra").status_code == 201
    assert Run.objects.get().project == made
    # What is seen is not free, and says which one it is.
    refused = client.post(PROJECTS, {"name": "Zebra"}, content_type="application/json")
    assert refused.status_code == 400
    assert f"id {made.pk}" in refused.json()["name"][0]


def _by_api(user: User, client: Client) -> int:
    body = {"name": "Zebra"}
    answer = client.post(PROJECTS, body, content_type="application/json")
    return answer.status_code


def _by_page(user: User, client: Client) -> int:
    form = {"do": "project", "name": "Zebra"}
    answer = logged_in(user).post("/connect/push/", form)
    return 201 if answer.status_code == 302 else answer.status_code


def test_a_token_whose_projects_are_deleted_sees_none(ada, zebra):
    shop, text = create_project("Shop"), token_of(ada, zebra)
    client = client_of(text)
    assert [row["name"] for row in client.get(PROJECTS).json()["results"]] == ["Zebra"]
    zebra.delete()
    token = ApiToken.valid(text)
    assert token is not None
    assert reader_with(token).projects == frozenset()
    assert not token.may_push_to(shop.pk)
    assert client.get(PROJECTS).json()["results"] == []
    assert junit(client, "Shop").status_code == 403
    assert Sender(text).create(shop).status_code == 403
    again = client.post(PROJECTS, {"name": "Own"}, content_type="application/json")
    assert again.status_code == 403
    assert PROJECTS_GONE in text_of(logged_in(ada).get("/account/"))
    out = StringIO()
    call_command("api_token", "list", stdout=out)
    assert f"\t{PROJECTS_GONE}\t" in out.getvalue()


def test_tokens_of_before_are_bound_if_they_have_or_had_projects(ada, zebra):
    shop = create_project("Shop")
    free, bound, orphan = (
        issue_token(ada, by="ada", projects=projects)[0]
        for projects in ([], [shop], [zebra])
    )
    zebra.delete()
    ApiToken.objects.update(is_bound=False)
    migration = import_module("dashboard.migrations.0053_bound_tokens")
    with connection.cursor() as cursor:
        cursor.execute(migration.BOUND)
    known = set(ApiToken.objects.filter(is_bound=True).values_list("pk", flat=True))
    assert known == {bound.pk, orphan.pk}
    assert free.pk not in known
