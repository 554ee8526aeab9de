"""The sync page and the lists behind it, as their readers get them over HTTP."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from dashboard.lists.imports import imports_in_progress
from dashboard.lists.sync_activity import activity
from ingest.models import Connection, Reject, Run, Sync, UnreadableRun
from ingest.upsert.rejects import reason_key
from tests import clock
from tests.dashboard.number_links import (
    count_of,
    door_of,
    doors,
    forms_in,
    part,
    words_of,
)
from tests.dashboard.page_reader import form_of, logged_in, person, text_of
from tests.factories import (
    NOW,
    make_connection,
    make_project,
    make_results,
    make_run,
    make_sync,
)

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REFUSED = "QA.tech refused the credentials (401). Enter a valid key with read access."
AWAY = "Testably did not answer in time (/v1/runs). The next sync retries."


@pytest.fixture(autouse=True)
def _open(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def get(client):
    def get(address="/sync/", status=200):
        answer = client.get(address.partition("#")[0])
        assert answer.status_code == status
        return text_of(answer)

    return get


@pytest.fixture
def get_signed_in(writer):
    def get(address="/sync/", status=200):
        answer = writer.get(address.partition("#")[0])
        assert answer.status_code == status
        return text_of(answer)

    return get


@pytest.fixture
def writer():
    return logged_in(person(is_superuser=True))


def row_of(html, connection):
    """The table row of one connection."""
    begins = html.index(f'id="connection-{connection.pk}"')
    following = html.find('<div class="conn', begins)
    return html[
        begins : following if following > 0 else html.index("</section>", begins)
    ]


def make_reject(project, reason="name is missing or empty", **values):
    values = {
        "where": "runs/17 row 4",
        "payload": json.dumps({"id": 17, "name": None}),
        "created_at": NOW - HOUR,
        **values,
    }
    return Reject.objects.create(
        connection=project.connection,
        project=project,
        reason=reason,
        reason_key=reason_key(reason),
        **values,
    )


# --- nothing yet -------------------------------------------------------------------


def test_without_a_connection_the_page_leads_to_connect(writer):
    html = text_of(writer.get("/sync/"))
    assert "Connect your first tool" in html
    assert 'href="/connect/"' in html
    assert 'id="connections"' not in html


def test_when_all_is_well_the_page_says_what_was_checked(get_signed_in):
    make_connection()
    html = get_signed_in()
    assert "1 connection, nothing waits for you" in html
    assert "Nothing was rejected" in html
    assert 'class="note' not in html


def test_all_that_waits_for_a_person_is_counted_and_named(get, get_signed_in, parked):
    project = make_run(make_project(parked)).project
    for number in range(3):
        make_reject(project, where=f"runs/17 row {number}")
    # What was kept, was read later or is mapped already waits for nobody.
    make_reject(project, is_stored=True)
    make_reject(project, resolved_at=NOW)
    make_connection(last_error=REFUSED, failing_since=NOW - HOUR)
    for number in range(2):
        UnreadableRun.objects.create(
            project=project,
            external_id=str(number),
            name=f"Nightly {number}",
            failures=1,
            first_failed_at=NOW - HOUR,
            next_try_at=NOW + HOUR,
            sentence="no",
        )
    type(project).objects.update(synced_from=NOW - HOUR)
    html = get_signed_in()
    assert "2 connections, 7 things wait for you" in html
    said = words_of(html.partition('class="verdict"')[2].partition("</p>")[0], " ")
    assert said.endswith(
        "7 things wait for a person: 1 connection without new data , 1 unknown status "
        ", 3 rejected records , 2 runs that their tools could not give ."
    )
    door = door_of(html, "rejected")
    assert door.value == count_of(get_signed_in(door.href)) == 3
    # Strangers get the numbers, and no record.
    assert "7 things wait for you" in get()
    assert door.href not in get()
    Connection.objects.filter(pk=parked.pk).update(status_map={"Parked": "blocked"})
    assert "6 things wait for you" in get()


# --- states ------------------------------------------------------------------------


def test_each_connection_shows_its_state(get_signed_in):
    fresh = make_connection("fresh", next_sync_at=NOW + 10 * MINUTE)
    stale = make_connection("stale", last_success_at=NOW - 3 * HOUR)
    failing = make_connection("failing", last_error=REFUSED)
    paused = make_connection("paused", paused_at=NOW, paused_by="mara")
    new = make_connection("new", last_success_at=None)
    html = get_signed_in()
    for row, words in (
        (fresh, ("Fresh", "every 5 min")),
        (stale, ("Stale", "3 h ago")),
        (failing, ("Key refused", "tries again")),
        (paused, ("Paused", "paused by mara", "keeps its data")),
        (new, ("Waiting", "never")),
    ):
        for word in words:
            assert word in row_of(html, row)


def test_a_sync_under_way_shows_as_such(get):
    row = make_connection()
    parent = make_sync(row, status="running", finished_at=None)
    make_sync(
        row,
        parent=parent,
        project=make_project(row),
        status="running",
        finished_at=None,
        runs_read=12,
    )
    html = row_of(get(), row)
    assert "Syncing" in html
    assert "12 runs so far" in html


def first_import(row, **values):
    # Not NOW, which is when the tests were collected, minutes ago perhaps.
    begun = clock.now() - 20 * MINUTE
    parent = make_sync(row, status="running", started_at=begun, finished_at=None)
    return make_sync(
        row,
        parent=parent,
        project=make_project(row),
        status="running",
        is_backfill=True,
        requested_at=NOW,
        finished_at=None,
        **values,
    )


def test_a_first_import_tells_days_done_how_far_back_and_what_is_left(get):
    row = make_connection(last_success_at=None)
    reached = NOW - 50 * DAY
    first_import(row, window_since=NOW - 200 * DAY, oldest_reached=reached)
    html = row_of(get(), row)
    assert "Backfill 25%" in html
    assert 'aria-valuenow="25"' in html
    assert "50 of 200 days" in html
    assert f"back to {reached.day} {reached:%b}" in html
    assert re.search(r"About (60|61) min left, new runs come first\.", html)
    assert imports_in_progress()[row.pk].share == pytest.approx(0.25)


def test_an_import_without_a_beginning_tells_what_it_read(get):
    row = make_connection(last_success_at=None)
    first_import(row, window_since=None, runs_read=812)
    html = row_of(get(), row)
    assert "812 runs read" in html
    assert "0 of 1 project through" in html
    assert "left" not in html


# --- who needs a person --------------------------------------------------------------


def test_a_refused_key_is_a_note_with_consequence_remedy_and_answer(get, writer):
    row = make_connection(
        "QA.tech",
        vendor="qatech",
        last_error=REFUSED,
        last_answer='HTTP 401\n{"error": "<b>invalid</b>"}',
        last_success_at=NOW - 26 * HOUR,
        failing_since=NOW - 26 * HOUR,
    )
    make_project(row, name="Customer Portal")
    make_project(row, name="Onboarding")
    page = writer.get("/sync/").content.decode()
    html = page[page.index('class="note bad"') : page.index('id="connections"')]
    for words in (
        "QA.tech refused the credentials (401). Nothing has come in for 26 h.",
        "Customer Portal and Onboarding are out of date.",
        "Enter a valid key with read access.",
        "Missed runs are fetched as soon as it works.",
        "See the answer",
        "&lt;b&gt;invalid&lt;/b&gt;",
        "Enter new key",
        f"/connect/?connection={row.pk}",
    ):
        assert words in html
    assert "1 connection, 1 thing waits for you" in page


def test_trouble_that_passes_by_itself_needs_nobody_at_first(get):
    row = make_connection(last_error=AWAY, failing_since=NOW - MINUTE)
    html = get()
    assert "nothing waits for you" in html
    assert "No answer" in row_of(html, row)
    Connection.objects.update(failing_since=NOW - HOUR)
    assert "1 thing waits for you" in get()


def test_a_paused_connection_needs_nobody(get):
    make_connection(last_error=REFUSED, paused_at=NOW)
    assert "nothing waits for you" in get()


def test_syncs_that_do_not_even_begin_are_told(get):
    make_connection("Testably", last_success_at=NOW - 3 * HOUR)
    html = get()
    assert "Testably is behind, the oldest by 3 h." in html
    assert "manage.py serve" in html
    row = Connection.objects.get()
    queued = make_sync(row, status="queued", started_at=None, finished_at=None)
    assert "waits for a worker" in row_of(get(), row)
    assert "is behind" in get()
    Sync.objects.filter(pk=queued.pk).update(status="running", started_at=NOW)
    assert "is behind" not in get()


# --- numbers of 24 h -------------------------------------------------------------------


def test_records_of_a_day_open_the_syncs_that_read_them(get):
    row, other = make_connection(), make_connection()
    values = {"results_read": 100, "results_written": 90}
    for hours in (1, 5, 30):
        parent = make_sync(row, requested_at=NOW - hours * HOUR, **values)
        make_sync(
            row,
            parent=parent,
            project=make_project(row),
            requested_at=NOW - hours * HOUR,
            **values,
        )
    make_sync(row, status="failed", requested_at=NOW - HOUR, results_read=1)
    make_sync(other, requested_at=NOW - HOUR, **values)
    html = row_of(get(), row)
    read, written = door_of(html, "results_read"), door_of(html, "results_written")
    assert (read.value, written.value) == (201, 180)
    html = get(read.href)
    assert "201 results read, 180 written" in html
    assert count_of(html) == 3


def test_written_records_stand_in_the_hour_of_their_sync():
    row = make_connection()
    now = NOW.replace(minute=30)
    make_sync(row, requested_at=now - 10 * MINUTE, results_written=5)
    make_sync(row, requested_at=now - 2 * HOUR, results_written=7)
    make_sync(row, requested_at=now - 23 * HOUR - 50 * MINUTE, results_written=9)
    make_sync(row, requested_at=now - 25 * HOUR, results_written=11)
    hourly = activity(now)[row.pk].hourly
    assert len(hourly) == 24
    assert (hourly[23], hourly[21], hourly[0]) == (5, 7, 9)
    assert sum(hourly) == activity(now)[row.pk].written == 21


def test_rejected_records_open_exactly_their_rows(get_signed_in):
    project, other = make_project(), make_project()
    for row in range(3):
        make_reject(project, where=f"row {row}")
    make_reject(project, created_at=NOW - 2 * DAY)
    make_reject(project, "elapsed -4 is below zero: duration unknown", is_stored=True)
    make_reject(other)
    html = get_signed_in()
    door = door_of(row_of(html, project.connection), "rejected")
    assert door.value == count_of(get_signed_in(door.href)) == 3
    total = doors(part(html, "rejects"))[0]
    assert total.value == count_of(get_signed_in(total.href)) == 4


# --- rejected records ----------------------------------------------------------------


def test_rejects_are_grouped_by_reason_and_each_group_opens_its_rows(get_signed_in):
    project = make_project(make_connection(vendor="testomatio"))
    for row in range(60):
        make_reject(project, f"name is {row}, not a text", where=f"row {row}")
    make_reject(project, "status is missing or empty", resolved_at=NOW)
    make_reject(project, "tested_at is 'soon', not an ISO 8601 time")
    html = part(get_signed_in(), "rejects")
    assert "“name” is …, not a text" in html
    assert "“tested_at” is 'soon', not an ISO 8601 time" in html
    assert "“status”" not in html
    assert "Mend it in Testomat.io or ignore it; each sync tries again." in html
    found = [d for d in doors(html) if "reason=" in d.href]
    assert [door.value for door in found] == [60, 1]
    rows = get_signed_in(found[0].href)
    assert count_of(rows) == 60
    assert rows.count('class="payload"') == 50
    following = re.search(r'href="([^"]+)" rel="next"', rows)[1]
    assert get_signed_in(following).count('class="payload"') == 10


def test_what_was_stored_with_a_doubt_says_what_it_lacks(get_signed_in):
    project = make_project()
    make_reject(project, "elapsed -41 is below zero: duration unknown", is_stored=True)
    html = part(get_signed_in(), "rejects")
    assert "“elapsed” -41 is below zero" in html
    assert "kept without a duration" in html
    assert "Check the clock of the machine that ran it." in html
    door = next(d for d in doors(html) if "reason=" in d.href)
    assert "Kept all the same" in get_signed_in(door.href)


def test_a_rejected_record_is_shown_whole_and_escaped(writer):
    payload = json.dumps({"name": "<script>alert(1)</script>", "long": "x" * 5000})
    make_reject(make_project(), payload=payload)
    html = writer.get("/sync/rejects/").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "x" * 5000 in html


def test_the_list_of_rejects_can_be_searched(get_signed_in):
    project = make_project()
    make_reject(project, where="runs/2198 row 1")
    make_reject(project, where="runs/2201 row 1")
    assert count_of(get_signed_in("/sync/rejects/?q=2198")) == 1
    assert "No record here" in get_signed_in("/sync/rejects/?q=nothing")


# --- words that nobody mapped -----------------------------------------------------------


@pytest.fixture
def parked():
    """A run with two results of the word Parked and one of another."""
    run = make_run()
    results = make_results(run, "??P?")
    for result, word in zip(results, ("Parked", "Parked", "", "Other"), strict=True):
        type(result).objects.filter(pk=result.pk).update(raw_status=word)
    Run.objects.filter(pk=run.pk).update(unknown_words={"Parked": 2})
    return run.project.connection


def test_an_unknown_word_opens_its_results(get, parked):
    html = part(get(), "rejects")
    assert "Status “Parked” is unknown" in html
    door = door_of(html, "unknown")
    assert door.value == count_of(get(door.href)) == 2


def test_a_person_maps_an_unknown_word_on_the_page(parked, writer):
    page = text_of(writer.get("/sync/"))
    form = form_of(page, f"/sync/{parked.pk}/map/")
    assert form.fields == {"word": "Parked"}
    answer = writer.post(
        f"/sync/{parked.pk}/map/", {**form.fields, "status": "blocked"}
    )
    assert answer.status_code == 302
    parked.refresh_from_db()
    assert parked.status_map == {"Parked": "blocked"}
    assert "Counts as blocked; its runs are read again" in text_of(writer.get("/sync/"))


# --- syncs -----------------------------------------------------------------------------


def test_the_newest_syncs_tell_outcome_and_duration(get_signed_in):
    row = make_connection("Testmo one")
    make_sync(row, results_written=96, rejected=1, status="partial", error="Cut off.")
    make_sync(row, status="failed", error=REFUSED)
    make_sync(row, status="running", finished_at=None)
    html = part(get_signed_in(), "syncs")
    for words in ("96 written, 1 rejected", "key refused (401)", "under way", "1m 00s"):
        assert words in html
    whole = get_signed_in("/sync/history/")
    assert REFUSED in whole
    assert "Cut off." in whole


def test_the_history_of_syncs_is_cut_into_pages(get):
    row = make_connection()
    for _ in range(60):
        make_sync(row)
    html = get(f"/sync/history/?connection={row.pk}")
    assert count_of(html) == 60
    following = re.search(r'href="([^"]+)" rel="next"', html)[1]
    assert f"connection={row.pk}" in following
    assert "51–60 of 60" in get(following)
    assert "No sync here" in get("/sync/history/?status=failed")


# --- the tools' own totals ----------------------------------------------------------------


def test_runs_whose_totals_differ_are_listed_status_by_status(get):
    run = make_run(name="Nightly", vendor_counts={"passed": 3, "failed": 2})
    make_results(run, "PPPF")
    agreeing = make_run(run.project, vendor_counts={"passed": 1})
    make_results(agreeing, "P")
    html = part(get(), "reconciliation")
    assert "1 of 2 runs in 30 days agree with the tools' own totals." in html
    assert f'href="/runs/{run.pk}/"' in html
    assert "failed 2, here 1" in html
    assert "−1" in html
    assert f"/runs/{agreeing.pk}/" not in html


def test_totals_that_all_agree_are_said_to(get):
    make_results(make_run(vendor_counts={"passed": 2}), "PP")
    html = part(get(), "reconciliation")
    assert "1 run of 30 days agrees with the tools' own totals." in html
    assert "<table" not in html


def test_more_differing_runs_than_fit_stand_behind_a_link(get):
    project = make_project()
    for _ in range(7):
        make_results(make_run(project, vendor_counts={"passed": 9}), "P")
    html = part(get(), "reconciliation")
    assert html.count("?status=all") == 5
    more = re.search(r'href="([^"]+)">All 7', html)[1]
    whole = get(more)
    assert part(whole, "reconciliation").count("?status=all") == 7
    assert 'hx-get="/sync/?totals=all"' in whole


# --- who may do what -----------------------------------------------------------------------


def test_a_reader_gets_no_button_that_changes_anything(get, parked):
    make_connection(last_error=REFUSED)
    html = get()
    assert not [action for action in forms_in(html) if "/sync/" in action]
    assert "/connect/?connection=" not in html
    assert "Log in to change connections" in html


def test_a_person_gets_the_buttons_that_fit_each_state(writer):
    fresh = make_connection()
    failing = make_connection(last_error=REFUSED)
    paused = make_connection(paused_at=NOW)
    html = text_of(writer.get("/sync/"))
    forms = forms_in(html)
    assert "/sync/all/" in forms
    for row, actions in (
        (fresh, ["now", "pause"]),
        (failing, ["test", "pause"]),
        (paused, ["resume"]),
    ):
        found = forms_in(row_of(html, row))
        assert found == [f"/sync/{row.pk}/{action}/" for action in actions]


def test_no_secret_is_on_any_page(writer):
    row = make_connection(base_url="https://mara:hunter2@qa.testmo.example/api")
    row.secrets = {"token": "tm_live_secret_token"}
    row.save()
    make_sync(row)
    for address in ("/sync/", "/sync/history/", "/sync/rejects/"):
        html = text_of(writer.get(address))
        assert "tm_live_secret_token" not in html
        assert "hunter2" not in html
        assert row.credentials not in html
    assert "qa.testmo.example/api" in text_of(writer.get("/sync/"))


def test_pages_ask_for_a_log_in_unless_reading_is_public(client, settings):
    settings.PUBLIC_READ = False
    person()
    for address in ("", "history/", "rejects/", "unknown/"):
        assert client.get(f"/sync/{address}").status_code == 302


# --- live, and in bounds ----------------------------------------------------------------------


def test_the_page_asks_for_itself_again(get):
    make_connection()
    assert 'data-live hx-get="/sync/" hx-trigger="poll"' in get()


def test_a_poll_is_spared_what_it_would_not_show(client):
    make_connection()
    whole = queries_of(client, "/sync/")
    polled = queries_of(client, "/sync/", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="sync")
    assert polled < whole


def test_what_the_address_says_wrong_is_left_out_and_told(get_signed_in):
    make_connection()
    html = get_signed_in(
        "/sync/history/?window=soon&connection=x&status=odd&page=-1&who=me"
    )
    for name in ("window", "connection", "status", "page", "who"):
        assert f"{name} was left out." in html
    assert "left out" in get_signed_in("/sync/rejects/?q=%00&kept=maybe")
    assert "left out" not in get_signed_in("/sync/?window=30d&project=3")


def queries_of(client, address, **headers):
    client.get(address, **headers)
    with CaptureQueriesContext(database) as captured:
        assert client.get(address, **headers).status_code == 200
    return len(captured)


@pytest.mark.parametrize("address", ["", "history/", "rejects/", "unknown/"])
def test_queries_are_few_and_do_not_grow_with_rows(writer, address):
    numbers = []
    path = f"/sync/{address}"
    for size in (10, 50):
        for row in range(size):
            project = make_project()
            make_sync(project.connection, project=project)
            make_reject(project, where=str(row))
            run = make_run(project, vendor_counts={"passed": 2})
            make_results(run, "?")
            type(run.results.first()).objects.update(raw_status="Parked")
            Run.objects.update(unknown_words={"Parked": 1})
        if address == "unknown/":
            path = f"/sync/unknown/?connection={project.connection.pk}&word=Parked"
        numbers.append(queries_of(writer, path))
    assert numbers[0] == numbers[1]
    # Two of them ask who reads.
    assert numbers[1] < 29
    assert Sync.objects.count() == 60
