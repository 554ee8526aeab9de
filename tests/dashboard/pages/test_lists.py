"""The lists behind the numbers, one case, one milestone and the search, as pages."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.models.figures import MilestoneFigure
from dashboard.precomputed.failing import failing_cases
from ingest.models import Case
from tests import factories
from tests.dashboard.number_links import (
    count_of,
    doors,
    html_of,
    rows_of,
    without_rows,
    words_of,
)
from tests.dashboard.world import ago

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


def names(html: str) -> list[str]:
    return [
        unescape(name) for name in re.findall(r'class="nm[^"]*"[^>]*>([^<]*)<', html)
    ]


def link(html: str, text: str) -> str:
    found = re.search(rf'href="([^"]*)"[^>]*>{text}<', html)
    assert found, text
    return unescape(found[1])


@pytest.mark.parametrize(
    "path",
    [
        "/runs/?window=30d",
        "/results/?window=30d&final=1",
        "/cases/?window=30d",
        "/cases/?view=failing",
        "/milestones/",
    ],
)
def test_behind_each_dotted_number_of_a_list_are_exactly_its_rows(client, world, path):
    for door in doors(html_of(client, path)):
        html = html_of(client, door.href)
        behind = rows_of(html) if "/runs/" in door.href else count_of(html)
        if door.href.startswith("/runs/?"):
            behind = count_of(html)
        assert door.value == behind, door


def test_a_list_without_a_window_shows_everything(client, world):
    assert count_of(html_of(client, "/runs/")) > count_of(
        html_of(client, "/runs/?window=30d")
    )
    assert "all time" in html_of(client, "/runs/")


def test_a_cursor_of_other_filters_leads_to_the_first_page_with_a_note(client, world):
    for number in range(60):
        factories.make_run(world.shop, name=f"run {number}")
    html = html_of(client, "/runs/")
    cursor = re.search(r"cursor=([^&\"]*)", html)[1]
    other = html_of(client, f"/runs/?tool=testmo&cursor={cursor}")
    assert "The place in the list was not known" in other
    assert "1–50 of" in other
    assert "The place in the list" in html_of(client, "/runs/?cursor=nonsense")


def test_sorting_keeps_the_filters_and_turns_round_at_the_second_click(client, world):
    html = html_of(client, "/runs/?tool=testmo")
    first = link(html, "Duration")
    assert first == "/runs/?tool=testmo&sort=-duration_ms"
    assert (
        link(html_of(client, first), "Duration")
        == "/runs/?tool=testmo&sort=duration_ms"
    )


def test_searching_finds_runs_by_name_and_tests_by_name_folder_and_key(client, world):
    factories.make_run(world.shop, name="Nightly Ünïcode 🚀")
    factories.make_results(world.newest, "P", cases=["pays by card"])
    Case.objects.filter(name="pays by card").update(folder="Wallets", key="TC-77")
    assert names(html_of(client, "/runs/?q=ünïcode")) == ["Nightly Ünïcode 🚀"]
    for wanted in ("BY CARD", "wallets", "tc-77"):
        assert names(html_of(client, f"/cases/?q={wanted}")) == ["pays by card"]
        assert names(html_of(client, f"/results/?q={wanted}")) == ["pays by card"]


def test_statuses_add_up_and_go_again(client, world):
    html = html_of(client, "/results/?status=failed")
    more = "/results/?status=error&status=failed"
    assert re.search(rf'href="{re.escape(more).replace("&", "&amp;")}"', html)
    assert count_of(html_of(client, more)) > count_of(html)
    assert 'href="/results/?status=error"' in html_of(client, more)


def test_the_results_tell_what_stands_in_runs_without_rows(client, world):
    assert without_rows(html_of(client, "/results/?final=1&window=30d")) == (219, 2)
    failed = html_of(client, "/results/?status=failed&window=30d")
    assert without_rows(failed) == (6, 2)
    assert without_rows(html_of(client, "/results/?q=case")) == (0, 0)


def test_a_run_with_totals_only_never_looks_empty(client, world):
    html = html_of(client, f"/runs/?project={world.core.pk}")
    assert rows_of(html) == 3
    assert html.count("totals only") == 3
    assert "4 of" in words_of(html)


def test_the_failing_list_stands_longest_first_with_its_first_run(client, world):
    html = html_of(client, "/cases/?view=failing")
    expected = failing_cases(Filters())
    assert count_of(html) == len(expected)
    by_id = dict(Case.objects.values_list("pk", "name"))
    assert names(html) == [by_id[case.case] for case in expected]
    assert f'href="/runs/{expected[0].since_run}/"' in html
    began = html_of(client, "/cases/?view=began")
    assert names(began) == [
        by_id[case.case] for case in expected if case.since >= ago(hours=24)
    ]


def test_a_view_that_is_not_known_is_the_plain_list(client, world):
    assert names(html_of(client, "/cases/?view=odd")) == names(
        html_of(client, "/cases/")
    )


def test_a_milestone_shows_its_runs(client, world):
    html = html_of(client, f"/milestones/{world.release.pk}/")
    assert ">v26.11</h1>" in html
    assert "Showing 6 of 10" in html
    every = f"/runs/?milestone={world.release.pk}"
    assert f'href="{every}"' in html
    assert count_of(html_of(client, every)) == 10


def test_a_search_finds_every_kind_and_leads_to_all_of_it(client, world):
    factories.make_milestone(world.shop, "web 2")
    for number in range(12):
        factories.make_run(world.shop, name=f"Web nightly {number}")
    html = html_of(client, "/search/?q=web")
    assert "Web shop" in names(html)
    assert "web 2" in names(html)
    runs = next(door for door in doors(html) if door.metric == "runs")
    assert (runs.href, runs.value) == ("/runs/?q=web", 12)
    assert count_of(html_of(client, runs.href)) == 12


@pytest.mark.parametrize("q", ["", "%00", "%20%20", "zzz-nothing", "%25", "_" * 300])
def test_a_search_for_nothing_says_so(client, world, q):
    html = html_of(client, f"/search/?q={q}")
    assert "What are you looking for?" in html or "Nothing has this" in html


def test_a_list_that_nothing_matches_offers_to_clear_what_was_searched(client, world):
    html = html_of(client, "/runs/?tool=testmo&q=zzz")
    assert "No run matches these filters" in html
    assert re.search(r'href="/runs/\?tool=testmo"><span>Clear search</span>', html)


def forget():
    """What was kept of earlier visits."""
    cache.clear()
    MilestoneFigure.objects.all().delete()


@pytest.mark.parametrize(
    "path",
    [
        "/runs/",
        "/results/",
        "/cases/",
        "/cases/?view=failing",
        "/milestones/",
        "/search/?q=a",
        "/milestones/{milestone}/",
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(client, world, path):
    case = Case.objects.filter(name="case 3").first()
    path = path.format(case=case.pk, milestone=world.release.pk)
    html_of(client, path)
    forget()
    with CaptureQueriesContext(connection) as few:
        html_of(client, path)
    for number in range(45):
        run = factories.make_run(
            world.shop, started_at=ago(hours=number + 4), milestones=[world.release]
        )
        tests = ["case 3", f"broken {number}", "fine"]
        factories.make_results(run, "FFP", cases=tests, message="broken")
    forget()
    with CaptureQueriesContext(connection) as many:
        html_of(client, path)
    with CaptureQueriesContext(connection) as again:
        html_of(client, path)
    # A list that goes on is counted, too.
    goes_on = path in {"/runs/", "/cases/"}
    assert len(many) <= len(few) + goes_on
    assert len(again) <= 25
