"""Links keep the question: the numbers of a row are those of the page that it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser, LexborNode

from dashboard.annotations import same_tests
from dashboard.models import ProjectChoice
from ingest.models import Project
from ingest.models.results import ORDINALS
from tests import clock, factories
from tests.dashboard.number_links import html_of
from tests.dashboard.shared import stored_once
from tests.dashboard.world import ago

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
Get = Callable[[str], str]

QUESTIONS = [
    "window=7d",
    "window=90d",
    "window=90d&branch=feature",
    "window=90d&configuration=Firefox",
    "window=90d&default_branch=0",
    f"since={ago(days=75):%Y-%m-%d}&until={ago(days=20):%Y-%m-%d}",
]


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture(scope="module")
def kept_shop(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Project]:
    with stored_once(request, django_db_blocker, draw_shop) as shop:
        yield shop


@pytest.fixture
def shop(kept_shop: Project, empty_redis: None) -> Project:
    return deepcopy(kept_shop)


@pytest.fixture
def get(client: Client) -> Get:
    return lambda path: html_of(client, path)


@pytest.fixture(scope="module")
def kept_pages() -> dict[str, str]:
    return {}


@pytest.fixture
def seen(get: Get, shop: Project, kept_pages: dict[str, str]) -> Get:
    """Pages of the shop as it was drawn, for tests that add nothing to it: many rows
    lead to the same ones, and each is asked for once.
    """

    def page(path: str) -> str:
        if path not in kept_pages:
            kept_pages[path] = get(path)
        return kept_pages[path]

    return page


def draw_shop() -> Project:
    """Eighty days on two branches in two configurations, each with outcomes of its own:
    what flaked two months ago is steady since, and what fails now did not then.
    """
    shop = factories.make_project(factories.make_connection("Testmo"), name="Web shop")
    ProjectChoice.objects.create(project=shop, default_branch="main", by="mara")
    for back in range(80):
        for branch, configuration in (("main", "Chrome"), ("feature", "Firefox")):
            is_feature = branch == "feature"
            run = factories.make_run(
                shop,
                branch=branch,
                configuration=configuration,
                started_at=ago(days=back, hours=1 + is_feature),
                status="failed",
            )
            factories.make_results(
                run,
                "".join(
                    "F" if fails else "P"
                    for fails in (
                        back > 40 and back % 4 == 0,
                        back % (5 if is_feature else 7) == 3,
                        back < (3 if is_feature else 12) or back > 70,
                        is_feature and back % 9 == 1,
                        False,
                    )
                ),
                cases=["pays", "logs in", "ships", "searches", "prints"],
                duration_ms=1000 + 10 * back + 500 * is_feature,
            )
    return shop


# What a row of each list says of a test or a project that its page says too.
SAID = {
    "/flaky/": {"rate", "time_lost_ms"},
    "/cases/": {"results"},
    "/cases/?view=failing": {"results"},
    "/cases/?view=slow": {"p50_ms"},
    "/": {"pass_rate", "failing_now", "flaky", "time_lost_ms"},
}


@pytest.mark.parametrize("query", QUESTIONS)
@pytest.mark.parametrize("page", SAID)
def test_the_page_behind_a_row_says_the_numbers_of_the_row(seen, page, query):
    for row in rows_of_page(seen, asked(page, query)):
        target = main_of(seen, link_of(row))
        said, there = values_of(row), values_of(target)
        assert SAID[page] <= said.keys()
        for metric in SAID[page]:
            assert said[metric][0] in there.get(metric, []), (link_of(row), metric)


@pytest.mark.parametrize("query", QUESTIONS)
def test_a_test_that_fails_has_failed_as_long_on_its_page(seen, query):
    for row in rows_of_page(seen, asked("/cases/?view=failing", query)):
        found = re.search(r"([\d,]+) results? in a row", row.html or "")
        assert found
        assert f"Failing for {found[1]} run" in main_of(seen, link_of(row)).text()


@pytest.mark.parametrize("query", QUESTIONS)
def test_the_page_of_a_run_counts_what_its_row_counts(seen, query):
    for row in rows_of_page(seen, asked("/runs/", query))[:3]:
        assert "?" not in link_of(row)
        said, there = values_of(row), values_of(main_of(seen, link_of(row)))
        not_passed = there.get("failed", ["0"])[0]
        assert said["not_passed"] == [not_passed]
        assert said["total"] == [str(int(not_passed) + int(there["passed"][0]))]


def test_flaky_rows_lead_to_pages_of_tests_that_are_flaky(seen):
    rows = rows_of_page(seen, "/flaky/?window=90d&default_branch=0")
    assert {name_of(row) for row in rows} >= {"pays", "logs in"}
    for row in rows:
        assert "Flaky, score" in main_of(seen, link_of(row)).text()


def test_a_list_of_all_time_keeps_its_branches(seen):
    """Lists hold runs of every branch, metrics those of the default one."""
    hrefs = {link_of(row) for row in rows_of_page(seen, "/cases/")}
    assert all(href.endswith("/?default_branch=0") for href in hrefs)


def test_links_between_pages_of_one_question_go_on_with_it(seen, shop):
    query = "configuration=Firefox&branch=feature&window=90d"
    case = link_of(rows_of_page(seen, f"/flaky/?{query}")[0])
    ours = f"/projects/{shop.pk}/?{query}"
    assert case.endswith(f"/?{query}")
    assert ours in hrefs_in(main_of(seen, case))
    assert case in hrefs_in(main_of(seen, ours))


def test_what_the_page_is_about_is_no_filter_of_others(seen, shop):
    case = link_of(rows_of_page(seen, "/flaky/?window=90d")[0])
    projects = [h for h in hrefs_in(main_of(seen, case)) if "/projects/" in h]
    assert projects == [f"/projects/{shop.pk}/?window=90d"]


def test_the_sidebar_asks_for_what_its_numbers_are_of(seen, shop):
    tree = LexborHTMLParser(seen("/flaky/?window=90d"))
    project = tree.css_first("a.nav.project")
    assert project
    assert project.attrs["href"] == f"/projects/{shop.pk}/"


def test_a_stand_up_leads_to_the_series_that_it_tells_of(seen):
    """What began in a day has a page of 30, which ends where the stand-up does."""
    since, until = f"{ago(days=20):%Y-%m-%d}", f"{ago(days=5):%Y-%m-%d}"
    query = f"since={since}&until={until}"
    rows = rows_of_page(seen, f"/cases/?view=newly-failing&{query}")
    items = hrefs_in(main_of(seen, f"/standup/?{query}"))
    assert rows
    for row in rows:
        assert link_of(row).endswith(f"?{urlencode({'until': until})}")
        assert link_of(row) in items
        assert "Failing for" in main_of(seen, link_of(row)).text()


@pytest.mark.parametrize(
    ("run", "query"),
    [
        ({"branch": "main"}, ""),
        ({"branch": "feature"}, "?branch=feature"),
        ({"branch": ""}, "?default_branch=0"),
        (
            {"branch": "main", "started_at": ago(days=60)},
            f"?until={ago(days=58):%Y-%m-%d}",
        ),
    ],
)
def test_the_tests_of_a_run_lead_to_where_the_run_counts(get, shop, run, query):
    one = factories.make_run(shop, configuration="Chrome", **run)
    factories.make_results(one, "F", cases=["pays"])
    [row] = rows_of_page(get, f"/runs/{one.pk}/")
    assert link_of(row) == f"/results/{one.pk * ORDINALS}/"
    # From the row, and from the page of its result.
    (test,) = {
        href
        for place in (row, main_of(get, link_of(row)))
        for href in hrefs_in(place)
        if href.startswith("/cases/")
    }
    assert test.endswith(f"/{query}")
    assert link_of(row) in hrefs_in(main_of(get, test))


def test_the_same_test_elsewhere_is_asked_for_its_own_time_alone(get, shop):
    """Names of configurations and branches are each tool's own."""
    other = factories.make_project(factories.make_connection(), name="Portal")
    factories.make_history(other, "PPP", case="pays", every=timedelta(days=20))
    twin = factories.make_case(other, "pays")
    case = factories.make_case(shop, "pays")
    same_tests.link(case, twin, by="mara")
    query = "configuration=Chrome&branch=main&window=90d"
    main = main_of(get, f"/cases/{case.pk}/?{query}")
    assert f"/cases/{twin.pk}/?window=90d&default_branch=0" in hrefs_in(main)


@pytest.mark.parametrize("page", ["/", "/flaky/", "/runs/", "/cases/"])
@pytest.mark.parametrize("query", ["", "window=14d&branch=feature"])
def test_a_link_of_this_moment_says_later_what_it_says_now(get, shop, page, query):
    address = asked(page, query)
    [moment] = links_to_copy(get, address)
    now = [name_of(row) for row in rows_of_page(get, address)]
    with clock.stopped(clock.now() + timedelta(days=30)):
        run = factories.make_run(shop, branch="main", started_at=clock.now() - HOUR)
        factories.make_results(run, "FF", cases=["newest", "prints"])
        later = [values_of(row) for row in rows_of_page(get, moment)]
        assert [name_of(row) for row in rows_of_page(get, moment)] == now
        assert links_to_copy(get, moment) == []
    assert [values_of(row) for row in rows_of_page(get, moment)] == later


def test_a_run_is_of_its_own_moment(get, shop):
    run = factories.make_run(shop)
    assert links_to_copy(get, f"/runs/{run.pk}/") == []


def links_to_copy(get: Get, path: str) -> list[str]:
    """The fixed addresses that the page offers beside its own."""
    found = LexborHTMLParser(get(path)).css("#pick-link a[data-copy]")
    return [link.attrs["href"] or "" for link in found]


def asked(page: str, query: str) -> str:
    return f"{page}{'&' if '?' in page else '?'}{query}"


def main_of(get: Get, path: str) -> LexborNode:
    """The page without the sidebar, whose numbers are of 30 days on every page."""
    main = LexborHTMLParser(get(path)).css_first("main")
    assert main
    return main


def rows_of_page(get: Get, path: str) -> list[LexborNode]:
    return main_of(get, path).css("tr[data-row]")


def link_of(row: LexborNode) -> str:
    link = row.css_first("a.nm")
    assert link
    return link.attrs["href"] or ""


def name_of(row: LexborNode) -> str:
    link = row.css_first("a.nm")
    assert link
    return link.text().strip()


def values_of(node: LexborNode) -> dict[str, list[str | None]]:
    """The unrounded numbers of a part of a page, by metric."""
    found: dict[str, list[str | None]] = {}
    for number in node.css("[data-metric]"):
        metric = number.attrs["data-metric"] or ""
        found.setdefault(metric, []).append(number.attrs["data-value"])
    return found


def hrefs_in(node: LexborNode) -> list[str]:
    return [link.attrs["href"] or "" for link in node.css("a[href]")]
