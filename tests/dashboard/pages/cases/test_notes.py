"""What people say of a test: note, issue, mute, links; each with who and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.annotations import notes
from dashboard.annotations.notes_and_mutes import WITH_REMARKS, notes_of, remarks_of
from dashboard.filters import Filters
from dashboard.metrics.rates import pass_rate
from dashboard.models import CaseGroup, CaseNote, GroupedCase, Mute, OtherCase
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.summary import summary
from ingest.models import Case
from tests import clock, factories
from tests.dashboard.page_reader import form_of, logged_in, person, text_of

pytestmark = pytest.mark.django_db
ACTS = ("note", "mute", "unmute", "link", "unlink", "apart", "again")


@pytest.fixture(autouse=True)
def _open(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def mara():
    return logged_in(person())


@pytest.fixture
def case():
    project = factories.make_project(factories.make_connection(vendor="testmo"))
    factories.make_history(project, "PPFPF", case="Pay by card")
    return Case.objects.get()


def address(case: Case, act: str = "") -> str:
    return reverse(f"case-{act}", args=[case.pk]) if act else f"/cases/{case.pk}/"


def page(client, case: Case) -> str:
    return text_of(client.get(address(case)))


def a_day(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def test_a_note_is_kept_with_who_and_when_and_shown(mara, case):
    said = {
        "owner": "Ada",
        "issue_url": "https://tracker.example/PAY-1",
        "text": "Ask <b>Joris</b> first.",
    }
    answer = mara.post(address(case, "note"), said)
    assert (answer.status_code, answer.url) == (302, address(case))
    note = CaseNote.objects.get()
    assert (note.by, note.owner) == ("mara", "Ada")
    assert clock.now() - note.at < timedelta(minutes=1)
    shown = mara.get(address(case)).content.decode()
    assert "Ask &lt;b&gt;Joris&lt;/b&gt; first." in shown
    assert 'href="https://tracker.example/PAY-1"' in shown
    assert "The note is kept." in shown
    fields = form_of(page(mara, case), address(case, "note")).fields
    assert fields["owner"] == "Ada"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "ftp://tracker.example/1",
        "//tracker.example/1",
        "tracker.example/1",
        "https://",
    ],
)
def test_an_issue_link_is_a_web_address_or_nothing(mara, case, url):
    answer = mara.post(address(case, "note"), {"owner": "Ada", "issue_url": url})
    assert answer.status_code == 200
    shown = text_of(answer)
    assert "begins with http:// or https://" in shown
    # What was typed is still there to be mended.
    assert form_of(shown, address(case, "note")).fields["owner"] == "Ada"
    assert not CaseNote.objects.exists()


def test_an_address_that_the_form_would_refuse_is_never_a_link(mara, case):
    notes.write_note(case, owner="", issue_url="javascript:alert(1)", text="", by="x")
    assert 'href="javascript' not in page(mara, case)


def test_an_emptied_note_is_gone(mara, case):
    mara.post(address(case, "note"), {"owner": "Ada"})
    mara.post(address(case, "note"), {"owner": " ", "issue_url": "", "text": ""})
    assert not CaseNote.objects.exists()
    assert "The note is gone." in page(mara, case)


def test_a_mute_changes_how_a_test_is_shown_and_no_number(mara, case):
    filters = Filters(now=factories.NOW)
    before = summary(filters), failing_cases(filters)
    mara.post(address(case, "mute"), {"until": a_day(3), "reason": "Bank is down"})
    assert (summary(filters), failing_cases(filters)) == before
    assert pass_rate(summary(filters).now.counts).n == 5
    shown = page(mara, case)
    assert "Muted until" in shown
    assert "Bank is down" in shown
    assert "It counts in every number as before." in shown
    mute = Mute.objects.get()
    assert (mute.by, timezone.localtime(mute.until).time().isoformat()) == (
        "mara",
        "00:00:00",
    )


def test_a_mute_is_over_at_its_time(mara, case):
    notes.mute(case, until=clock.now(), reason="", by="mara")
    assert notes_of([case.pk]) == {}
    assert "muted-tag" not in text_of(mara.get("/cases/"))
    assert "Muted until" not in page(mara, case).replace("Muted until</label>", "")
    later = clock.now() - timedelta(minutes=1)
    assert notes_of([case.pk], later)[case.pk].is_muted


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"until": a_day(0), "reason": "x"}, "Choose a day to come."),
        ({"until": a_day(-3), "reason": "x"}, "Choose a day to come."),
        ({"until": a_day(400), "reason": "x"}, "Choose a day within a year"),
        ({"until": "soon", "reason": "x"}, "Enter a valid date."),
        ({"reason": "x"}, "Say until which day."),
        ({"until": a_day(2), "reason": " "}, "Say why"),
    ],
)
def test_a_mute_without_a_day_to_come_or_a_reason_is_refused(
    mara, case, fields, problem
):
    answer = mara.post(address(case, "mute"), fields)
    assert answer.status_code == 200
    assert problem in text_of(answer)
    assert not Mute.objects.exists()


def test_a_mute_can_be_ended(mara, case):
    mara.post(address(case, "mute"), {"until": a_day(3), "reason": "x"})
    back = f"{address(case)}?window=90d"
    answer = mara.post(address(case, "unmute"), {"back": back})
    assert answer.url == back
    assert not Mute.objects.exists()


def test_what_is_written_leads_back_to_what_was_asked(mara, case):
    asked = f"{address(case)}?window=90d"
    assert f'name="back" value="{asked}"' in mara.get(asked).content.decode()
    for act, fields in (
        ("note", {"text": "known"}),
        ("mute", {"until": a_day(3), "reason": "known"}),
    ):
        answer = mara.post(address(case, act), {"back": asked, **fields})
        assert answer.url == asked
        # A form that comes back stands on the same page.
        refused = mara.post(
            address(case, act), {"back": asked, "issue_url": "no", "until": "no"}
        )
        assert refused.status_code == 200
        html = refused.content.decode()
        assert f'name="back" value="{asked}"' in html


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/runs/"])
def test_an_act_leads_back_to_its_own_test_only(mara, case, back):
    answer = mara.post(address(case, "unmute"), {"back": back})
    assert answer.url == address(case)


@pytest.mark.parametrize("act", ACTS)
def test_a_reader_is_led_to_log_in_and_changes_nothing(client, case, act):
    person()
    other = factories.make_case(factories.make_project(), "Pay by card")
    fields = {"case": other.pk, "until": a_day(2), "reason": "x", "owner": "Eve"}
    answer = client.post(address(case, act), fields)
    assert (answer.status_code, answer.url) == (302, "/login/?next=/")
    assert not any(
        model.objects.exists() for model in (CaseNote, Mute, CaseGroup, OtherCase)
    )
    assert client.get(address(case, act)).status_code == 405


def test_a_reader_sees_no_form_but_the_way_to_log_in(client, case):
    notes.write_note(case, owner="Ada", issue_url="", text="Known.", by="mara")
    shown = text_of(client.get(f"{address(case)}?window=90d"))
    assert "<form" not in shown.partition('id="remarks"')[2].partition("</main>")[0]
    assert f'href="/login/?next=%2Fcases%2F{case.pk}%2F%3Fwindow%3D90d"' in shown
    assert "Known." not in shown


def test_the_owner_of_the_note_is_the_owner_in_the_api(client, case):
    client.force_login(person("eve"))
    notes.write_note(case, owner="Ada", issue_url="", text="", by="mara")
    assert client.get(f"/api/v1/cases/{case.pk}/").json()["owner"] == "Ada"
    listed = client.get("/api/v1/cases/").json()["results"]
    assert [row["owner"] for row in listed] == ["Ada"]


def test_remarks_of_many_cases_take_one_query(case):
    cases = [factories.make_case(case.project, f"case {n}") for n in range(20)]
    until = clock.now() + timedelta(days=1)
    for number, one in enumerate(cases):
        if number % 2:
            notes.mute(one, until=until, reason="", by="joris")
        if number % 3 == 0:
            notes.write_note(one, owner=f"o{number}", issue_url="", text="", by="mara")
    with CaptureQueriesContext(connection) as asked:
        found = notes_of([one.pk for one in cases])
    assert len(asked) == 1
    assert {one for one in found if found[one].is_muted} == {
        one.pk for one in cases[1::2]
    }
    assert {found[pk].owner for pk in found} == {
        "",
        *(f"o{n}" for n in range(0, 20, 3)),
    }
    for one in Case.objects.select_related(*WITH_REMARKS):
        kept = remarks_of(one, clock.now())
        assert kept == found.get(one.pk, kept)
        assert bool(kept.note or kept.mute) == (one.pk in found)


def test_a_test_is_linked_by_its_address_and_unlinked(mara, case):
    other = factories.make_case(factories.make_project(), "By card")
    link = address(case, "link")
    mara.post(link, {"case": f"http://testserver/cases/{other.pk}/?window=7d"})
    assert {m.case for m in GroupedCase.objects.all()} == {case, other}
    assert "Linked to By card." in page(mara, case)
    mara.post(address(case, "unlink"), {"case": other.pk})
    assert not GroupedCase.objects.exists()


@pytest.mark.parametrize("text", ["", "x", "/cases/999999/", "-1", "9" * 30])
def test_a_link_to_no_test_says_what_to_give(mara, case, text):
    mara.post(address(case, "link"), {"case": text})
    assert "Give the address or the number of a test" in page(mara, case)


def test_a_link_that_cannot_be_says_why(mara, case):
    mara.post(address(case, "link"), {"case": case.pk})
    assert "A test cannot be linked to itself." in page(mara, case)


def test_a_test_told_apart_is_not_offered_until_it_is_asked_again(mara, case):
    other = factories.make_case(factories.make_project(name="iOS"), case.name)
    offered = page(mara, case).partition("May be the same")[2]
    assert "100% match" in offered
    mara.post(address(case, "apart"), {"case": other.pk})
    shown = page(mara, case)
    assert "May be the same" not in shown
    assert "1 told apart" in shown
    mara.post(address(case, "again"), {"case": other.pk})
    assert "May be the same" in page(mara, case)


@pytest.mark.parametrize("path", ["/cases/", "/cases/?view=failing", "/flaky/"])
def test_lists_of_tests_name_the_owner_to_those_who_are_signed_in(path, mara):
    # Flaky, and failing in the end.
    factories.make_history(factories.make_project(), "PFPFPFPFF")
    case = Case.objects.get(name="case 1")
    notes.write_note(case, owner="Ida <b>", issue_url="", text="", by="mara")
    seen = text_of(mara.get(path))
    assert "case 1" in seen
    assert 'title="Owner: Ida <b>"' in seen
    assert "Ida" not in text_of(Client().get(path))
