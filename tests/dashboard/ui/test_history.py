"""What people said, shown on the pages of what they said it of."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.annotations import milestones, notes, runs
from dashboard.annotations.audit_log import PAGE
from dashboard.ui.text import times
from tests import clock, factories
from tests.dashboard.number_links import html_of
from tests.dashboard.page_reader import logged_in, person, text_of

pytestmark = pytest.mark.django_db
LATER = clock.START.replace(hour=0, minute=0) + timedelta(days=5)

DAY = times.moment(LATER, clock.START, UTC).removesuffix(" 00:00")


@pytest.fixture
def client():
    """Somebody signed in."""
    return logged_in(person("eve"))


@pytest.fixture
def shop():
    return factories.make_project(name="Shop")


@pytest.fixture
def case(shop):
    return factories.make_case(shop, "Pay by card")


def history_in(page: str) -> str:
    return " ".join(
        page.partition('<ol class="history">')[2].partition("</ol>")[0].split()
    )


def test_a_test_shows_who_unmuted_it_and_what_the_mute_said(client, case):
    notes.mute(case, until=LATER, reason="sandbox is down", by="mara")
    notes.unmute(case, by="joris")
    notes.write_note(case, owner="Ada", issue_url="", text="<b>hot</b>", by="eve & co")
    shown = history_in(html_of(client, f"/cases/{case.pk}/"))
    assert shown.count("<li>") == 3
    assert "<b>joris</b> unmuted it, " in shown
    assert f"(was muted until {DAY}: sandbox is down)" in shown
    assert shown.index("eve &amp; co") < shown.index("joris") < shown.index("mara")
    assert "owner “Ada”; note “&lt;b&gt;hot&lt;/b&gt;”" in shown


def test_a_run_shows_what_people_said_of_it_also_once_it_is_taken_back(client, shop):
    run = factories.make_run(shop)
    factories.make_results(run, "PF")
    assert "What people said of this run" not in html_of(client, f"/runs/{run.pk}/")
    runs.exclude(run, reason="Disk was full", by="mara")
    runs.leave_to_the_rule(run, by="joris")
    shown = history_in(html_of(client, f"/runs/{run.pk}/"))
    assert "<b>joris</b> took back what was said of it" in shown
    assert "(was excluded from flakiness: Disk was full)" in shown


def test_a_milestone_shows_what_was_joined_and_split_off(client, shop):
    one = factories.make_milestone(shop, "v2.0")
    other = factories.make_milestone(shop, "v2.0 RC")
    member = other.members.get()
    milestones.join(other.pk, one.pk, by="mara")
    new = milestones.split(one.pk, member.pk, by="joris")
    for milestone in (one, new):
        shown = history_in(html_of(client, f"/milestones/{milestone.pk}/"))
        assert "<b>joris</b> split “v2.0 RC” off “v2.0”, " in shown
        assert "<b>mara</b> joined “v2.0 RC” to “v2.0”, " in shown
    third = factories.make_milestone(shop, "v3")
    assert not history_in(html_of(client, f"/milestones/{third.pk}/"))


def test_a_project_shows_all_acts_page_by_page(client, shop, case):
    for number in range(PAGE + 2):
        notes.write_note(case, owner="", issue_url="", text=f"n{number}", by="mara")
    path = f"/projects/{shop.pk}/settings/"
    first = text_of(client.get(path))
    assert history_in(first).count("<li>") == PAGE
    assert f'<a class="n" href="/cases/{case.pk}/">Pay by card</a>' in history_in(first)
    assert "Newest</a>" not in first
    older = first.partition("?before=")[2].partition("#")[0]
    last = text_of(client.get(f"{path}?before={older}"))
    assert history_in(last).count("<li>") == 2
    assert "wrote a note on" in history_in(last)
    assert "Older</a>" not in last
    assert "Newest</a>" in last
    odd = text_of(client.get(f"{path}?before=x"))
    assert history_in(odd) == history_in(first)


@pytest.mark.parametrize("what", ["case", "run"])
def test_the_history_of_a_test_and_of_a_run_costs_no_query(client, case, what):
    run = factories.make_run(case.project)
    factories.make_results(run, "PF", cases=["a", "b"])
    path = f"/{what}s/{(case if what == 'case' else run).pk}/"

    def queries() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        return len(asked)

    before = queries()
    notes.mute(case, until=LATER, reason="sandbox is down", by="mara")
    notes.unmute(case, by="joris")
    runs.exclude(run, reason="x", by="mara")
    runs.leave_to_the_rule(run, by="joris")
    assert queries() == before


def test_a_stranger_sees_no_history_and_a_form_of_nothing(case, settings):
    settings.PUBLIC_READ = True
    person()
    notes.mute(case, until=LATER, reason="sandbox is down", by="mara")
    page = text_of(Client().get(f"/cases/{case.pk}/"))
    assert f"Muted until {LATER.day} {LATER:%b}" in page
    assert "sandbox" not in page
    assert "mara" not in page
    assert history_in(page) == ""
    assert "<form" not in page.partition('id="remarks"')[2].partition("</main>")[0]
