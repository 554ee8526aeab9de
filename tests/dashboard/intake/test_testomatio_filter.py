"""Which tests a filter of Testomat.io's reporter chooses."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from dashboard.intake import testomatio
from dashboard.models import ApiToken
from ingest.intake.projects import create_project
from ingest.intake.testomatio import chosen
from ingest.models import Case, Project
from tests import factories
from tests.clock import now
from tests.dashboard.intake.test_testomatio import (
    API,
    Reporter,
    an_item,
    refused,
    reporter,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]


@pytest.fixture
def project() -> Project:
    return create_project("Shop")


@pytest.fixture
def ci(project: Project) -> Reporter:
    return reporter("intake", projects=[project])


def asked(ci: Reporter, kind: str, wanted: str) -> Any:
    # The client encodes the id itself, and then its library does.
    told = {"type": kind, "id": quote(wanted, safe=""), "api_key": ci.key}
    return Client().get(f"{API}/api/test_grep", told)


def patterns(ci: Reporter, kind: str, wanted: str) -> list[str]:
    answer = asked(ci, kind, wanted)
    assert answer.status_code == 200, answer.content
    found: list[str] = answer.json()["tests"]
    return found


def test_tests_by_what_their_last_results_said(ci):
    run = ci.run()
    ci.batch(
        run,
        an_item("pays @T1a2b3c4d", tags=["smoke", "slow"]),
        an_item("adds item (fast) & more", tags=["smoke"]),
        an_item("removes", links=[{"label": "severity:high"}, {"jira": "SHOP-1"}]),
        an_item("looks", "failed", tags=["smokes"], links=[{"label": "SHOP-1"}]),
    )
    assert patterns(ci, "tag", "smoke") == ["T1a2b3c4d", "adds.item..fast....more"]
    assert patterns(ci, "tag", "@smoke") == ["T1a2b3c4d", "adds.item..fast....more"]
    assert patterns(ci, "label", "severity:high") == ["removes"]
    assert patterns(ci, "jira", "SHOP-1") == ["removes"]
    assert patterns(ci, "jira", "shop & more/?") == []
    # What is not said any more of a test holds no more.
    ci.batch(ci.run(), an_item("pays @T1a2b3c4d", timestamp=now().timestamp()))
    assert patterns(ci, "tag", "smoke") == ["adds.item..fast....more"]


def test_tests_by_the_tag_in_their_titles(ci):
    ci.load(
        {"name": "pays @smoke @T1a2b3c4d", "suites": ["Cart"]},
        {"name": "adds", "suites": ["Cart", "Fast @smoke"]},
        {"name": "removes @smoke-slow", "suites": ["Cart"]},
        {"name": "checkout @smoke", "suites": []},
    )
    assert patterns(ci, "tag", "smoke") == ["T1a2b3c4d", "adds", "checkout.@smoke"]
    Case.objects.filter(name__startswith="pays").update(gone_at=now())
    assert patterns(ci, "tag", "smoke") == ["adds", "checkout.@smoke"]


def test_a_title_that_looks_like_an_id_is_a_title(ci):
    item = an_item("checkout", tags=["smoke"]) | {"suite_title": ""}
    ci.batch(ci.run(), item)
    assert patterns(ci, "tag", "smoke") == ["checkout"]


def test_what_was_said_long_ago_or_elsewhere_chooses_nothing(ci, project):
    old = (now() - chosen.SEEN_WITHIN).timestamp() - 60
    ci.batch(ci.run(), an_item("old", tags=["smoke"], timestamp=old))
    other = reporter("intake", projects=[create_project("Other")])
    other.batch(other.run(), an_item("other", tags=["smoke"]))
    factories.make_results(factories.make_run(project), "P")
    assert patterns(ci, "tag", "smoke") == []


@pytest.mark.parametrize(
    ("kind", "wanted", "status", "said"),
    [
        ("plan", "1a2b3c4d", 400, "keeps no plans"),
        ("suite", "1", 400, "type must be"),
        ("", "1", 400, "type must be"),
        ("tag", "", 400, "id names no tag"),
        ("tag", " ", 400, "id names no tag"),
        ("tag", "a\0", 400, "id names no tag"),
        ("tag", "\ud800", 200, ""),
        ("label", '"]}', 200, ""),
    ],
)
def test_a_filter_that_is_none(ci, kind, wanted, status, said):
    if "\ud800" in wanted:
        path = f"{API}/api/test_grep?type=tag&id=%25ED%25A0%2580&api_key={ci.key}"
        answer = Client().get(path)
    else:
        answer = asked(ci, kind, wanted)
    if status == 200:
        assert answer.json() == {"tests": []}
    else:
        assert answer.status_code == status
        assert answer["Content-Type"] == "text/plain"
        assert said in answer.content.decode()


def test_whoever_may_not_push_learns_of_no_tests(ci):
    ci.batch(ci.run(), an_item("adds", tags=["smoke"]))
    for key, status in (("", 401), ("tstmt_nobody", 401)):
        refused(asked(Reporter(key), "tag", "smoke"), status)
    assert asked(reporter("read"), "tag", "smoke").status_code in (401, 403)
    assert Client().post(f"{API}/api/test_grep").status_code == 405
    assert ApiToken.objects.exists()


def test_a_choice_that_takes_too_long_is_given_up(ci, monkeypatch):
    monkeypatch.setattr(testomatio, "LONGEST_CHOICE_S", 0.001)
    run = ci.run()
    items = (an_item(f"t{n}", tags=["smoke"]) for n in range(3000))
    ci.batch(run, *items)
    answer = asked(ci, "tag", "smoke")
    assert (answer.status_code, b"given up" in answer.content) == (500, True)
