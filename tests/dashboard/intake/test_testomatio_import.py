"""Testomat.io's import of tests: cases that never ran, until they do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from ingest.contract import RunRecord, RunStatus
from ingest.intake.closing import close_run
from ingest.intake.runs import append_results, open_run
from ingest.models import Case, Project, Run
from tests.clock import now
from tests.dashboard.intake.test_testomatio import (
    Reporter,
    an_item,
    at_once,
    ci,
    project,
    refused,
)
from tests.dashboard.page_reader import person
from tests.ingest.records import a_result

__all__ = ["ci", "project"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
HOUR = timedelta(hours=1)


def a_test(name: str, *suites: str, **values: Any) -> dict[str, Any]:
    return {
        "name": name,
        "suites": list(suites),
        "line": 2,
        "code": "it()",
        "file": "t/a.test.js",
        "tags": [],
        "skipped": False,
        **values,
    }


def log_in() -> Client:
    client = Client()
    client.force_login(person("reader"))
    return client


def test_tests_become_cases_that_never_ran(ci: Reporter, project: Project):
    answer = ci.load(
        a_test("adds a thing @T11112222", "Basket @S1a2b3c4d"),
        a_test("takes 10 %", "Basket @S1a2b3c4d", "with a coupon"),
    )
    assert answer.status_code == 200
    assert answer.json()["import_id"]
    cases = Case.objects.filter(project=project, declared_at__isnull=False)
    assert set(cases.values_list("key", "folder", "name")) == {
        ("11112222", "Basket", "adds a thing"),
        (
            "Basket / with a coupon / takes 10 %",
            "Basket / with a coupon",
            "takes 10 %",
        ),
    }


def test_parts_of_an_import_carry_one_id(ci: Reporter):
    first = ci.load(a_test("a", "S"), chunk_upload=True, finish=False).json()
    second = ci.load(
        a_test("b", "S"), chunk_upload=True, finish=True, import_id=first["import_id"]
    )
    assert second.json()["import_id"] == first["import_id"]
    assert Case.objects.count() == 2
    # Sent again, nothing is new, and what is absent stays.
    assert ci.load(a_test("a", "S")).json()["created"] == 0
    assert Case.objects.count() == 2


def opened(project: Project) -> Run:
    """A run that began an hour ago."""
    record = RunRecord(
        external_id="1", name="x", status=RunStatus.RUNNING, started_at=now() - HOUR
    )
    return open_run(project, record, format="testomatio")


def test_a_case_that_never_ran_is_listed_as_such(ci: Reporter, project: Project):
    ci.load(a_test("adds a thing", "Basket"))
    run = opened(project)
    append_results(run.pk, [a_result("pays", "P", name="pays", executed_at=run.at)])
    close_run(run.pk)
    reader = log_in()
    rows = {row["name"]: row for row in reader.get("/api/v1/cases/").json()["results"]}
    assert rows["adds a thing"]["first_seen_at"] is None
    assert rows["adds a thing"]["last_seen_at"] is None
    assert rows["pays"]["last_seen_at"]
    page = reader.get("/cases/").content.decode()
    assert page.count("never run") == 1
    page = reader.get(f"/cases/{rows['adds a thing']['id']}/").content.decode()
    assert "This test never ran" in page
    # It is in no rate.
    summary = reader.get("/api/v1/metrics/summary/").json()
    assert (summary["results"], summary["pass_rate"]["value"]) == (1, 1)


def test_the_first_result_makes_it_a_case_like_others(ci: Reporter, project: Project):
    ci.load(a_test("adds item", "Cart"))
    at = now() - HOUR
    run = opened(project)
    append_results(run.pk, [a_result("Cart / adds item", "P", executed_at=at)])
    case = Case.objects.get()
    assert (case.declared_at, case.first_seen_at, case.last_seen_at) == (None, at, at)
    close_run(run.pk)
    case.refresh_from_db()
    assert (case.first_seen_at, case.last_seen_at) == (at, at)
    # A later import takes nothing away.
    ci.load(a_test("adds item", "Cart"))
    assert Case.objects.get().declared_at is None


def test_a_test_that_gets_an_id_is_the_same_case(ci: Reporter):
    ci.load(a_test("adds item", "Cart"))
    before = Case.objects.get()
    ci.load(a_test("adds item @T11112222", "Cart"))
    case = Case.objects.get()
    assert (case.pk, case.key) == (before.pk, "11112222")
    # As long as it never ran, its name is the one in the source.
    ci.load(a_test("adds an item @T11112222", "Cart"))
    assert Case.objects.get().name == "adds an item"
    run = ci.run()
    ci.batch(run, an_item(test_id="@T11112222"))
    assert Case.objects.get().declared_at is None


def test_the_same_import_at_once(ci: Reporter):
    tests = [a_test(f"t{n}", "S") for n in range(50)]
    answers = at_once(4, lambda n: ci.load(*(tests if n % 2 else tests[::-1])))
    assert {answer.status_code for answer in answers} == {200}
    assert Case.objects.count() == 50


def test_ten_thousand_tests(ci: Reporter):
    answer = ci.load(*(a_test(f"t{n}", "S") for n in range(10_000)))
    assert answer.json()["created"] == 10_000


@pytest.mark.parametrize(
    "test", [3, {}, {"name": ""}, {"name": ["a"]}, {"name": "a", "suites": "S"}]
)
def test_tests_that_cannot_be_read(ci: Reporter, test: Any):
    assert "tests.1" in refused(ci.load(a_test("good"), test), 400)
    assert not Case.objects.exists()


def test_who_may_not_import(ci: Reporter):
    refused(Reporter("tstmt_nobody").load(a_test("a")), 401)
    answer = Client().post(
        "/intake/testomatio/api/load", {"tests": []}, content_type="application/json"
    )
    refused(answer, 401)
    assert "tests is" in refused(ci.load(tests=None), 400)
