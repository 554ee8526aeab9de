"""The rows of the palette, as the browser asks for them while somebody types."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from dashboard.readers import Role
from ingest.models import Case, Run
from tests import factories
from tests.dashboard.number_links import html_of
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.world import ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara(world):
    return logged_in(person())


def groups(client, q: str = "", recent: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """The names of the rows by the title above them."""
    page = LexborHTMLParser(rows_for(client, q, recent))
    return {
        group.css_first(".palette-title").text(): [
            row.text(strip=True) for row in group.css("[role=option] .nm")
        ]
        for group in page.css("[role=group]")
    }


def rows_for(client, q: str = "", recent: tuple[str, ...] = ()) -> str:
    return html_of(client, address(q, recent), **{"HX-Request": "true"})


def address(q: str = "", recent: tuple[str, ...] = ()) -> str:
    pairs = [("q", q), *(("recent", name) for name in recent)]
    return f"/search/palette/?{urlencode(pairs)}"


def test_each_kind_is_found_with_its_state_and_leads_to_its_page(mara, world):
    run = factories.make_run(world.shop, name="Web nightly", status="failed")
    factories.make_results(run, "F", cases=["Web pays"])
    release = factories.make_milestone(world.shop, "Web 2")
    html = rows_for(mara, "web")
    found = {
        row.css_first(".nm").text(): (
            row.attrs["href"],
            row.css_first("svg.glyph").attrs["aria-label"],
        )
        for row in LexborHTMLParser(html).css("[role=option]:has(svg.glyph)")
    }
    case = Case.objects.get(name="Web pays")
    assert found == {
        "Web shop": (f"/projects/{world.shop.pk}/", "5 failing"),
        "Web pays": (f"/cases/{case.pk}/", "failed"),
        "Web nightly": (f"/runs/{run.pk}/", "failed"),
        "Web 2": (f"/milestones/{release.pk}/", "open"),
    }
    assert list(groups(mara, "web")) == [
        "Projects",
        "Tests",
        "Runs",
        "Milestones",
        "Actions",
        "Everywhere",
    ]
    assert 'href="/search/?q=web"' in html


def test_names_that_begin_with_the_words_stand_before_others(mara, world):
    names = ["a login", "relogin", "Login works", "blogins"]
    for minutes, name in enumerate(names):
        at = ago(minutes=minutes)
        factories.make_case(world.shop, name, last_seen_at=at)
    assert groups(mara, "LOGIN")["Tests"] == [
        "Login works",
        "a login",
        "relogin",
        "blogins",
    ]


def test_before_anything_is_typed_stands_what_was_opened_lately_and_where_to_go(
    mara, world
):
    case = Case.objects.get(name="log in")
    names = (
        f"cases-{case.pk}",
        f"projects-{world.core.pk}",
        f"milestones-{world.release.pk}",
        f"runs-{world.newest.pk}",
    )
    run_name = Run.objects.get(pk=world.newest.pk).name
    expected = ["log in", "Core", "v26.11", run_name]
    assert groups(mara, recent=names)["Recent"] == expected
    assert groups(mara)["Go to"][:2] == ["Overview", "Flaky tests"]
    # Gone meanwhile, never there, or written by somebody else than our own page.
    Run.objects.filter(pk=world.newest.pk).update(removed_at=ago(hours=1))
    odd = ("runs-0", "runs-99999999999999999999", "runs-²", "users-1", "'; --", "")
    assert groups(mara, recent=(names[3], *odd)) == groups(mara)


@pytest.mark.parametrize(
    "q", ["%00", "  ", "%", "_" * 300, "<b>", "'; DROP TABLE x; --", "\\", "🚀" * 200]
)
def test_whatever_is_typed_is_answered_as_text(mara, world, q):
    html = rows_for(mara, q)
    assert "<b>" not in html
    assert set(groups(mara, q)) <= {"Go to", "Everywhere"}


def test_actions_are_those_that_the_reader_may_do(client, mara, settings, world):
    settings.PUBLIC_READ = True
    ada = logged_in(person("ada", is_superuser=True))
    vic = logged_in(person("vic", Role.VIEWER))
    assert groups(ada, "connect")["Actions"] == ["Connect a tool"]
    assert groups(ada, "start portal") == groups(mara, "start portal")
    assert groups(mara, "start portal")["Actions"] == ["Start a run: Portal"]
    for reader, wanted in (
        (mara, "connect a tool"),
        (vic, "start portal"),
        (client, "start portal"),
    ):
        assert list(groups(reader, wanted)) == ["Everywhere"]
    # Words in whatever order, and other words for the same.
    assert groups(client, "tests slow")["Actions"] == ["Slowest tests"]
    assert groups(client, "dark")["Actions"] == ["Change theme"]


def test_a_stranger_is_sent_to_the_log_in_and_back_to_the_search_page(
    client, mara, world
):
    response = client.get(address("web"), headers={"HX-Request": "true"})
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["HX-Redirect"].startswith("/login/?next=/search/palette/")
    assert mara.get(address("web")).headers["Location"] == "/search/?q=web"


def test_it_asks_as_often_for_many_rows_as_for_few_and_counts_none(mara, world):
    for number in range(3):
        factories.make_run(world.shop, name=f"zebra {number}")
    factories.make_results(world.newest, "P", cases=["zebra"])

    def queries() -> list[str]:
        cache.clear()
        rows_for(mara, "zebra")
        with CaptureQueriesContext(connection) as asked:
            rows_for(mara, "zebra")
        return [query["sql"] for query in asked]

    few = queries()
    for number in range(30):
        run = factories.make_run(world.shop, name=f"zebra again {number}")
        factories.make_results(run, "P", cases=[f"zebra {number}"])
        factories.make_milestone(world.shop, f"zebra {number}")
    many = queries()
    assert len(many) <= len(few) + 1
    assert not [sql for sql in many if "COUNT(" in sql]
