"""Testably's upload from CI over HTTP: what is stored, and the answer to all else."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as search
from hypothesis import strategies as st

from dashboard.intake import bodies, rate
from dashboard.models import ApiToken
from ingest.intake.closing import close_abandoned
from ingest.intake.projects import create_project
from ingest.models import Case, Project, Result, ResultText, Run
from ingest.rollups import differences
from tests import factories
from tests.clock import now
from tests.dashboard.intake.test_testomatio import VALUES, at_once
from tests.dashboard.page_reader import person

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
UPLOAD = "/intake/testably/functions/v1/upload-ci-results"
DOCUMENTED = "/intake/testably/v1/results"
MINUTE = timedelta(minutes=1)
UUID = "0a1b2c3d-0000-4000-8000-000000000001"
JUNIT = f"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="cart">
<testcase name="adds item" time="0.5">
 <properties><property name="test_case_id" value="{UUID}"/></properties></testcase>
<testcase name="TC-7 removes item" time="1.25"><failure message="no">trace</failure>
</testcase>
<testcase name="SHOP-12: later"><skipped/></testcase>
<testcase name="names nothing"/>
</testsuite></testsuites>"""


class Uploader:
    """A client with a token, as Testably's reporters send."""

    def __init__(self, text: str) -> None:
        self.headers = {"Authorization": f"Bearer {text}"} if text else {}

    def send(
        self, body: Any, path: str = UPLOAD, method: str = "POST", **more: Any
    ) -> Any:
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        headers = self.headers | more.pop("headers", {})
        more.setdefault("content_type", "application/json")
        return Client(headers=headers).generic(method, path, content, **more)

    def results(
        self, *rows: Any, run: str = "run-1", path: str = UPLOAD, **more: Any
    ) -> Any:
        return self.send({"run_id": run, "results": list(rows), **more}, path)


def uploader(*scopes: str, projects: Any = ()) -> Uploader:
    user = person(f"mara{ApiToken.objects.count()}")
    _, text = ApiToken.issue(user.pk, scopes=scopes, projects=projects)
    return Uploader(text)


@pytest.fixture
def project() -> Project:
    return create_project("Shop")


@pytest.fixture
def ci(project: Project) -> Uploader:
    return uploader("intake", projects=[project])


def a_row(case: str = "TC-1", status: str = "passed", **values: Any) -> dict[str, Any]:
    return {"test_case_id": case, "status": status, **values}


def refused(answer: Any, status: int) -> dict[str, Any]:
    """The vendor's body of an error."""
    assert answer.status_code == status, answer.content
    body = dict(answer.json())
    assert body["error"]
    return body


def outcomes(run: Run) -> list[tuple[str, str, bool]]:
    rows = Result.objects.filter(run=run).order_by("ordinal").select_related("case")
    return [(row.case.key, row.vendor_word, row.is_final) for row in rows]


def test_the_first_upload_opens_the_run(ci, project):
    answer = ci.results(
        a_row(elapsed=1500),
        a_row("TC-2", "failed", note="expected 0"),
        a_row("TC-3", "blocked"),
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "partial_failure": False,
        "message": "3 of 3 results stored.",
        "stats": {"passed": 1, "failed": 1, "blocked": 1, "untested": 0},
        "uploaded_count": 3,
        "failed_count": 0,
    }
    run = Run.objects.get(project=project, external_id="run-1")
    assert (run.name, run.is_open, run.counts.total) == ("Run run-1", True, 3)
    assert Result.objects.get(case__key="TC-1").duration_ms == 1500
    assert ResultText.objects.get(run=run).message == "expected 0"
    assert ci.results(a_row("TC-4")).status_code == 200
    run.refresh_from_db()
    assert run.counts.total == 4
    assert close_abandoned(now() + 21 * MINUTE) == 1
    run.refresh_from_db()
    assert (run.is_open, run.status, run.pushed.is_abandoned) == (
        False,
        "failed",
        False,
    )
    assert ci.results(a_row("TC-5")).status_code == 200
    assert list(differences()) == []


def test_the_documented_address_counts_in_seconds(ci):
    rows = [a_row(elapsed=1.5), a_row("TC-2", "retest"), a_row("TC-3", "not_tested")]
    answer = ci.results(*rows, path=DOCUMENTED, run_name="Nightly")
    assert answer.json()["stats"] == {
        "passed": 1,
        "failed": 0,
        "blocked": 0,
        "retest": 1,
        "not_tested": 1,
    }
    assert Run.objects.get().name == "Nightly"
    assert Result.objects.get(case__key="TC-1").duration_ms == 1500


def test_what_is_sent_again_is_stored_once_and_what_is_corrected_holds(ci):
    for status in ("failed", "failed", "passed", "failed", "failed"):
        assert ci.results(a_row(status=status)).status_code == 200
    run = Run.objects.get()
    said = [(status, final) for _, status, final in outcomes(run)]
    assert said == [("failed", False), ("passed", False), ("failed", True)]
    assert run.counts.total == 1
    assert not Result.objects.filter(is_marked_retry=True).exists()
    # Of one request the last row of a test holds.
    ci.results(a_row("TC-9", "failed"), a_row("TC-9", "passed"))
    assert outcomes(run)[-1] == ("TC-9", "passed", True)


def test_rows_that_cannot_be_read_are_named(ci):
    rows = [a_row(), a_row("TC-2", "exploded"), {"status": "passed"}, 7]
    answer = ci.results(*rows)
    assert answer.status_code == 207
    body = answer.json()
    assert (body["success"], body["partial_failure"]) == (True, True)
    assert (body["uploaded_count"], body["failed_count"]) == (1, 3)
    assert body["failed_test_case_ids"] == ["TC-2", "results.2", "results.3"]
    assert "exploded" in body["errors"][0]["error"]
    assert ci.results(*rows, path=DOCUMENTED).json()["success"] is False
    assert Case.objects.count() == 1
    # Where nothing can be stored, nothing is opened.
    assert ci.results(7, run="other").status_code == 207
    assert Run.objects.count() == 1


def test_a_dry_run_stores_nothing(ci):
    answer = ci.send({"run_id": "run-1", "dry_run": True})
    assert answer.status_code == 200
    body = answer.json()
    assert isinstance(body.pop("latency_ms"), int)
    assert body.pop("message")
    assert body == {
        "success": True,
        "dry_run": True,
        "run_name": "Run run-1",
        "tier": 7,
    }
    assert not Run.objects.exists()


def test_junit(ci):
    body = {"run_id": "run-1", "format": "junit", "junit_xml": JUNIT}
    # Seconds in the file are seconds at either address.
    for path in (UPLOAD, DOCUMENTED):
        answer = ci.send(body, path)
        assert answer.status_code == 200
        assert answer.json()["uploaded_count"] == 3
    run = Run.objects.get()
    assert outcomes(run) == [
        (UUID, "passed", True),
        ("TC-7", "failed", True),
        ("SHOP-12", "blocked", True),
    ]
    result = Result.objects.get(case__key="TC-7")
    assert (result.duration_ms, result.case.name) == (1250, "TC-7 removes item")
    assert ResultText.objects.get(run=run).message == "no\ntrace"


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_what_xml_says_of_its_encoding_is_nothing_in_a_text(ci, encoding):
    xml = f"""<?xml version="1.0" encoding="{encoding}"?><testsuite>
      <testcase name="TC-7 zahlt für 支付"/></testsuite>"""
    answer = ci.send({"run_id": "run-1", "format": "junit", "junit_xml": xml})
    assert answer.status_code == 200, answer.content
    assert Case.objects.get().name == "TC-7 zahlt für 支付"


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<testsuite>",
        "<html/>",
        "<testsuite><testcase name='names nothing'/></testsuite>",
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><testsuite>&b;</testsuite>',
        "<testsuite>" * 1000,
        7,
    ],
)
def test_xml_that_is_refused(ci, xml):
    refused(ci.send({"run_id": "r", "format": "junit", "junit_xml": xml}), 400)
    assert not Run.objects.exists()


def test_a_project_of_a_tool_knows_its_runs_and_cases(project):
    theirs = factories.make_project(factories.make_connection(vendor="testably"))
    ci = uploader("intake", projects=[theirs])
    refused(ci.results(a_row()), 404)
    refused(ci.send({"run_id": "run-1", "dry_run": True}), 404)
    # A sync would take out what is put into a run that it reads.
    run = factories.make_run(theirs)
    refused(ci.results(a_row(), run=run.external_id), 404)
    assert not Result.objects.exists()


def test_ids_that_a_tool_does_not_know(ci, project):
    ci.results(a_row("TC-1"))
    type(project.connection).objects.update(vendor="testably")
    answer = ci.results(a_row("TC-1", "failed"), a_row("TC-2"), a_row("TC-3"))
    assert refused(answer, 400)["not_found"] == ["TC-2", "TC-3"]
    assert Result.objects.count() == 1
    assert ci.results(a_row("TC-1", "failed"), a_row(UUID)).status_code == 200


def test_the_order_of_the_checks(ci):
    assert Uploader("").send("", method="OPTIONS").content == b"ok"
    refused(Uploader("").send("", method="GET"), 405)
    refused(Uploader("").send("{"), 401)
    refused(Uploader("testably_nobody").send("{"), 401)
    refused(uploader("read").send("{"), 403)
    refused(uploader("intake").send("{"), 403)
    refused(ci.send("{"), 400)
    assert "run_id" in refused(ci.send({}), 400)["error"]
    assert "results" in refused(ci.send({"run_id": "r"}), 400)["error"]
    assert "No results" in refused(ci.results(), 400)["error"]
    refused(ci.send({"run_id": "r", "format": "csv", "results": [a_row()]}), 400)
    assert not Run.objects.exists()


def test_too_many_requests(ci, monkeypatch):
    monkeypatch.setattr(rate, "MOST_A_MINUTE", 1)
    cache.clear()
    answers = [ci.results(a_row()) for _ in range(3)]
    limited = next(one for one in answers if one.status_code == 429)
    body = refused(limited, 429)
    assert body["error"] == "Too Many Requests"
    assert str(body["retry_after_seconds"]) == limited["Retry-After"]
    assert limited["X-RateLimit-Remaining"] == "0"


def test_bodies_that_are_too_large(ci, monkeypatch):
    monkeypatch.setattr(bodies, "MOST_BYTES", 1_000_000)
    refused(ci.results(a_row(note="x" * 2_000_000)), 413)
    packed = {"headers": {"Content-Encoding": "gzip"}}
    refused(ci.send(gzip.compress(b" " * 100_000_000), **packed), 413)
    refused(ci.send("{}", content_type="text/plain"), 415)


def test_the_same_upload_at_once_is_stored_once(ci):
    rows = [a_row(f"TC-{n}") for n in range(100)]
    answers = at_once(6, lambda _: ci.results(*rows))
    assert {answer.status_code for answer in answers} == {200}
    run = Run.objects.get()
    assert (run.counts.total, len(outcomes(run))) == (100, 100)


def test_ten_thousand_results(ci):
    answer = ci.results(*(a_row(f"TC-{n}") for n in range(10_000)))
    assert answer.json()["uploaded_count"] == 10_000


ROW_KEYS = ["test_case_id", "status", "note", "elapsed", "author", "test_case_title"]
BODY_KEYS = ["run_id", "format", "results", "junit_xml", "dry_run", "run_name"]


@search(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    row=st.fixed_dictionaries({}, optional=dict.fromkeys(ROW_KEYS, VALUES)),
    body=st.fixed_dictionaries({}, optional=dict.fromkeys(BODY_KEYS, VALUES)),
)
def test_values_of_any_kind(ci, row, body):
    answer = ci.results(a_row() | row, row)
    assert answer.status_code in (200, 207), answer.content
    assert ci.send(body).status_code in (200, 207, 400)
    whole = {"run_id": "r", "results": [a_row()]} | body
    assert ci.send(whole).status_code in (200, 207, 400)
