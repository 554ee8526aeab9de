"""The projects that a person's pages start with, and addresses that say of which they are."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from dashboard.models import DefaultScope, Team
from ingest.models import Project
from tests.dashboard.number_links import (
    count_of,
    door_of,
    doors,
    html_of,
    words_of,
)
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.world import ago

pytestmark = pytest.mark.django_db
# Pages that have the filters, by what a colleague may have bookmarked.
FILTERED = (
    "/",
    "/runs/",
    "/results/?window=30d",
    "/cases/?view=failing",
    "/cases/?view=newly-failing",
    "/failures/",
    "/flaky/",
    "/milestones/",
    "/standup/",
)


@pytest.fixture
def mara(world):
    """Starts with the web shop alone."""
    user = person("mara")
    DefaultScope.objects.create(user=user).projects.set([world.shop])
    return logged_in(user)


@pytest.fixture
def noor(mara):
    """Starts with all projects, beside somebody who does not."""
    return logged_in(person("noor"))


def here(html: str) -> str:
    """The page's own address, which is the same for everybody."""
    return LexborHTMLParser(html).css_first("#filters").attrs["data-here"]


def projects_of(address: str) -> list[str]:
    return parse_qs(urlsplit(address).query).get("project", [])


def test_an_address_without_a_project_starts_with_ones_own(mara, noor, world):
    for path in FILTERED:
        html = html_of(mara, path)
        assert projects_of(here(html)) == [str(world.shop.pk)], path
        # Told, and one click from all of them.
        assert "Projects Mine, 1" in words_of(html, " "), path
        every = LexborHTMLParser(html).css_first("a.every").attrs["href"]
        # What is written out is the same to a colleague, either way round.
        whole = here(html_of(noor, path))
        assert (projects_of(whole), every) == (["all"], whole), path
        assert here(html_of(noor, here(html))) == here(html)
    assert not LexborHTMLParser(html_of(noor, "/")).css("a.every")


def test_an_explicit_address_always_wins(mara, world):
    core, shop = world.core.pk, world.shop.pk
    both = f"/runs/?project={shop}&project={core}"
    assert projects_of(here(html_of(mara, f"/runs/?project={core}"))) == [str(core)]
    assert here(html_of(mara, both)) == both
    assert count_of(html_of(mara, "/runs/?project=all")) > count_of(
        html_of(mara, "/runs/")
    )
    # What is of one test, milestone or tool says by that of which projects it is.
    for said in (f"milestone={world.release.pk}", "connection=QA.tech"):
        assert projects_of(here(html_of(mara, f"/runs/?{said}"))) == ["all"]


def test_a_form_in_which_no_project_is_ticked_any_more_is_of_all(mara, world):
    assert here(html_of(mara, "/runs/?project=all&project=")) == "/runs/?project=all"
    ticked = f"/runs/?project=all&project={world.core.pk}"
    assert projects_of(here(html_of(mara, ticked))) == [str(world.core.pk)]
    sent = LexborHTMLParser(html_of(mara, "/runs/")).css(
        '#filters input[type=hidden][name=project][value="all"]'
    )
    assert len(sent) == 1


@pytest.mark.parametrize("path", ["/", "/?project=all"])
def test_behind_each_number_are_its_rows_whatever_one_starts_with(mara, world, path):
    found = [
        d for d in doors(html_of(mara, path)) if d.metric in ("runs", "failing_now")
    ]
    assert len(found) >= 2
    for door in found:
        assert projects_of(door.href), door
        assert count_of(html_of(mara, door.href)) == door.value, door
    searched = door_of(html_of(mara, "/search/?q=nightly"), "runs")
    assert count_of(html_of(mara, searched.href)) == searched.value


def test_places_and_the_number_beside_them_lead_to_where_one_starts(mara, noor, world):
    def places(client) -> set[str]:
        page = LexborHTMLParser(html_of(client, "/sync/"))
        links = page.css("nav[aria-label=Places] a.nav[data-place]")
        return {link.attrs["href"] for link in links}

    mine = f"?project={world.shop.pk}"
    assert places(mara) >= {f"/{mine}", f"/runs/{mine}", f"/standup/{mine}", "/sync/"}
    assert places(noor) >= {"/?project=all", "/flaky/?project=all", "/sync/"}


def test_without_anybody_who_starts_narrowed_no_address_says_a_word(world):
    noor = logged_in(person("noor"))
    assert here(html_of(noor, "/runs/?project=all")) == "/runs/"
    assert "project=all" not in html_of(noor, "/")


def test_the_projects_of_ones_teams_follow_the_teams(world):
    user = person("mara")
    DefaultScope.objects.create(user=user, is_of_teams=True)
    mara = logged_in(user)
    assert projects_of(here(html_of(mara, "/runs/"))) == ["all"]
    team = Team.objects.create(name="Payments")
    team.members.set([user])
    team.projects.set([world.core, world.portal])
    ids = sorted([world.core.pk, world.portal.pk])
    assert projects_of(here(html_of(mara, "/runs/"))) == list(map(str, ids))


def test_a_project_that_is_hidden_or_gone_is_none_of_ones_own(mara, world):
    user = DefaultScope.objects.get().user
    user.default_scope.projects.add(world.core)
    team = Team.objects.create(name="Others")
    team.projects.set([world.core])
    only_shop = [str(world.shop.pk)]
    assert projects_of(here(html_of(mara, "/runs/"))) == only_shop
    assert "Core" not in html_of(mara, "/runs/")
    Project.objects.filter(pk=world.shop.pk).update(removed_at=ago(hours=1))
    assert projects_of(here(html_of(mara, "/runs/"))) == ["all"]
