"""A test whose results are all gone: in no list, and a page that says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import NOW, make_case, make_project, make_results, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(settings: Any) -> tuple[int, int]:
    """One test that is there and one that is gone."""
    settings.PUBLIC_READ = True
    project = make_project()
    make_results(make_run(project), "P", cases=["pays by card"])
    there = make_case(project, "pays by card")
    gone = make_case(project, "pays by cheque", gone_at=NOW)
    return there.pk, gone.pk


def test_it_is_in_no_list_and_no_count(client: Client, cases: tuple[int, int]):
    there, gone = cases
    listed = client.get("/api/v1/cases/").json()
    assert (listed["count"], [row["id"] for row in listed["results"]]) == (1, [there])
    assert client.get(f"/api/v1/cases/?case={gone}").json()["count"] == 0
    for path in ("/cases/", "/search/?q=pays"):
        page = client.get(path).content.decode()
        assert "pays by card" in page
        assert "pays by cheque" not in page


def test_its_page_opens_and_says_so(client: Client, cases: tuple[int, int]):
    there, gone = cases
    answer = client.get(f"/cases/{gone}/")
    assert answer.status_code == 200
    assert "No result of this test is left" in answer.content.decode()
    assert client.get(f"/api/v1/cases/{gone}/").status_code == 200
    assert (
        "No result of this test" not in client.get(f"/cases/{there}/").content.decode()
    )
