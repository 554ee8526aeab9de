"""The card that says when each project was compared whole, and what is stale by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from dashboard.metrics.freshness import state
from ingest.models import Connection, Project, Sync, UnreadableRun
from tests.clock import stopped
from tests.dashboard.number_links import html_of
from tests.dashboard.page_reader import logged_in, person
from tests.factories import (
    NOW,
    make_connection,
    make_milestone,
    make_project,
    make_run,
    make_sync,
)

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _open(settings):
    settings.PUBLIC_READ = True
    settings.RECONCILE_HOURS = 24.0


@pytest.fixture
def project():
    project = make_project(connection=make_connection(last_success_at=NOW))
    Project.objects.update(synced_from=NOW - HOUR, looked_at=NOW - 3 * HOUR)
    project.refresh_from_db()
    return project


def read(client, path: str, css: str) -> LexborNode:
    with stopped(NOW):
        node = LexborHTMLParser(html_of(client, path)).css_first(css)
    assert node is not None
    return node


def words(node: LexborNode) -> str:
    return " ".join(node.text().split())


def card(client) -> str:
    return words(read(client, "/sync/", "#looks"))


def test_each_project_says_when_it_was_compared_whole(client, project):
    text = card(client)
    assert project.name in text
    assert "3 h ago" in text
    assert "Again in" in text
    assert "Compare now" not in text


def test_an_overdue_look_is_said_and_makes_the_connection_stale(client, project):
    at = NOW - 2 * DAY - HOUR
    Project.objects.update(looked_at=at)
    Connection.objects.update(looked_at=at)
    assert "Overdue" in card(client)
    connection = Connection.objects.get()
    assert state(connection, NOW) == "stale"
    connection.looked_at = NOW - 2 * DAY
    assert state(connection, NOW) == "fresh"
    assert "was not compared whole for 2 d" in words(read(client, "/", "main"))


@pytest.mark.parametrize("path", ["/", "/sync/", "/standup/", "/milestones/"])
def test_of_runs_that_do_come_in_nobody_says_that_they_stopped(client, project, path):
    at = NOW - 2 * DAY - HOUR
    Connection.objects.update(looked_at=at, last_success_at=NOW)
    Project.objects.update(looked_at=at)
    make_run(project, milestones=[make_milestone(project, due_at=NOW + DAY)])
    text = words(read(client, path, "main"))
    said = {"/sync/": "Overdue", "/milestones/": ""}
    assert said.get(path, "not compared whole for 2 days") in text
    for wrong in (
        " behind",
        "sent nothing",
        "stop at",
        "did not answer",
        "out of date",
    ):
        assert wrong not in text


def test_what_stopped_coming_in_is_said_before_an_overdue_look(client, project):
    at = NOW - 2 * DAY - HOUR
    Connection.objects.update(looked_at=at, last_success_at=at)
    make_run(project)
    text = words(read(client, "/", "main"))
    assert "is 2 days behind" in text
    assert "not compared whole" not in text


def test_many_tools_with_an_overdue_look_are_said_together(client, project):
    for _ in range(3):
        make_project(connection=make_connection(last_success_at=NOW))
    Connection.objects.update(looked_at=NOW - 3 * DAY)
    text = words(read(client, "/", "main"))
    assert "4 tools were not compared whole for long" in text
    assert "behind" not in text


def test_a_look_under_way_shows_how_far_it_is(client, project):
    for _ in range(4):
        make_run(project)
    make_sync(
        project.connection,
        project=project,
        status="running",
        is_look=True,
        started_at=NOW - HOUR,
        finished_at=None,
        runs_read=1,
    )
    assert "1 of 4 runs" in card(client)
    bar = read(client, "/sync/", "#looks [role=progressbar]")
    assert bar.attributes["aria-valuenow"] == "25"


def test_runs_that_cannot_be_read_and_silent_ones_are_told(client, project):
    make_run(project, is_open=True, active_at=NOW - 4 * DAY)
    make_run(project, is_open=True, active_at=NOW - DAY)
    for number in range(4):
        UnreadableRun.objects.create(
            project=project,
            external_id=str(number),
            name=f"Nightly {number}",
            failures=4 - number,
            first_failed_at=NOW - HOUR,
            next_try_at=NOW + 2 * HOUR,
            sentence="no",
        )
    text = card(client)
    assert "4 runs the tool could not give: Nightly 0, Nightly 1, Nightly 2" in text
    assert "and 1 more. Asked for again in 2 h." in text
    assert "1 open run without a change for 3 days or more is asked" in text


def test_a_person_can_have_a_project_compared_now(project, empty_redis):
    writer = logged_in(person())
    assert "Compare now" in card(writer)
    answer = writer.post(f"/sync/{project.connection_id}/compare/")
    assert answer.status_code == 302
    sync = Sync.objects.get()
    assert sync.is_look
    assert sync.trigger == "person"


def test_a_reader_cannot(client, project):
    assert client.post(f"/sync/{project.connection_id}/compare/").status_code != 200
    assert not Sync.objects.exists()
