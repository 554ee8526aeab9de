"""A page is made once for all who see the same, and never shown to anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from time import monotonic
from unittest.mock import patch

import pytest
import redis
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from dashboard import crowding, unchanged
from dashboard.annotations.saved_views import Owner, save_view
from dashboard.models import CaseNote, Team
from dashboard.precomputed.cached import READ
from dashboard.readers import Role
from dashboard.ui import kept_pages
from ingest.models import Case, Run
from tests import clock, factories
from tests.dashboard.page_reader import logged_in, person
from tests.services import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
PAGES = ("/", "/flaky/", "/runs/", "/standup/", "/failures/", "/cases/", "/milestones/")
# Session, person, role, scope, version, own views, and limits set and taken back.
QUERIES_OF_A_KEPT_PAGE = 12


@pytest.fixture
def run() -> Run:
    run = factories.make_run(factories.make_project(), source="backend")
    factories.make_results(run, "PF", cases=["pays", "ships"])
    return run


def text_of(answer: HttpResponse) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def token_of(page: str) -> dict[str, str]:
    found = LexborHTMLParser(page).css_first("input[name=csrfmiddlewaretoken]")
    assert found is not None
    return {"csrfmiddlewaretoken": found.attributes["value"] or ""}


@contextmanager
def kept() -> Iterator[None]:
    """Within it pages are answered from what is kept."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        yield
    assert len(asked) <= QUERIES_OF_A_KEPT_PAGE


@contextmanager
def made_anew() -> Iterator[None]:
    # What a process knows of the tables anyway would be asked for less often.
    unchanged.forget()
    READ.clear()
    with CaptureQueriesContext(connection) as asked:
        yield
    assert len(asked) > QUERIES_OF_A_KEPT_PAGE


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_made_once_for_all_who_see_the_same(run: Run, page: str) -> None:
    mara, ole = logged_in(person("mara")), logged_in(person("ole <b>"))
    text = text_of(mara.get(page))
    with kept():
        other = text_of(ole.get(page))
    assert "mara" in text
    assert "mara" not in other
    assert "ole &lt;b&gt;" in other
    with kept():
        assert "mara" in text_of(mara.get(page))


def test_the_token_of_each_opens_their_forms(run: Run) -> None:
    mara, ole = (Client(enforce_csrf_checks=True) for _ in range(2))
    mara.force_login(person("mara"))
    ole.force_login(person("ole"))
    text_of(mara.get("/flaky/"))
    with kept():
        page = text_of(ole.get("/flaky/"))
    form = token_of(page)
    ole.post("/logout/", form)
    assert "_auth_user_id" not in ole.session


def test_the_token_of_one_is_not_the_token_of_another(run: Run) -> None:
    mara, ole = (Client(enforce_csrf_checks=True) for _ in range(2))
    mara.force_login(person("mara"))
    ole.force_login(person("ole"))
    form = token_of(text_of(mara.get("/flaky/")))
    text_of(ole.get("/flaky/"))
    assert ole.post("/logout/", form).status_code == 403


def test_any_change_makes_a_page_anew(run: Run) -> None:
    mara = logged_in(person())
    path = f"/cases/{Case.objects.get(name='ships').pk}/"
    text_of(mara.get(path))
    CaseNote.objects.create(
        case=Case.objects.get(name="ships"), text="the dock is shut"
    )
    with made_anew():
        assert "the dock is shut" in text_of(mara.get(path))


def test_the_next_minute_makes_a_page_anew(run: Run) -> None:
    mara = logged_in(person())
    text_of(mara.get("/"))
    with clock.stopped(clock.now() + timedelta(minutes=1)), made_anew():
        text_of(mara.get("/"))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_other_rights_are_another_page(run: Run, role: Role) -> None:
    path = f"/runs/{run.pk}/"
    text_of(logged_in(person("mara")).get(path))
    other = logged_in(person("ole", role=role, is_superuser=role is Role.ADMIN))
    with made_anew():
        text_of(other.get(path))


def test_what_is_hidden_from_one_is_not_shown_by_the_page_of_another(run: Run) -> None:
    mara, ole = person("mara"), person("ole")
    team = Team.objects.create(name="Pilots")
    team.members.add(mara)
    team.projects.add(
        factories.make_run(factories.make_project(name="Rockets")).project
    )
    assert "Rockets" in text_of(logged_in(mara).get("/runs/"))
    assert "Rockets" not in text_of(logged_in(ole).get("/runs/"))


def test_ones_own_views_stand_on_ones_own_page_alone(run: Run) -> None:
    mara, ole = person("mara"), person("ole")
    save_view(Owner(kind="user", id=mara.pk), "Mine alone", path="/runs/", query="")
    assert "Mine alone" in text_of(logged_in(mara).get("/flaky/"))
    with made_anew():
        assert "Mine alone" not in text_of(logged_in(ole).get("/flaky/"))


def test_a_message_is_shown_to_one_and_once(run: Run) -> None:
    mara, ole = logged_in(person("mara")), logged_in(person("ole"))
    path = f"/runs/{run.pk}/"
    mara.post(
        f"/runs/{run.pk}/judge/", {"verdict": "excluded", "reason": "a fire drill"}
    )
    told, again, other = (text_of(one.get(path)) for one in (mara, mara, ole))
    assert told.count("toast") > again.count("toast") == other.count("toast")


def test_a_page_of_which_a_part_failed_is_not_kept(run: Run) -> None:
    mara = logged_in(person())
    where = "dashboard.ui.sidebar.cached"
    with patch(where, side_effect=DatabaseError("too long")):
        text_of(mara.get("/runs/"))
    with made_anew():
        text_of(mara.get("/runs/"))


def test_a_theme_and_a_part_are_other_answers(run: Run) -> None:
    mara = logged_in(person())
    text_of(mara.get("/"))
    with made_anew():
        assert 'data-theme="dark"' in text_of(mara.get("/?theme=dark"))
    part = text_of(
        mara.get("/", headers={"HX-Request": "true", "HX-Target": "freshness"})
    )
    assert "<html" not in part
    with kept():
        assert "<html" in text_of(mara.get("/"))


def test_who_has_the_page_is_told_so(run: Run) -> None:
    mara, ole = logged_in(person("mara")), logged_in(person("ole"))
    first = mara.get("/")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "HX-Request"} <= {*first.headers["Vary"].split(", ")}
    known = {"If-None-Match": mara.get("/").headers["ETag"]}
    assert mara.get("/", headers=known).status_code == 304
    assert ole.get("/", headers=known).status_code == 200
    Case.objects.update(name="another")
    assert mara.get("/", headers=known).status_code == 200


def test_pages_are_made_without_the_cache(run: Run) -> None:
    mara = logged_in(person())
    with (
        patch.object(cache, "get", side_effect=redis.RedisError),
        patch.object(cache, "set", side_effect=redis.RedisError),
    ):
        assert "mara" in text_of(mara.get("/runs/"))


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are having pages made all the time."""
    monkeypatch.setattr(crowding, "_pages", crowding.CROWD)


def rename(name: str) -> None:
    Case.objects.filter(name__startswith="pays").update(name=name)


@pytest.mark.usefixtures("crowd")
def test_one_of_a_crowd_reads_what_was_so_some_seconds_ago(run: Run) -> None:
    mara, ole = logged_in(person("mara")), logged_in(person("ole"))
    first = mara.get("/cases/")
    rename("pays twice")
    late = ole.get("/cases/")
    assert "pays twice" not in text_of(late)
    assert "ole" in text_of(late)
    assert 0 <= int(late.headers["Age"]) <= crowding.GOOD_FOR_S
    known = {"If-None-Match": first.headers["ETag"]}
    assert mara.get("/cases/", headers=known).status_code == 304


def test_who_is_alone_reads_what_is_so(run: Run) -> None:
    mara = logged_in(person())
    text_of(mara.get("/cases/"))
    rename("pays twice")
    answer = mara.get("/cases/")
    assert "pays twice" in text_of(answer)
    assert "Age" not in answer.headers


@pytest.mark.usefixtures("crowd")
def test_no_crowd_keeps_from_anybody_what_they_wrote(run: Run) -> None:
    mara = logged_in(person())
    path = f"/cases/{Case.objects.get(name='ships').pk}/"
    text_of(mara.get(path))
    mara.post(f"{path}note/", {"text": "the dock is shut"})
    # The first shows a message, too.
    assert all("the dock is shut" in text_of(mara.get(path)) for _ in range(2))


@pytest.mark.usefixtures("crowd")
def test_a_crowd_gets_nothing_older_than_that(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_pages, "GOOD_FOR_S", 1)
    mara = logged_in(person())
    text_of(mara.get("/cases/"))
    rename("pays twice")
    wait_for(
        lambda: "pays twice" in text_of(mara.get("/cases/")), "the new name", limit_s=20
    )


@pytest.mark.usefixtures("crowd")
def test_what_is_hidden_since_is_hidden_from_a_crowd(run: Run) -> None:
    ole = person("ole")
    pilots = Team.objects.create(name="Pilots")
    pilots.projects.add(run.project)
    pilots.members.add(ole)
    path = f"/runs/{run.pk}/"
    text_of(logged_in(ole).get(path))
    pilots.members.clear()
    assert logged_in(ole).get(path).status_code == 404


def failing_in(page: str) -> int:
    """The number beside the project in the sidebar."""
    found = LexborHTMLParser(page).css_first('nav[aria-label="Projects"] .cnt')
    assert found is not None
    return int(found.text())


def test_a_late_number_beside_a_page_is_not_kept_as_if_it_were_true(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    mara, ole = logged_in(person("mara")), logged_in(person("ole"))
    with monkeypatch.context() as patch:
        patch.setattr(crowding, "_pages", crowding.CROWD)
        assert failing_in(text_of(mara.get("/runs/"))) == 1
        factories.make_results(run, "F", cases=["packs"])
        assert failing_in(text_of(mara.get("/cases/"))) == 1
    assert failing_in(text_of(ole.get("/cases/"))) == 2


def test_in_a_flood_of_changes_only_the_numbers_beside_a_page_are_late(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "FLOOD", 10)
    mara, ole = logged_in(person("mara")), logged_in(person("ole"))
    assert failing_in(text_of(mara.get("/cases/"))) == 1
    factories.make_results(run, "F", cases=["packs"])
    assert failing_in(text_of(mara.get("/cases/"))) == 2
    for number in range(10):
        rename(f"pays {number}")
    factories.make_results(run, "F", cases=["loads"])
    answer = mara.get("/cases/")
    assert failing_in(text_of(answer)) == 2
    assert "pays 9" in text_of(answer)
    assert "Age" not in answer.headers
    # Of the same data it is made once, all the same.
    assert "Age" in mara.get("/cases/").headers
    with crowding.in_the_making():
        rename("pays at last")
        assert "pays 9" in text_of(answer := mara.get("/cases/"))
        assert "Age" in answer.headers
    # Who wrote something finds it everywhere.
    ole.post(f"/cases/{Case.objects.get(name='ships').pk}/note/", {"text": "shut"})
    assert failing_in(text_of(ole.get("/cases/"))) == 3


def test_a_page_that_waited_is_answered_with_what_was_made_meanwhile(run: Run) -> None:
    mara = logged_in(person())
    with ExitStack() as others:
        for _ in range(crowding.MOST_AT_ONCE):
            others.enter_context(crowding.in_the_making())
        begun = monotonic()
        # Those before it take too long: it is made beside them.
        text_of(mara.get("/runs/"))
    assert monotonic() - begun >= crowding.LONGEST_WAIT_S
    assert crowding._pages == 0
