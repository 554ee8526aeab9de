"""The overview and the project page over real rows: numbers, doors, filters, states."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters, Window
from dashboard.metrics.failing import failing_cases, failing_now
from dashboard.metrics.failing_history import day_ends, failing_history, newly_failing
from dashboard.metrics.flaky import flaky_by_project, flaky_cases
from dashboard.metrics.flaky_history import flaky_history
from dashboard.metrics.summary import summary
from dashboard.models import ProjectChoice
from ingest.models import Connection
from tests import factories
from tests.dashboard.doors import count_of, doors, html_of, rows_of, without_rows
from tests.dashboard.world import World, ago, connect_only, make_world
from tests.factories import NOW

pytestmark = pytest.mark.django_db
COUNTS = {
    "runs",
    "results",
    "failing_now",
    "newly_failing",
    "not_passed",
    "failed",
    "error",
    "blocked",
    "skipped",
    "passed",
    "flaky",
    "streak",
    "total",
}
RATES = {"pass_rate"}
# Of these the title says how many rows they are made of.
MADE_OF = {"time_lost_ms": r"of ([\d,]+) flaky", "median_run_ms": r"of ([\d,]+) run"}


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def world() -> World:
    return make_world()


def behind(client, door) -> int:
    """The rows behind a door, with what runs without rows add."""
    html = html_of(client, door.href)
    if door.href.startswith("/runs/") and not door.href.startswith("/runs/?"):
        return rows_of(html)
    assert rows_of(html) == min(count_of(html), 50)
    return count_of(html) + without_rows(html)[0]


def stated(door) -> float:
    """The number itself; of a rate or a time the n that its title tells."""
    said = r"of ([\d,]+) " if door.metric in RATES else MADE_OF.get(door.metric)
    return int(re.search(said, door.title)[1].replace(",", "")) if said else door.value


@pytest.mark.parametrize(
    "query",
    ["", "?window=7d&tool=testmo&configuration=Chrome"],
)
def test_behind_each_dotted_number_of_the_overview_are_exactly_its_rows(
    client, world, query
):
    found = doors(html_of(client, f"/{query}"))
    assert {door.metric for door in found} > {"runs", "results", "failing_now"}
    assert {door.metric for door in found} <= COUNTS | RATES | MADE_OF.keys()
    wrong = {
        (door.metric, door.href): (stated(door), behind(client, door))
        for door in {door.href: door for door in found}.values()
    }
    assert {key: pair for key, pair in wrong.items() if pair[0] != pair[1]} == {}


def test_doors_hold_what_counts_where_a_project_keeps_to_its_default_branch(
    client, world
):
    for day in (1, 5, 40):
        run = factories.make_run(
            world.shop, branch="main", started_at=ago(days=day), status="failed"
        )
        factories.make_results(run, "PPFB", cases=["case 1", "case 2", "x", "y"])
    before = {d.metric: d.value for d in doors(html_of(client, "/"))}
    ProjectChoice.objects.create(project=world.shop, default_branch="main", by="mara")
    for path in ("/", f"/projects/{world.shop.pk}/"):
        html = html_of(client, path)
        found = doors(html)
        for door in {door.href: door for door in found}.values():
            assert stated(door) == behind(client, door), door
    assert next(d for d in found if d.metric == "runs").value == 2
    every = doors(html_of(client, "/?default_branch=0"))
    assert {d.metric: d.value for d in every} == before
    for door in {door.href: door for door in every}.values():
        assert stated(door) == behind(client, door), door


def test_the_api_counts_the_default_branch_as_the_page_does(client, world):
    run = factories.make_run(world.shop, branch="main", started_at=ago(days=1))
    factories.make_results(run, "PPF")
    ProjectChoice.objects.create(project=world.shop, default_branch="main", by="mara")
    page = doors(html_of(client, "/"))
    of_page = {d.metric: d.value for d in page}
    told = client.get("/api/v1/metrics/summary/").json()
    assert told["runs"] == next(d.value for d in page if d.metric == "runs")
    assert told["results"] == of_page["results"]
    every = client.get("/api/v1/metrics/summary/?default_branch=0").json()
    assert every["runs"] > told["runs"]
    listed = client.get(f"/api/v1/runs/?project={world.shop.pk}&default_branch=1")
    assert [row["id"] for row in listed.json()["results"]] == [run.pk]


def test_behind_each_dotted_number_of_a_project_are_exactly_its_rows(client, world):
    found = doors(html_of(client, f"/projects/{world.shop.pk}/"))
    assert len(found) > 6
    for door in {door.href: door for door in found}.values():
        assert stated(door) == behind(client, door), door


def test_the_tiles_show_what_the_metrics_compute(client, world):
    figures = summary(Filters()).now
    html = html_of(client, "/")
    tiles = dict(
        re.findall(r'class="n" data-metric="(\w+)" data-value="([^"]*)"', html)
    )
    assert float(tiles["pass_rate"]) == figures.pass_rate.value
    assert int(tiles["runs"]) == figures.runs
    assert int(tiles["results"]) == figures.results
    assert int(tiles["failing_now"]) == figures.failing_now


def test_flaky_tests_and_what_they_cost_have_tiles_columns_and_doors(client, world):
    factories.make_history(world.portal, "PPFPPPFPPPP", case="at times", branch="main")
    factories.make_history(world.shop, "PPFPPFPP", case="now and then", branch="x")
    factories.make_history(
        world.shop, "PFPPFPP", case="of old", until=ago(days=35), branch="x"
    )
    now = flaky_by_project(Filters())
    assert {project: totals.cases for project, totals in now.items()} == {
        world.portal.pk: 1,
        world.shop.pk: 1,
    }
    html = html_of(client, "/")
    found = [d for d in doors(html) if d.metric in ("flaky", "time_lost_ms")]
    lost_ms = sum(totals.time_lost_ms for totals in now.values())
    assert [d.value for d in found] == [2, lost_ms, 1, 1]
    for door in found:
        assert stated(door) == behind(client, door), door
    ordered = html_of(client, "/?sort=-time_lost").partition('id="projects"')[2]
    lost = re.findall(r'data-metric="time_lost_ms" data-value="(\d+)"', ordered)
    assert list(map(int, lost)) == sorted(map(int, lost), reverse=True)


def test_the_history_of_flaky_tests_is_what_the_metric_says_of_each_moment(world):
    factories.make_history(world.shop, "PPFPPPFPPPP", case="at times", branch="main")
    for project in (world.shop, world.portal):
        factories.make_history(
            project, "PFPPFPPFPP", case="of old", until=ago(days=29), branch="main"
        )
    filters = Filters()
    window, history = filters.window(), flaky_history(filters)
    assert list(history.cases) == flaky_cases(filters)
    assert history.now == flaky_by_project(filters)
    assert history.previous == flaky_by_project(filters, window.previous)
    length = window.until - window.since
    moments = [
        (number, Window(since=end - length, until=end))
        for number, end in zip(history.by_day, day_ends(window), strict=True)
        if number is not None
    ]
    assert len(moments) > 7
    assert [number for number, _ in moments] == [
        len(flaky_cases(filters, moment)) for _, moment in moments
    ]
    assert max(number for number, _ in moments) > min(number for number, _ in moments)
    lost_ms = sum(totals.time_lost_ms for totals in history.now.values())
    assert sum(history.lost_by_day) == lost_ms > 0


def test_runs_without_rows_are_named_beside_the_results(client, world):
    html = html_of(client, "/")
    assert "219 of them in 2 runs without rows" in html
    results = next(door for door in doors(html) if door.metric == "results")
    assert without_rows(html_of(client, results.href)) == (219, 2)


def test_the_failing_history_ends_in_what_failing_now_says(world):
    filters = Filters(window_days=30)
    window, history = filters.window(), failing_history(filters)
    assert sum(history.now.values()) == failing_now(filters) == history.by_day[-1]
    assert sum(history.previous.values()) == failing_now(filters, window.previous)
    assert sum(history.began.values()) == len(newly_failing(filters))
    assert 0 < len(newly_failing(filters)) < len(failing_cases(filters))
    length = window.until - window.since
    for end, number in zip(day_ends(window), history.by_day, strict=True):
        assert number == failing_now(filters, Window(since=end - length, until=end))


def test_the_verdict_blames_the_project_behind_the_drop_and_links_to_it(client, world):
    html = html_of(client, "/")
    sentence = re.search(r'<p class="verdict">.*?</p>', html, re.DOTALL)[0]
    assert "Pass rate fell" in sentence
    assert f'href="/projects/{world.shop.pk}/"' in sentence
    began = next(d for d in doors(sentence) if d.metric == "newly_failing")
    assert count_of(html_of(client, began.href)) == began.value


def test_the_project_table_stands_worst_first_until_another_order_is_asked(
    client, world
):
    def names(query: str) -> list[str]:
        table = html_of(client, f"/{query}").partition('id="projects"')[2]
        return re.findall(
            r'class="nm trunc" href="/projects/\d+/[^"]*" title="([^"]*)"', table
        )

    assert names("")[0] == "Web shop"
    assert names("?sort=-rate")[-1] == "Web shop"
    assert names("?sort=name") == ["Core", "Portal", "Web shop"]


def test_finding_a_project_narrows_the_table_and_no_figure(client, world):
    html = html_of(client, "/?find=port")
    table = html.partition('id="projects"')[2]
    assert "Portal" in table
    assert "Web shop" not in table
    runs = next(door for door in doors(html) if door.metric == "runs")
    assert runs.value == summary(Filters()).now.runs


def test_a_filter_narrows_every_figure_and_stays_in_every_door(client, world):
    found = doors(html_of(client, f"/?project={world.portal.pk}"))
    assert found
    for door in found:
        pairs = parse_qsl(urlsplit(door.href).query)
        in_path = door.href.startswith("/runs/") and "?" not in door.href[6:7]
        assert ("project", str(world.portal.pk)) in pairs or in_path, door


def test_the_filter_bar_offers_every_choice_with_its_runs(client, world):
    html = html_of(client, "/?tool=testmo")
    bar = re.search(r'id="filters".*?<div class="seg"', html, re.DOTALL)[0]
    names = set(re.findall(r'type="checkbox" name="(\w+)"', bar))
    assert names == {"project", "tool", "source", "configuration", "milestone"}
    release = bar.partition(f'name="milestone" value="{world.release.pk}"')[2]
    assert re.search(r'class="cnt num">(\d+)<', release)[1] == "10"
    assert re.search(r'value="testmo"[^>]*checked', bar)


def test_the_default_window_is_left_out_of_every_address(client, world):
    html = html_of(client, "/?window=30d&tool=testmo")
    links = re.findall(r'href="(/\?[^"]*)"', html)
    assert links
    assert not any("window=30d" in link for link in links)


def test_htmx_pushes_the_canonical_address(client, world):
    response = client.get(
        "/?window=30d&source=&tool=testmo",
        headers={"HX-Request": "true", "HX-Target": "content"},
    )
    assert response.headers["HX-Push-Url"] == "/?tool=testmo"
    same = client.get("/?tool=testmo", headers={"HX-Request": "true"})
    assert "HX-Push-Url" not in same.headers


def test_the_live_freshness_is_answered_alone_and_moves_no_address(client, world):
    response = client.get(
        "/?window=30d", headers={"HX-Request": "true", "HX-Target": "freshness"}
    )
    html = response.content.decode()
    assert html.strip().startswith('<section class="card fresh" id="freshness"')
    assert "HX-Push-Url" not in response.headers


def test_what_is_not_known_is_left_out_with_a_note(client, world):
    html = html_of(client, "/?tool=jenkins&colour=blue&window=30d")
    assert "tool was left out. There is no tool “jenkins”." in html
    assert "colour was left out." in html
    assert doors(html) == doors(html_of(client, "/"))


def test_a_day_of_the_chart_leads_to_that_days_results(client, world):
    html = html_of(client, "/")
    rows = json.loads(re.search(r'id="rows-daily"[^>]*>(.*?)</script>', html)[1])
    day = ago(days=5).date()
    shown = next(d for d in rows["days"] if d["href"].find(f"since={day}") > 0)
    assert f"until={day + timedelta(days=1)}" in shown["href"]
    assert without_rows(html_of(client, shown["href"])) == (111, 1)


def test_not_passed_is_a_view_of_its_own_address(client, world):
    def drawn(query: str) -> set[str]:
        html = html_of(client, f"/{query}")
        rows = json.loads(re.search(r'id="rows-daily"[^>]*>(.*?)</script>', html)[1])
        return {trace.get("name") for trace in rows["data"]}

    assert "Passed" in drawn("")
    assert "Passed" not in drawn("?view=not-passed")


def test_a_milestone_in_the_window_is_marked_on_the_chart(client, world):
    world.release.members.update(due_at=ago(days=3))
    assert "v26.11 due" in html_of(client, "/")
    assert "v26.11 due" not in html_of(client, "/?window=1d")


def test_without_a_connection_the_page_leads_to_connect(client):
    html = html_of(client, "/")
    assert "Connect your first tool" in html
    assert 'href="/connect/"' in html
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
    html = html_of(client, "/")
    note = re.search(r'<section class="note bad".*?</section>', html, re.DOTALL)[0]
    assert "QA.tech refused the API key." in note
    assert "sync failed" in html


def test_a_project_that_another_address_chose_is_where_the_chip_leads(client, world):
    other = client.get(
        f"/projects/{world.shop.pk}/?project={world.portal.pk}&window=7d"
    )
    assert other.headers["Location"] == f"/projects/{world.portal.pk}/?window=7d"
    both = client.get(
        f"/projects/{world.shop.pk}/?project={world.shop.pk}&project={world.core.pk}"
    )
    assert both.headers["Location"] == (
        f"/?project={world.shop.pk}&project={world.core.pk}"
    )


def test_a_project_that_does_not_exist_is_not_found(client, world):
    assert client.get("/projects/999999/").status_code == 404


@pytest.mark.parametrize("path", ["/", "/projects/{shop}/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(client, world, path):
    path = path.format(shop=world.shop.pk)
    html_of(client, path)
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        html_of(client, path)
    for number in range(50):
        run = factories.make_run(
            world.shop, started_at=ago(hours=number + 4), configuration=f"C{number % 5}"
        )
        factories.make_results(run, "PFPP")
    cache.clear()
    with CaptureQueriesContext(connection) as many:
        html_of(client, path)
    assert len(many) <= len(few) <= 60
    with CaptureQueriesContext(connection) as again:
        html_of(client, path)
    assert len(again) <= 25


def test_names_of_vendors_are_never_markup(client, world):
    type(world.shop).objects.filter(pk=world.shop.pk).update(name="<b>shop</b>")
    html = html_of(client, "/")
    assert "&lt;b&gt;shop&lt;/b&gt;" in html
    assert "<b>shop</b>" not in html


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


def test_a_figure_that_is_remembered_is_computed_anew_when_a_row_changes(client, world):
    def failing() -> float:
        found = doors(html_of(client, "/"))
        return next(door.value for door in found if door.metric == "failing_now")

    before = failing()
    run = factories.make_run(world.shop, started_at=ago(minutes=5))
    results = factories.make_results(run, "FF", cases=["quite new", "new too"])
    assert failing() == before + 2
    factories.remove(results[:1])
    assert failing() == before + 1


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
