"""How a link to a share unfolds: with the number that its page prints."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from dashboard.models import Share
from dashboard.ui.public_pictures import DRAWN_KEPT_S, MOST_A_MINUTE, count_key
from ingest.models import Connection, Project, Run
from tests import clock, factories
from tests.dashboard.page_reader import person
from tests.dashboard.shares.parts import shared, visited
from tests.dashboard.world import World
from tests.factories import NOW

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n"


def metas(page: LexborHTMLParser) -> dict[str, str]:
    """The lines of the head that chats read."""
    nodes = page.css("meta[property], meta[name]")
    found = {}
    for node in nodes:
        given = node.attributes
        name = given.get("property") or given["name"] or ""
        found[name] = given["content"] or ""
    return found


def unfolded(path: str) -> str:
    return all_unfolded(path)["og:title"]


def all_unfolded(path: str) -> dict[str, str]:
    page = visited(path)
    assert page.status_code == 200, path
    return metas(LexborHTMLParser(page.content.decode()))


def test_a_link_unfolds_with_the_number_of_its_page(world: World) -> None:
    mara, run = person(), world.newest.pk
    # Where the page prints the number.
    printed = {
        "/": '[data-metric="pass_rate"]',
        f"/projects/{world.shop.pk}/": '[data-metric="pass_rate"]',
        f"/runs/?project={world.shop.pk}": "[data-count]",
        "/results/?status=failed": "[data-count]",
        "/flaky/": "[data-count]",
        f"/runs/{run}/": "",
        f"/milestones/{world.release.pk}/": "",
    }
    for path, place in printed.items():
        root = shared(mara, path)
        page = LexborHTMLParser(visited(root).content.decode())
        said = metas(page)
        title = said["og:title"]
        assert ":" in title, path
        if place:
            number = page.css_first(f".main {place}").text(strip=True)
            assert number.rstrip("%") in title, (path, title, number)
        assert said["twitter:card"] == "summary_large_image"
        assert said["og:image"] == f"http://testserver{root}/og.png"
        picture = visited(f"{root}/og.png")
        assert picture.headers["Content-Type"] == "image/png"
        assert picture.content.startswith(PNG)
        assert picture.headers["X-Robots-Tag"] == "noindex"
        # Some chats show it from here, and nothing else of a share.
        other = "Cross-Origin-Resource-Policy"
        assert picture.headers[other] == "cross-origin"
        assert visited(root).headers[other] == "same-origin"


def test_what_a_page_calls_itself_is_no_markup_of_a_chat(world: World) -> None:
    world.shop.name = '"><script>alert(1)</script>'
    world.shop.save()
    root = shared(person(), f"/projects/{world.shop.pk}/")
    page = LexborHTMLParser(visited(root).content.decode())
    assert metas(page)["og:title"].startswith(world.shop.name)
    assert "alert" not in "".join(node.text() for node in page.css("script"))


def test_other_pages_under_the_token_do_not_unfold(world: World) -> None:
    root = shared(person(), "/runs/")
    inner = visited(f"{root}/runs/{world.newest.pk}/")
    said = metas(LexborHTMLParser(inner.content.decode()))
    assert said["robots"] == "noindex"
    assert "og:title" not in said


def test_no_row_more_is_counted_for_whoever_leaves_out_what_it_was_made_with(
    world: World,
) -> None:
    failed = Run.objects.filter(project=world.shop, status="failed")
    assert failed.count() < Run.objects.count()
    shared_path = f"/runs/?project={world.shop.pk}&status=failed"
    root = shared(person(), shared_path)
    title = unfolded(root)
    assert title == f"Runs: {failed.count()} runs"
    ways = (f"{root}/runs/", f"{root}?project=&status=", f"{root}?branch=&window=")
    assert {unfolded(way) for way in ways} == {title}
    assert unfolded(f"{root}?window=1d") == "Runs: 1 run"


def test_a_pinned_list_has_the_rows_of_the_page(world: World) -> None:
    """Those too that lie ahead, and those that never ran."""
    for model in (Connection, Project):
        # They are always made now.
        model.objects.update(created_at=NOW)
    factories.make_milestone(world.shop, "v99.1", due_at=NOW + timedelta(days=90))
    factories.make_case(world.shop, "never run", declared_at=NOW)
    month = (NOW - timedelta(days=30)).date()
    for path, title in (
        ("/milestones/", "Milestones: 2 milestones"),
        (f"/milestones/?since={month}", "Milestones: 1 milestone"),
        ("/cases/?never_executed=1", "Tests: 1 test"),
        ("/cases/", ""),
        ("/cases/?view=failing", "Failing now: 5 tests"),
        ("/results/?window=7d", ""),
        ("/flaky/", ""),
    ):
        live = all_unfolded(shared(person(path), path))
        kept = all_unfolded(shared(person(f"{path} pinned"), path, pinned=True))
        assert kept["og:title"] == live["og:title"], path
        assert not title or live["og:title"] == title
        assert live["og:description"].endswith(" Always current.")
        assert re.search(r" As of [^:]*:\d\d UTC\.$", kept["og:description"])
        assert kept["og:description"].count("As of") == 1


def test_the_picture_is_drawn_once_in_half_a_minute_and_not_without_end(
    world: World,
) -> None:
    root = shared(person(), f"/results/?project={world.shop.pk}")
    picture = f"{root}/og.png"
    first = visited(picture).content
    factories.make_results(factories.make_run(world.shop), "PF")
    assert visited(picture).content == first
    minute = clock.now() + timedelta(seconds=2 * DRAWN_KEPT_S)
    with clock.stopped(minute):
        assert visited(picture).content != first
    key = count_key(f"share-{Share.objects.get().pk}", "127.0.0.1", clock.now())
    cache.set(key, MOST_A_MINUTE)
    answer = visited(picture)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert Client(REMOTE_ADDR="192.0.2.7").get(picture).content == first
