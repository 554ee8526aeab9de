"""Runs started from the pages: the form, the button of a run, the page that follows."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from dashboard.models import Act
from ingest.intake.projects import create_project
from ingest.models import Case, Project, StartedRun
from tests import factories
from tests.dashboard.api.test_started import (
    EXECUTE,
    PLAN,
    RUN,
    connected,
    followed,
    jobs,
)
from tests.dashboard.page_reader import logged_in, person
from tests.ingest.recordings.qatech import PROJECT
from tests.ingest.wire import Answer, Wire, wire

__all__ = ["wire"]
pytestmark = pytest.mark.django_db(transaction=True)

RUNS = Answer(method="POST", path="/v1/run", body={"success": True, "run": RUN})
RERUN = Answer(method="POST", path="/v1/run/UkxK", body={"success": True, "run": RUN})


@pytest.fixture(autouse=True)
def reachable(settings, empty_redis) -> None:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True


@pytest.fixture
def browser() -> Client:
    return logged_in(person())


@pytest.fixture
def qatech(wire: Wire) -> Project:
    return connected("qatech", wire.url, PROJECT)


def key_in(page: str) -> str:
    found = re.search(r'name="key" value="([0-9a-f]{32})"', page)
    assert found
    return found[1]


def test_a_run_is_started_by_the_form_and_a_double_click_starts_it_once(
    wire, qatech, browser
):
    wire.serve(RUNS)
    path = f"/projects/{qatech.pk}/start/"
    assert path in browser.get(f"/projects/{qatech.pk}/").content.decode()
    form = browser.get(path).content.decode()
    assert 'name="testPlanShortId"' in form
    sent = {
        "key": key_in(form),
        "testCaseIds": "c1, c2\nc3",
        "applicationShortId": "app_1",
        "environment": '{"url": "https://x.example", "name": "x"}',
    }
    answers = [browser.post(path, sent) for _ in range(2)]
    row = StartedRun.objects.get()
    assert [answer.url for answer in answers] == [f"/started/{row.pk}/"] * 2
    assert len(wire.requests) == 1
    assert wire.requests[0].body == {
        "testCaseIds": ["c1", "c2", "c3"],
        "applications": [
            {
                "applicationShortId": "app_1",
                "environment": {"url": "https://x.example", "name": "x"},
            }
        ],
        "projectShortId": PROJECT,
    }
    assert Act.objects.exclude(project=None).get().kind == "start"
    page = browser.get(f"/started/{row.pk}/").content.decode()
    # As the form calls it, and as a person writes it.
    assert "<dt>Test cases</dt>" in page
    assert "<span>c1, c2, c3</span>" in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"environment": "{broken"}, "It cannot be read"),
        ({"environment": "[" * 100_000}, "It cannot be read"),
        ({"environment": "env_1"}, "It needs applicationShortId"),
        (
            {"testPlanShortId": "pln_1", "testCaseIds": "c1"},
            "A plan or tests, not both",
        ),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_what_was_typed(
    wire, qatech, browser, sent, said
):
    answer = browser.post(f"/projects/{qatech.pk}/start/", sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert said in page
    assert sent.get("testPlanShortId", "") in page
    assert not wire.requests


def test_a_refusal_is_shown_in_the_tools_words_and_nothing_typed_is_lost(
    wire, qatech, browser
):
    wire.serve(RUNS.but(status=404, body={"message": "No <such> plan."}))
    path = f"/projects/{qatech.pk}/start/"
    answer = browser.post(path, {**PLAN, "key": "k"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "No &lt;such&gt; plan." in page
    assert 'value="pln_1"' in page
    # Another try is another request.
    assert key_in(page) != "k"


def test_a_form_that_is_sent_again_with_other_values_starts_nothing(
    wire, qatech, browser
):
    wire.serve(RUNS)
    path = f"/projects/{qatech.pk}/start/"
    browser.post(path, {**PLAN, "key": "k"})
    answer = browser.post(path, {"testPlanShortId": "pln_2", "key": "k"})
    assert answer.status_code == 409
    assert "sent before with other values" in answer.content.decode()
    assert len(wire.requests) == 1


def test_what_failed_is_run_again_from_a_runs_page(wire, qatech, browser):
    wire.serve(RERUN)
    run = factories.make_run(qatech, external_id="UkxK")
    factories.make_results(run, "PF")
    page = browser.get(f"/runs/{run.pk}/").content.decode()
    assert "Rerun failed" in page
    sent = {"only": "failed", "key": key_in(page)}
    for _ in range(2):
        answer = browser.post(f"/runs/{run.pk}/rerun/", sent)
        assert answer.url == f"/started/{StartedRun.objects.get().pk}/"
    assert [request.body for request in wire.requests] == [
        {"failedOnly": True, "projectShortId": PROJECT}
    ]
    page = browser.get(answer.url).content.decode()
    assert "<span>What failed</span>" in page
    assert "<span>UkxK</span>" in page


def test_a_refused_rerun_is_told_on_the_runs_page(wire, qatech, browser):
    wire.serve(RERUN.but(status=400, body={"message": "Nothing to rerun."}))
    run = factories.make_run(qatech, external_id="UkxK")
    sent = {"only": "failed", "key": "k"}
    answer = browser.post(f"/runs/{run.pk}/rerun/", sent, follow=True)
    assert "Nothing to rerun." in answer.content.decode()


def test_there_is_no_button_where_nothing_failed_or_nobody_offers_it(
    wire, qatech, browser
):
    passed, opened = (
        factories.make_run(qatech),
        factories.make_run(qatech, is_open=True),
    )
    factories.make_results(passed, "PP")
    factories.make_results(opened, "F")
    testmo = factories.make_run()
    factories.make_results(testmo, "F")
    for run in (passed, opened, testmo):
        page = browser.get(f"/runs/{run.pk}/").content.decode()
        assert "Rerun failed" not in page
    pushed = create_project("Pushed")
    assert "Start a run" not in browser.get(f"/projects/{pushed.pk}/").content.decode()
    assert browser.get(f"/projects/{pushed.pk}/start/").status_code == 404


def test_a_test_is_run_from_its_page(wire, qatech, browser):
    run = factories.make_run(qatech)
    result = factories.make_results(run, "F", cases=["c-1"])[0]
    page = browser.get(f"/cases/{result.case_id}/").content.decode()
    # Known by its title alone, it cannot be named to the tool.
    assert "Run this test" not in page
    Case.objects.update(name="Pays")
    page = browser.get(f"/cases/{result.case_id}/").content.decode()
    assert "Run this test" in page
    path = f"/projects/{qatech.pk}/start/?testCaseIds=c-1"
    assert path in page
    form = browser.get(path).content.decode()
    assert re.search(r'name="testCaseIds"[^>]*>c-1</textarea>', form)


def test_a_started_run_is_followed_on_its_page_until_it_ended(wire, browser):
    testifly = connected("testifly", wire.url, "p1")
    wire.serve(EXECUTE, jobs("PendingAgentConnection"))
    start = f"/projects/{testifly.pk}/start/"
    path = browser.post(start, {"testId": "t1", "key": "k"}).url
    followed()
    page = browser.get(path).content.decode()
    assert "waits for an agent to connect" in page
    assert "data-live" in page
    run = factories.make_run(testifly, external_id="r1")
    wire.serve(jobs("Success", testRunId="r1"))
    followed()
    page = browser.get(path).content.decode()
    assert f'href="/runs/{run.pk}/"' in page
    assert "data-live" not in page


def test_a_test_is_made_by_its_form_once(wire, qatech, browser):
    made = {"id": "c-1", "name": "Pay", "url": "https://app.qa.tech/c-1"}
    body = {"success": True, "testCase": made}
    wire.serve(Answer(method="POST", path="/v1/test-cases", body=body))
    path = f"/projects/{qatech.pk}/new-test/"
    assert path in browser.get(f"/projects/{qatech.pk}/start/").content.decode()
    form = browser.get(path).content.decode()
    values = {"name": "Pay", "goal": "Pay by card", "applicationShortId": "app_1"}
    sent = {**values, "key": key_in(form)}
    answers = [browser.post(path, sent) for _ in range(2)]
    assert answers[0].url == answers[1].url
    assert len(wire.requests) == 1
    assert wire.requests[0].body == {**values, "projectShortId": PROJECT}
    page = browser.get(answers[0].url).content.decode()
    assert "Made test" in page
    assert "c-1" in page
    assert Act.objects.exclude(project=None).get().kind == "new_test"


def test_what_a_test_lacks_stands_at_its_field(wire, qatech, browser):
    answer = browser.post(f"/projects/{qatech.pk}/new-test/", {"name": "Pay"})
    assert answer.status_code == 400
    assert answer.content.decode().count("This field is required.") == 2
    assert not wire.requests


def test_a_tool_that_makes_no_tests_has_no_form_of_one(wire, browser):
    testifly = connected("testifly", wire.url, "p1")
    assert browser.get(f"/projects/{testifly.pk}/new-test/").status_code == 404
    page = browser.get(f"/projects/{testifly.pk}/start/").content.decode()
    assert "Make a test" not in page


def test_the_addresses_that_a_tool_comes_from_are_asked_for_by_a_person(
    wire, qatech, browser
):
    path = f"/projects/{qatech.pk}/start/"
    assert "?addresses=1" in browser.get(path).content.decode()
    assert not wire.requests
    body = {"ipAddresses": ["192.0.2.1", "192.0.2.2"]}
    asked = Answer(path="/v1/outbound-ips", body=body)
    wire.serve(asked)
    page = browser.get(f"{path}?addresses=1").content.decode()
    assert "192.0.2.1" in page
    assert "192.0.2.2" in page
    wire.forget()
    wire.serve(asked.but(status=404, body={}))
    page = browser.get(f"{path}?addresses=1").content.decode()
    assert "has no GET /outbound-ips (404)" in page


def test_strangers_neither_see_nor_start_anything(wire, qatech, settings):
    settings.PUBLIC_READ = True
    person()
    run = factories.make_run(qatech, external_id="UkxK")
    factories.make_results(run, "F")
    row = StartedRun.objects.create(
        connection=qatech.connection,
        project=qatech,
        kind="start",
        by="mara",
        state="done",
        asked_at=factories.NOW,
    )
    stranger = Client()
    for path in (f"/started/{row.pk}/", f"/projects/{qatech.pk}/start/"):
        assert "/login/" in stranger.get(path).url
    for path in (f"/projects/{qatech.pk}/start/", f"/runs/{run.pk}/rerun/"):
        assert "/login/" in stranger.post(path, {"only": "all"}).url
    assert "Rerun failed" not in stranger.get(f"/runs/{run.pk}/").content.decode()
    assert not wire.requests
