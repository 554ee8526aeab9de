"""What is wrong with a request is told by its name, whatever was sent; never a 500."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dashboard.models import ApiToken, Scope
from tests import factories
from tests.dashboard.page_reader import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


@pytest.fixture
def client() -> Client:
    _, token = ApiToken.issue(person().pk, scopes=list(Scope), expires_at=None)
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("project=" + "9" * 5000, "project"),
        ("project=-1", "project"),
        ("project=1e3", "project"),
        ("project=%D9%A1", "project"),
        ("q=a%00b", "q"),
        ("branch=", "branch"),
        ("branch=%ff%fe", "branch"),
        ("limit=1&limit=2", "limit"),
        ("window=7d&window=7d", "window"),
        ("window=7d&since=2026-01-01", "window"),
        ("since=2026-02-01&until=2026-01-01", "since"),
        ("since=9999-12-31T23:59:59-14:00", "since"),
        ("format=json&format=csv", "format"),
        ("format=xml", "format"),
        ("cursor=x", "cursor"),
        ("sort=name%27--", "sort"),
        ("%00=1", "\0"),
        ("<script>=1", "<script>"),
    ],
)
def test_the_parameter_at_fault_is_named(client, query, name):
    factories.make_run()
    for path in ("runs/", "exports/runs.parquet"):
        answer = client.get(f"/api/v1/{path}?{query}")
        assert answer.status_code == 400, path
        assert answer.headers["Content-Type"] == "application/json"
        found = answer.json()
        assert name in found
        assert all(isinstance(said, list) and said for said in found.values())


@pytest.mark.parametrize(
    ("body", "kind", "status", "names"),
    [
        (b"{", "application/json", 400, {"detail"}),
        (b"\xff", "application/json", 400, {"detail"}),
        (b"[1]", "application/json", 400, {"detail", "runs"}),
        (b"null", "application/json", 400, {"detail", "runs"}),
        (b'{"runs": [1e400]}', "application/json", 400, {"detail", "runs"}),
        (b'{"runs": ["\\u0000"]}', "application/json", 400, {"runs"}),
        (b'{"runs": ["1"], "x": 1}', "application/json", 400, {"x"}),
        (b"runs=1", "application/x-www-form-urlencoded", 415, {"detail"}),
        (b"<runs/>", "application/xml", 415, {"detail"}),
        (b"{}", "application/json; charset=utf-99", 400, {"runs"}),
        (b"[" * 100_000, "application/json", 400, {"detail"}),
    ],
)
def test_a_body_that_cannot_be_read_is_an_object_that_says_so(
    client, body, kind, status, names
):
    connection = factories.make_project().connection
    path = f"/api/v1/connections/{connection.pk}/announce/"
    answer = client.generic("POST", path, body, content_type=kind)
    assert answer.status_code == status, answer.content
    found: Any = answer.json()
    assert isinstance(found, dict)
    assert set(found) <= names
    assert found


def test_more_parameters_than_anybody_needs_are_refused(client):
    query = "&".join(f"branch=b{number}" for number in range(1500))
    answer = client.get(f"/api/v1/runs/?{query}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"


def test_a_method_that_makes_no_sense_is_told_which_do(client):
    answer = client.put("/api/v1/metrics/summary/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert list(answer.json()) == ["detail"]
