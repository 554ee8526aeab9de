"""The overview where something is missing, late or broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from selectolax.lexbor import LexborHTMLParser

from dashboard.filters import Filters
from dashboard.models import ProjectChoice
from dashboard.precomputed.summary import summary
from dashboard.ui.svg.glyphs import glyph as glyph_svg
from ingest.contract import Counts
from ingest.models import Connection
from tests import factories
from tests.dashboard.number_links import doors, html_of, rows_of
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.world import World, ago, connect_only, make_world
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """One for each test, because some here need none."""
    return make_world()


def test_without_a_connection_the_page_leads_to_connect(client):
    html = html_of(logged_in(person(is_superuser=True)), "/")
    assert "Connect your first tool" in html
    assert 'href="/connect/"' in html
    html = html_of(client, "/")
    assert "No tool is connected that you can see" in html
    assert 'href="/connect/"' not in html
    assert 'id="filters"' not in html


def test_a_first_import_under_way_is_shown_with_its_progress(client):
    tool = connect_only()
    factories.make_sync(
        tool,
        project=tool.projects.get(),
        status="running",
        is_backfill=True,
        finished_at=None,
        requested_at=NOW,
        window_since=NOW - timedelta(days=100),
        oldest_reached=NOW - timedelta(days=61),
    )
    html = html_of(client, "/")
    assert "The first import is under way" in html
    assert "backfill 61%" in html


def test_an_empty_window_says_when_the_last_run_was_and_leads_there(client):
    project = factories.make_project(factories.make_connection("Testmo"))
    run = factories.make_run(project, started_at=ago(days=40))
    factories.make_results(run, "PPF")
    html = html_of(client, "/")
    day = ago(days=40)
    assert f"last run {day.day} {day:%b}" in html
    assert 'href="/?window=90d">Show 90d' in html
    assert "Runs" in html
    assert 'data-metric="runs" data-value="0"' in html


def test_filters_that_nothing_matches_are_named_and_the_narrowest_goes(client, world):
    lonely = factories.make_milestone(world.portal, "v9")
    html = html_of(client, f"/?tool=testmo&milestone={lonely.pk}")
    assert "No run matches these filters" in html
    assert "Tool is Testmo and Milestone is v9." in html
    assert "Clear Milestone" in html


def test_a_stale_tool_is_named_in_verdict_tile_and_note(client, world):
    Connection.objects.filter(name="QA.tech").update(last_success_at=ago(hours=26))
    html = html_of(client, "/")
    assert "QA.tech is 26 h behind." in html
    assert "Numbers for Portal stop at" in html
    assert "without QA.tech, 26 h old" in html
    assert "Without QA.tech, 26 h old." in html


def test_a_failing_tool_is_a_bad_note_with_its_reason(client, world):
    Connection.objects.filter(name="QA.tech").update(
        last_error="QA.tech refused the API key.", last_success_at=ago(hours=26)
    )
    html = html_of(logged_in(person()), "/")
    note = re.search(r'<section class="note bad".*?</section>', html, re.DOTALL)[0]
    assert "QA.tech refused the API key." in note
    html = html_of(client, "/")
    assert "refused" not in html
    assert "sync failed" in html


def test_readers_without_a_log_in_are_shown_the_door(
    client, world, settings, django_user_model
):
    settings.PUBLIC_READ = False
    django_user_model.objects.create_user("mara")
    response = client.get("/?tool=testmo")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login/?next=")


@pytest.mark.django_db(transaction=True)
def test_a_part_that_the_database_does_not_answer_says_so_and_the_rest_stays(client):
    make_world()
    with locked("ingest_runday"), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
        html = html_of(client, "/")
        cursor.execute("RESET lock_timeout")
    assert html.count("This chart did not load") == 2
    assert "This table did not load" in html
    assert "Try again" in html
    assert "Data freshness" in html
    runs = next(door for door in doors(html) if door.metric == "runs")
    assert runs.value == summary(Filters()).now.runs
    assert "This chart did not load" not in html_of(client, "/")


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Nobody else can read the table meanwhile."""
    params = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    given = {name: params[name] for name in names if params.get(name)}
    with psycopg.connect(**given) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def test_figures_are_computed_while_the_cache_is_gone(client, world, settings):
    gone = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}
    settings.CACHES = {"default": {**gone, "LOCATION": "redis://127.0.0.1:1/0"}}
    found = doors(html_of(client, "/"))
    assert next(d for d in found if d.metric == "failing_now").value > 0


def test_an_empty_default_branch_offers_the_other_branches(client, world):
    ProjectChoice.objects.create(project=world.shop, default_branch="main", by="mara")
    path = f"/projects/{world.shop.pk}/"
    html = html_of(client, path)
    assert "Branch is the default one" in html
    assert f'href="{path}?default_branch=0"' in html
    listed = html_of(client, f"/runs/?project={world.shop.pk}&default_branch=1")
    assert rows_of(listed) == 0
    assert f'href="/runs/?project={world.shop.pk}"' in listed
    assert "Show all branches" in listed


def test_of_totals_alone_no_test_is_counted_and_the_runs_are_behind(client):
    """3,999 of 4,000 fail, and nobody knows which."""
    tool = factories.make_connection("Testmo")
    core = factories.make_project(tool, name="Core")
    counts = Counts(passed=1, failed=3999)
    run = factories.make_run(core, started_at=ago(days=1), counts=counts)
    shop = factories.make_project(tool, name="Web shop")
    factories.make_history(shop, "PPPF", case="pays")
    tree = LexborHTMLParser(html_of(client, "/"))
    rows = {row.css_first("a.nm").text(): row for row in tree.css("tr[data-row]")}
    failing = rows["Core"].css_first("td.e a")
    assert failing.text() == "totals only"
    listed = html_of(client, failing.attrs["href"])
    assert f'href="/runs/{run.pk}/"' in listed
    assert rows_of(listed) == 1
    assert not rows["Core"].css('[data-metric="failing_now"], [data-metric="flaky"]')
    assert rows["Web shop"].css_first('[data-metric="failing_now"]').text() == "1"
    beside = {
        link.attrs["title"]: link.parent.css_first(".cnt")
        for link in tree.css("a.nav.project")
    }
    assert beside["Core"].text() == "\N{EN DASH}"
    assert "Totals only" in beside["Core"].attrs["title"]
    assert beside["Web shop"].text() == "1"


def test_the_page_of_totals_alone_says_so_and_has_no_tick(client):
    core = factories.make_project(factories.make_connection("Testmo"), name="Core")
    counts = Counts(passed=1, failed=3999)
    factories.make_run(core, started_at=ago(days=1), counts=counts)
    html = html_of(client, f"/projects/{core.pk}/")
    main = LexborHTMLParser(html).css_first("main")
    verdict = main.css_first(".verdict").text()
    assert " ".join(verdict.split()) == "Pass rate <0.1%."
    assert glyph_svg("fail", 16) in html.partition('class="verdict"')[2][:900]
    for metric in ("failing_now", "flaky", "time_lost_ms"):
        [tile] = [
            kpi for kpi in main.css(".kpi") if kpi.css(f'[data-metric="{metric}"]')
        ]
        assert "totals only" in tile.text()
        assert tile.attrs["href"].startswith(f"/runs/?project={core.pk}&")
    assert "0 failing now" not in " ".join(main.text().split())


@pytest.mark.parametrize(
    "path",
    [
        "/cases/?view=failing&",
        "/cases/?view=began&",
        "/cases/?view=slow&",
        "/cases/?view=newly-failing&",
        "/cases/?view=newly-flaky&",
        "/flaky/?",
    ],
)
def test_lists_of_tests_say_totals_only_and_lead_to_the_runs(client, path):
    core = factories.make_project(factories.make_connection("Testmo"), name="Core")
    counts = Counts(passed=1, failed=3999)
    run = factories.make_run(core, started_at=ago(hours=5), counts=counts)
    main = LexborHTMLParser(html_of(client, f"{path}project={core.pk}")).css_first(
        "main"
    )
    empty = main.css_first(".empty")
    assert empty.css_first("h2").text() == "Totals only"
    listed = html_of(client, empty.css_first("a").attrs["href"])
    assert f'href="/runs/{run.pk}/"' in listed
    assert "No test" not in main.text()
