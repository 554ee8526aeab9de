"""How a link to a share unfolds: with the number that its page prints."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.dashboard.page_reader import person
from tests.dashboard.shares.parts import shared, visited
from tests.dashboard.world import World

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
