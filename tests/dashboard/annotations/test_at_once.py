"""Two people at once: nobody overwrites what somebody else said without seeing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from dashboard.annotations import notes, projects, runs
from dashboard.annotations.audit_log import ChangedMeanwhile, based_on
from dashboard.models import (
    Act,
    ActKind,
    CaseNote,
    Mute,
    ProjectChoice,
    RunJudgement,
)
from ingest.models import Configuration
from tests import clock, factories
from tests.dashboard.page_reader import form_of, logged_in, person, text_of

MERE_SECOND = "after you opened it."


@pytest.fixture
def shop(db):
    return factories.make_project(name="Shop")


@pytest.fixture
def case(shop):
    return factories.make_case(shop, "Pay by card")


@pytest.fixture
def joris(db):
    return logged_in(person("joris"))


def fields_of(client: Client, page: str, action: str) -> dict[str, Any]:
    return form_of(text_of(client.get(page)), action).fields


def sent(client: Client, path: str, fields: Mapping[str, Any]) -> str:
    """What is answered to a form that somebody else's word came before."""
    answer = client.post(path, fields)
    assert answer.status_code == 409
    shown = text_of(answer)
    assert "changed this" in shown
    assert MERE_SECOND in shown
    assert "Save again to replace it." in shown
    return shown


def note(case, by: str, text: str) -> None:
    notes.write_note(case, owner="", issue_url="", text=text, by=by)


@pytest.mark.parametrize("earlier", ["", "Ask Jo"])
def test_a_note_that_somebody_changed_meanwhile_is_shown_before_it_is_replaced(
    joris, case, earlier
):
    if earlier:
        note(case, "mara", earlier)
    page, path = f"/cases/{case.pk}/", f"/cases/{case.pk}/note/"
    fields = fields_of(joris, page, path) | {"text": "Mine", "owner": "Joris"}
    note(case, "mara", "Theirs")
    shown = sent(joris, path, fields)
    at = timezone.localtime(Act.objects.latest("pk").at)
    assert f"mara changed this note at {at:%H:%M}, {MERE_SECOND}" in shown
    assert '<div class="card-b noted">Theirs</div>' in shown
    assert ">\nMine</textarea>" in shown
    again = form_of(shown, path).fields
    assert again["owner"] == "Joris"
    assert CaseNote.objects.get().text == "Theirs"
    assert joris.post(path, again | {"text": "Mine"}).status_code == 302
    assert CaseNote.objects.get().text == "Mine"
    assert Act.objects.latest("pk").before == {"text": "Theirs"}


def test_a_note_that_was_emptied_meanwhile_does_not_come_back_unseen(joris, case):
    note(case, "mara", "Ask Jo")
    path = f"/cases/{case.pk}/note/"
    fields = fields_of(joris, f"/cases/{case.pk}/", path) | {"text": "Ask Jo, please"}
    note(case, "mara", "")
    sent(joris, path, fields)
    assert not CaseNote.objects.exists()


def test_a_form_that_came_back_with_a_mistake_still_knows_what_it_was_based_on(
    joris, case
):
    path = f"/cases/{case.pk}/note/"
    fields = fields_of(joris, f"/cases/{case.pk}/", path) | {"text": "Mine"}
    note(case, "mara", "Theirs")
    wrong = joris.post(path, fields | {"issue_url": "nowhere"})
    assert wrong.status_code == 200
    sent(joris, path, form_of(text_of(wrong), path).fields | {"issue_url": ""})
    assert CaseNote.objects.get().text == "Theirs"


def test_saying_what_is_said_already_is_no_conflict(joris, case):
    path = f"/cases/{case.pk}/note/"
    fields = fields_of(joris, f"/cases/{case.pk}/", path) | {"text": "Same"}
    note(case, "mara", "Same")
    assert joris.post(path, fields).status_code == 302
    assert CaseNote.objects.get().by == "mara"


def test_ones_own_word_of_another_window_is_called_ones_own(joris, case):
    path = f"/cases/{case.pk}/note/"
    fields = fields_of(joris, f"/cases/{case.pk}/", path)
    joris.post(path, fields | {"text": "One"})
    assert "You changed this note at" in sent(joris, path, fields | {"text": "Two"})


def test_a_mute_is_neither_replaced_nor_ended_unseen(joris, case):
    day = (clock.today() + timedelta(days=3)).isoformat()
    later = clock.now() + timedelta(days=9)
    notes.mute(case, until=clock.now() + timedelta(days=5), reason="x", by="joris")
    page, path = f"/cases/{case.pk}/", f"/cases/{case.pk}/mute/"
    fields = fields_of(joris, page, path) | {"until": day, "reason": "mine"}
    end = fields_of(joris, page, f"/cases/{case.pk}/unmute/")
    notes.mute(case, until=later, reason="sandbox", by="mara")
    shown = sent(joris, path, fields)
    assert "sandbox (mara, " in " ".join(shown.split())
    assert form_of(shown, path).fields["reason"] == "mine"
    shown = sent(joris, f"/cases/{case.pk}/unmute/", end)
    assert Mute.objects.get().reason == "sandbox"
    again = form_of(shown, f"/cases/{case.pk}/unmute/").fields
    assert joris.post(f"/cases/{case.pk}/unmute/", again).status_code == 302
    assert not Mute.objects.exists()


def test_the_default_branch_that_somebody_chose_meanwhile_is_told(joris, shop):
    for branch in ("main", "next"):
        factories.make_run(shop, branch=branch)
    page, path = (
        f"/projects/{shop.pk}/settings/",
        f"/projects/{shop.pk}/settings/branch/",
    )
    fields = fields_of(joris, page, path) | {"branch": "next"}
    projects.choose_default_branch(shop, "main", by="mara")
    shown = sent(joris, path, fields)
    assert "mara changed this branch" in shown
    assert "It says main now." in shown
    again = form_of(shown, path).fields
    assert again["branch"] == "next"
    assert ProjectChoice.objects.get().default_branch == "main"
    assert joris.post(path, again).status_code == 302
    assert ProjectChoice.objects.get().default_branch == "next"


def test_what_a_configuration_counts_as_is_not_overwritten_unseen(joris, shop):
    for name in ("A", "B", "C"):
        Configuration.objects.create(project=shop, name=name)
    page, path = (
        f"/projects/{shop.pk}/settings/",
        f"/projects/{shop.pk}/settings/alias/",
    )
    rows = text_of(joris.get(page)).split("<tr data-row>")
    fields = form_of(next(row for row in rows if 'title="A"' in row), path).fields
    projects.choose_alias(shop, "A", "B", by="mara")
    shown = sent(joris, path, fields | {"alias_of": "C"})
    assert "It says B now." in shown
    row = next(row for row in shown.split("<tr data-row>") if 'title="A"' in row)
    again = form_of(row, path).fields
    assert (again["configuration"], again["alias_of"]) == ("A", "C")
    assert Configuration.objects.get(name="A").alias_of.name == "B"
    assert joris.post(path, again).status_code == 302
    assert Configuration.objects.get(name="A").alias_of.name == "C"


def test_what_somebody_said_of_a_run_meanwhile_is_not_overwritten(joris, shop):
    run = factories.make_run(shop)
    page, path = f"/runs/{run.pk}/", f"/runs/{run.pk}/judge/"
    fields = fields_of(joris, page, path) | {"reason": "Mine"}
    runs.exclude(run, reason="Disk was full", by="mara")
    shown = sent(joris, path, fields)
    assert "Disk was full. It is left out" in shown
    again = form_of(shown, path).fields
    assert (again["verdict"], again["reason"]) == ("excluded", "Mine")
    assert RunJudgement.objects.get().reason == "Disk was full"
    assert joris.post(path, again).status_code == 302
    taken_back = fields_of(joris, page, path)
    runs.exclude(run, reason="Both", by="mara")
    sent(joris, path, taken_back)
    assert RunJudgement.objects.get().reason == "Both"


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("", None),
        ("0", 0),
        ("17", 17),
        ("x", -1),
        ("-3", -1),
        ("9" * 30, -1),
        ("²", -1),
    ],
)
def test_a_form_of_ours_or_a_strangers_is_told_apart(text, known):
    assert based_on(text) == known


def both(*acts: Callable[[], object]) -> list[str]:
    """What became of acts that begin at the same moment, each on its own connection."""
    start = Barrier(len(acts))

    def one(act: Callable[[], object]) -> str:
        start.wait()
        try:
            act()
        except ChangedMeanwhile as changed:
            return f"after {changed.act.by}"
        finally:
            connection.close()
        return "kept"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(one, acts))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_the_same_moment_one_is_told():
    case = factories.make_case(factories.make_project(), "Pay by card")
    people = ("mara", "joris")

    def saving(by: str) -> Callable[[], object]:
        return lambda: notes.write_note(
            case, owner="", issue_url="", text=by, by=by, expected_version=0
        )

    became = both(*map(saving, people))
    first = CaseNote.objects.get().by
    assert became == [f"after {first}", "kept"]
    assert [act.by for act in Act.objects.filter(kind=ActKind.NOTE)] == [first]
