"""What a person does to connections: each is a POST, told in a sentence, and safe."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from dashboard.models import Team
from ingest.models import (
    Case,
    Connection,
    Milestone,
    Project,
    Result,
    ResultText,
    Run,
    Sync,
    SyncStatus,
)
from ingest.simulator.listener import running
from ingest.simulator.testably import SimulatedTestably
from ingest.sync import sync_in_foreground
from tests import clock
from tests.dashboard.page_reader import logged_in, person, queue_gone, text_of
from tests.factories import make_project, make_run
from tests.ingest.small_world import run, world

pytestmark = pytest.mark.django_db
ACTIONS = ("sync-now", "sync-pause", "sync-resume", "sync-test", "sync-map")


@pytest.fixture(autouse=True)
def _loopback(settings, empty_redis):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    cache.clear()


@pytest.fixture
def mara():
    return logged_in(person(is_superuser=True))


def connection(name: str = "Testably", **values) -> Connection:
    row = Connection(name=name, vendor="testably", **values)
    row.base_url = values.get("base_url", "http://127.0.0.1:1")
    row.secrets = {"token": "testably_0123456789abcdef"}
    row.save()
    return row


def press(client, action: str, row: Connection | None = None, **fields):
    address = reverse(action, args=[row.pk] if row else [])
    return client.post(address, fields)


def told(client) -> str:
    """The frame of the next page, which shows what an action had to say."""
    return text_of(client.get("/connect/?vendor=testmo"))


def test_sync_now_opens_a_sync_and_comes_back(mara):
    row = connection()
    answer = press(mara, "sync-now", row)
    assert (answer.status_code, answer.url) == (302, "/sync/")
    assert Sync.objects.get().connection == row
    assert '<div class="toast"' in told(mara)


def test_a_second_sync_at_once_is_told_that_one_is_under_way(mara):
    row = connection()
    press(mara, "sync-now", row)
    press(mara, "sync-now", row)
    assert Sync.objects.count() == 1
    assert "A sync of Testably is under way already." in told(mara)


def test_a_sync_asked_for_while_the_queue_is_gone_waits_and_says_so(mara):
    with queue_gone():
        press(mara, "sync-now", connection())
    assert Sync.objects.get().status == SyncStatus.QUEUED
    page = told(mara)
    assert "The queue does not answer." in page
    assert '<section class="note warn"' in page


def test_sync_all_leaves_out_what_is_paused(mara):
    connection("one")
    connection("two")
    connection("resting", paused_at=clock.now())
    press(mara, "sync-all")
    assert set(Sync.objects.values_list("connection__name", flat=True)) == {
        "one",
        "two",
    }
    assert "Syncing 2 connections." in told(mara)


def test_sync_all_asks_a_dead_queue_once_only(mara):
    for name in ("one", "two", "three"):
        connection(name)
    with queue_gone():
        press(mara, "sync-all")
    assert Sync.objects.count() == 1
    assert told(mara).count("The queue does not answer.") == 1


def test_pause_keeps_who_paused_and_resume_makes_it_due(mara):
    row = connection(next_sync_at=clock.now() + timedelta(days=1))
    press(mara, "sync-pause", row)
    row.refresh_from_db()
    assert row.paused_by == "mara"
    assert row.paused_at is not None
    press(mara, "sync-resume", row)
    row.refresh_from_db()
    assert (row.paused_by, row.paused_at) == ("", None)
    assert row.next_sync_at <= clock.now()


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_on_a_connection_that_is_gone_is_not_found(mara, action):
    assert mara.post(reverse(action, args=[77])).status_code == 404


@pytest.mark.parametrize("action", [*ACTIONS, "disconnect"])
def test_no_link_can_change_a_connection(mara, action):
    row = connection()
    assert mara.get(reverse(action, args=[row.pk])).status_code == 405


@pytest.fixture
def synced():
    """A connection whose two runs were read, one with a status that nobody knows."""
    simulator = SimulatedTestably(
        world(
            "testably", [run(1, ["passed", "failed"]), run(2, ["passed", "skipped"])]
        ),
        relaxed=True,
    )
    with running(simulator) as base_url:
        row = connection(base_url=base_url)
        row.secrets = simulator.secrets
        row.save()
        sync_in_foreground([row])
        yield row, simulator


def test_a_mapped_word_makes_its_runs_to_be_read_again(mara, synced):
    row, _ = synced
    one = Run.objects.first()
    Run.objects.filter(pk=one.pk).update(unknown_words={"wontfix": 3})
    answer = press(mara, "sync-map", row, word="wontfix", status="skipped")
    assert answer.url == "/sync/"
    row.refresh_from_db()
    assert row.status_map == {"wontfix": "skipped"}
    assert list(Run.objects.filter(must_be_read=True)) == [one]
    assert "wontfix counts as skipped. 1 run to be read again." in told(mara)


def test_a_word_is_mapped_for_hidden_runs_too_and_nothing_said_of_them(synced):
    row, _ = synced
    one = Run.objects.first()
    team = Team.objects.create(name="apart")
    team.projects.add(make_project(row, name="apart"))
    hidden = make_run(team.projects.get())
    for run_ in (one, hidden):
        Run.objects.filter(pk=run_.pk).update(unknown_words={"wontfix": 3})
    editor = logged_in(person("ed"))
    press(editor, "sync-map", row, word="wontfix", status="skipped")
    assert set(Run.objects.filter(must_be_read=True)) == {one, hidden}
    said = text_of(editor.get("/runs/"))
    assert "wontfix counts as skipped. 1 run to be read again." in said


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("", "skipped"),
        ("x" * 501, "skipped"),
        ("nul\x00", "skipped"),
        ("wontfix", ""),
        ("wontfix", "unknown"),
        ("wontfix", "running"),
        ("wontfix", "great"),
    ],
)
def test_a_word_that_cannot_be_mapped_changes_nothing(mara, word, status):
    row = connection()
    press(mara, "sync-map", row, word=word, status=status)
    row.refresh_from_db()
    assert row.status_map == {}
    assert '<section class="note bad" role="alert">' in told(mara)


def test_a_stored_connection_is_tested_and_its_page_shows_the_result(mara, synced):
    row, simulator = synced
    answer = press(mara, "sync-test", row)
    assert answer.url == f"/connect/?connection={row.pk}#check"
    page = text_of(mara.get(answer.url))
    assert "Works" in page
    assert "Projects found" in page
    assert simulator.secrets["token"] not in page


def test_a_test_of_a_refused_key_shows_the_sentence_and_the_answer(mara, synced):
    row, _ = synced
    row.secrets = {"token": "testably_of_yesterday_0000"}
    row.save()
    page = text_of(mara.get(press(mara, "sync-test", row).url))
    assert "Testably refused the credentials (401)." in page
    assert "HTTP 401" in page
    assert "testably_of_yesterday_0000" not in page


def test_a_test_asked_for_by_a_part_leads_the_whole_page_to_its_result(mara, synced):
    row, _ = synced
    address = reverse("sync-test", args=[row.pk])
    answer = mara.post(address, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"/connect/?connection={row.pk}#check"


def test_a_wrong_name_disconnects_nothing(mara, synced):
    row, _ = synced
    for name in ("", "testably", "Testably 2"):
        page = text_of(press(mara, "disconnect", row, confirm=name))
        assert "That is not its name. Type Testably." in page
    assert Connection.objects.exists()
    assert Result.objects.count() == 4


def test_the_typed_name_deletes_the_connection_with_all_it_read(mara, synced):
    row, _ = synced
    answer = press(mara, "disconnect", row, confirm=" Testably ")
    assert answer.url == "/sync/"
    tables = (Connection, Project, Run, Case, Result, ResultText, Sync, Milestone)
    assert {table.__name__: table.objects.count() for table in tables} == {
        table.__name__: 0 for table in tables
    }
    assert "Testably is disconnected" in told(mara)


def test_other_connections_keep_their_rows_when_one_is_deleted(mara, synced):
    row, simulator = synced
    with running(simulator) as base_url:
        other = connection("Other", base_url=base_url)
        other.secrets = simulator.secrets
        other.save()
        sync_in_foreground([other])
    press(mara, "disconnect", row, confirm="Testably")
    assert list(Connection.objects.all()) == [other]
    assert Result.objects.filter(project__connection=other).count() == 4
    assert Milestone.objects.count() == 1


def test_a_connection_that_a_worker_holds_is_not_deleted_under_it(mara, synced):
    row, _ = synced
    Project.objects.update(claimed_until=clock.now() + timedelta(minutes=5))
    page = text_of(press(mara, "disconnect", row, confirm="Testably"))
    assert "A sync of Testably is under way. Pause it" in page
    assert Result.objects.count() == 4


def test_a_failing_connection_shows_in_the_frame_of_every_page(mara):
    connection(last_error="Testably refused the credentials (401).")
    assert "1 connection failing" in told(mara)
    Connection.objects.update(paused_at=clock.now())
    assert "connection failing" not in told(mara)


def test_the_projects_stand_in_the_frame_once_there_are_any(mara, synced):
    assert "They appear here after the first import." not in told(mara)
    assert f'href="/projects/{Project.objects.get().pk}/"' in told(mara)


def test_the_frame_costs_the_same_queries_for_any_number_of_projects(
    mara, synced, django_assert_num_queries
):
    with django_assert_num_queries(8) as few:
        mara.get("/connect/?vendor=testmo")
    row, _ = synced
    for number in range(40):
        Project.objects.create(
            connection=row, external_id=f"p{number}", name=f"P {number}"
        )
    with django_assert_num_queries(len(few)):
        mara.get("/connect/?vendor=testmo")
