"""The page of the relay: what waits, what a tool did not take, and what is decided."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.models import Act
from ingest.models import Connection, Project, PushedRun, RelayedPart, Run
from tests import factories
from tests.clock import now
from tests.dashboard.page_reader import logged_in, person, text_of

pytestmark = pytest.mark.django_db
PAGE = "/sync/relay/"
SECOND = timedelta(seconds=1)


@pytest.fixture
def testmo() -> Connection:
    return factories.make_connection("Testmo EU", settings={"relay": "on"})


@pytest.fixture
def run(testmo: Connection) -> Run:
    project = factories.make_project(testmo, name="Shop")
    return factories.make_run(project, name="Nightly")


@pytest.fixture
def browser(empty_redis: None) -> Client:
    return logged_in(person())


def part(run: Run, state: str, **values: Any) -> RelayedPart:
    told = {"act": "append_thread", "body": "{}", "created_at": now() - 60 * SECOND}
    return RelayedPart.objects.create(
        project=run.project, run=run, state=state, **told | values
    )


def words(browser: Client) -> str:
    bare = re.sub(r"<[^>]+>", "", text_of(browser.get(PAGE)))
    return " ".join(bare.split())


def test_without_any_relay_the_page_says_how_to_begin(browser):
    assert "Set Relay to on" in words(browser)
    assert PAGE not in text_of(browser.get("/sync/"))


def test_what_was_handed_on_is_counted_with_its_delay(browser, testmo, run):
    for delay in (1, 2, 3):
        sent_at = now() - delay * SECOND
        part(run, "sent", sent_at=sent_at, created_at=sent_at - delay * SECOND)
    part(run, "sent", sent_at=now() - timedelta(days=8))
    page = words(browser)
    assert "Nothing waits to be handed on. 3 requests were in the last 7 days." in page
    assert "2s, 3s" in page
    assert "Nothing waits" in page
    assert f'href="{PAGE}"' in text_of(browser.get("/sync/"))


def test_what_waits_says_why_and_when_it_is_tried_again(browser, run):
    wait = {"next_try_at": now() + timedelta(minutes=4), "tries": 3}
    part(run, "waiting", sentence="Testmo broke off.", **wait)
    part(run, "waiting")
    page = words(browser)
    assert "2 requests wait to be handed on." in page
    assert "Results, tried 3 times." in page
    assert "Testmo broke off." in page
    assert "2 requests waiting, since" in page
    assert "next try in 4 min" in page
    assert "Send again" not in page


def test_a_person_sends_again_what_was_refused(browser, run):
    refused = part(run, "refused", sentence="No such status.", answer="HTTP 422\nno")
    part(run, "unclear")
    part(run, "waiting")
    page = words(browser)
    assert "2 requests wait for a person:" in page
    assert "1 refused, 1 of which nobody knows whether it came through." in page
    assert "1 request waiting, 2 not taken" in page
    assert "HTTP 422" in page
    assert "2 requests that their tools did not take" in text_of(browser.get("/sync/"))
    answer = browser.post(f"/sync/relay/runs/{run.pk}/", {"do": "again"}, follow=True)
    assert "2 requests are to be sent again." in text_of(answer)
    refused.refresh_from_db()
    assert (refused.state, refused.tries) == ("waiting", 0)
    act = Act.objects.get()
    assert (act.kind, act.about, act.by) == ("relay", run.pk, "mara")
    assert act.after == {"decision": "send again", "requests": 2}
    history = text_of(browser.get(f"/runs/{run.pk}/"))
    assert "had 2 requests of" in history


def test_a_person_leaves_out_what_nobody_can_say(browser, run):
    unclear = part(run, "unclear")
    waits = part(run, "waiting")
    answer = browser.post(f"/sync/relay/runs/{run.pk}/", {"do": "leave-out"})
    assert answer.url == PAGE
    for row in (unclear, waits):
        row.refresh_from_db()
    assert (unclear.state, waits.state) == ("left_out", "waiting")
    assert Act.objects.get().after["decision"] == "leave out"


def test_imported_tests_are_decided_by_their_project(browser, testmo):
    Connection.objects.update(vendor="testomatio")
    project = factories.make_project(testmo, name="Shop")
    RelayedPart.objects.create(
        project=project,
        act="import_tests",
        body="{}",
        state="refused",
        created_at=now(),
    )
    assert "Imported tests" in words(browser)
    browser.post(f"/sync/relay/projects/{project.pk}/", {"do": "again"})
    assert RelayedPart.objects.get().state == "waiting"
    assert Act.objects.get().kind == "relay_tests"


@pytest.mark.parametrize("word", ["", "nothing", "again\0"])
def test_another_word_decides_nothing(browser, run, word):
    row = part(run, "refused")
    browser.post(f"/sync/relay/runs/{run.pk}/", {"do": word})
    row.refresh_from_db()
    assert row.state == "refused"
    assert not Act.objects.exists()


def test_a_stranger_sees_and_decides_nothing(run, settings, empty_redis):
    settings.PUBLIC_READ = True
    part(run, "refused", sentence="No such status.")
    person()
    stranger = Client()
    for answer in (
        stranger.get(PAGE),
        stranger.post(f"/sync/relay/runs/{run.pk}/", {"do": "again"}),
    ):
        assert answer.status_code == 302
        assert answer.url.startswith("/login/")
    page = text_of(stranger.get("/sync/"))
    assert "did not take" in page
    assert PAGE not in page
    assert RelayedPart.objects.get().state == "refused"


def test_the_number_of_queries_does_not_grow_with_what_waits(browser, testmo):
    project: Project = factories.make_project(testmo, name="Shop")
    counts: list[int] = []
    words(browser)
    for number in (1, 30):
        for _ in range(number):
            run = factories.make_run(project)
            part(run, "refused")
            part(run, "waiting")
        with CaptureQueriesContext(connection) as queries:
            page = words(browser)
        counts.append(len(queries))
    assert "31 requests wait for a person" in page
    assert counts[0] == counts[1]


def test_all_that_waits_is_counted_however_much_is_shown(browser, testmo, monkeypatch):
    monkeypatch.setattr("dashboard.lists.relay.QUEUES_SHOWN", 2)
    project = factories.make_project(testmo, name="Shop")
    for number in range(3):
        part(factories.make_run(project, name=f"Run {number}"), "refused")
    page = words(browser)
    assert "3 requests wait for a person: 3 refused." in page
    assert "Run 1" in page
    assert "Run 2" not in page


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({"settings": {"relay": "off"}}, "the relay is off"),
        ({"paused_at": now()}, "the connection is paused"),
        ({}, "the tool no longer has the project"),
    ],
)
def test_what_is_held_back_is_not_said_to_be_tried(browser, run, held, why):
    part(run, "waiting")
    if held:
        Connection.objects.update(**held)
    else:
        Project.objects.update(removed_at=now())
    page = words(browser)
    assert "On hold" in page
    assert f"not tried: {why}" in page
    assert "next try" not in page


def test_a_delay_of_nothing_is_one(browser, run):
    part(run, "sent", sent_at=now(), created_at=now())
    assert "0s, 0s" in words(browser)


def test_a_run_says_what_of_it_is_not_handed_on(browser, run):
    pushed = PushedRun.objects.create(
        run=run, format="testmo", last_at=now(), is_relayed=True
    )

    def page() -> str:
        return text_of(browser.get(f"/runs/{run.pk}/"))

    assert "handed on" not in page()
    part(run, "waiting")
    assert "1 request of it waits to be handed on to Testmo." in page()
    assert f'href="{PAGE}"' in page()
    part(run, "refused")
    assert "1 request of it was not taken by Testmo." in page()
    assert "by itself" not in page()
    pushed.is_abandoned = True
    pushed.save()
    assert "Nobody ended this run, so it ended by itself." in page()
