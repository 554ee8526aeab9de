"""Acts of people beside syncs: they wait a little, then say that nothing was changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from dashboard.models import Act, CaseNote, RunJudgement
from dashboard.ui import write_action
from tests import factories
from tests.dashboard.page_reader import form_of, logged_in, person, text_of

SENTENCE = (
    "Passline is writing this project's results just now; nothing was changed. "
    "Try again."
)
BY_A_PART = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(write_action, "LONGEST_WAIT_S", 0.2)


@contextmanager
def elsewhere(statement: str, *values: object) -> Iterator[None]:
    """Another session is in the middle of a transaction."""
    params = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    given = {name: params[name] for name in names if params.get(name)}
    with psycopg.connect(**given) as other:
        other.execute(statement, values)
        yield
        other.rollback()


@pytest.mark.django_db(transaction=True)
def test_a_run_is_judged_once_the_sync_has_ended_and_not_half_before():
    run = factories.make_run(factories.make_project())
    case = factories.make_case(run.project, "Pay by card")
    mara, path = logged_in(person()), f"/runs/{run.pk}/judge/"
    said = {"verdict": "excluded", "reason": "Disk & <cable>", "expected_version": "0"}
    raising = "UPDATE ingest_project SET version = version + 1 WHERE id = %s"
    with elsewhere(raising, run.project_id):
        answer = mara.post(path, said)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert SENTENCE in text_of(answer)
        assert not RunJudgement.objects.exists()
        assert not Act.objects.exists()
        # A note changes no number, and waits for no sync.
        assert mara.post(f"/cases/{case.pk}/note/", {"text": "x"}).status_code == 302
    again = form_of(text_of(answer), path).fields
    assert again == said
    assert mara.post(path, again).status_code == 302
    assert RunJudgement.objects.get().reason == "Disk & <cable>"


@pytest.mark.django_db
def test_two_notes_of_one_test_are_written_one_after_the_other():
    case = factories.make_case(factories.make_project(), "Pay by card")
    mara, path = logged_in(person()), f"/cases/{case.pk}/note/"
    turn = "SELECT pg_advisory_xact_lock(hashtext(%s))"
    with elsewhere(turn, f"note of case {case.pk}"):
        assert mara.post(path, {"text": "Ask Jo"}).status_code == 503
    assert not CaseNote.objects.exists()
    assert mara.post(path, {"text": "Ask Jo"}).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["Ask Jo", "x" * 6000])
def test_the_short_wait_ends_with_the_act(text):
    case = factories.make_case(factories.make_project(), "Pay by card")
    logged_in(person()).post(f"/cases/{case.pk}/note/", {"text": text})
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db
def test_an_act_that_waited_in_vain_ends_its_short_wait_too():
    case = factories.make_case(factories.make_project(), "Pay by card")
    mara = logged_in(person())
    with elsewhere("LOCK TABLE dashboard_mute IN ACCESS EXCLUSIVE MODE"):
        assert mara.post(f"/cases/{case.pk}/unmute/").status_code == 503
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db(transaction=True)
def test_a_button_of_a_part_that_waited_in_vain_is_told_of_on_the_whole_page():
    row, mara = factories.make_connection(), logged_in(person())
    held = "SELECT FROM ingest_connection WHERE id = %s FOR UPDATE"
    with elsewhere(held, row.pk):
        answer = mara.post(f"/sync/{row.pk}/pause/", headers=BY_A_PART)
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (503, "true")
    assert SENTENCE in text_of(mara.get("/sync/"))
