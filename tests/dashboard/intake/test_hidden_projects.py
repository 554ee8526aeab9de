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

from dashboard.models import ApiToken
from dashboard.models.tokens import PROJECTS_GONE
from dashboard.people.tokens import issue_token
from dashboard.readers import Role
from dashboard.reading.rights import reader_with
from ingest.intake.projects import create_project
from ingest.models import Project
from tests.dashboard.intake.test_files import JUNIT, TEXT
from tests.dashboard.intake.test_testmo import Sender
from tests.dashboard.page_reader import logged_in, person, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
PROJECTS = "/api/v1/projects/"


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


def junit(client: Client, project: object) -> Any:
    return client.post(
        JUNIT, TEXT, content_type="application/xml", query_params={"project": project}
    )


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
