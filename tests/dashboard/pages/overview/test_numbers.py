"""The numbers of the overview and the project page, and the rows behind them."""

from __future__ import annotations

import re

import pytest

from dashboard.filters import Filters, Window
from dashboard.metrics.failing_history import day_ends
from dashboard.metrics.flaky import RankedFlaky, flaky_cases
from dashboard.models import ProjectChoice
from dashboard.precomputed.failing import (
    failing_cases,
    failing_history,
    failing_now,
    newly_failing,
)
from dashboard.precomputed.flaky import flaky_by_project, flaky_history
from dashboard.precomputed.summary import summary
from tests import factories
from tests.dashboard.number_links import count_of, doors, html_of, rows_of, without_rows
from tests.dashboard.world import ago

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


# Of these the title says how many rows they are made of.
FIGURES = {"median_run_ms", "pass_rate", "time_lost_ms"}


def behind(client, door) -> int:
    """The rows behind a door, with what runs without rows add."""
    html = html_of(client, door.href)
    if door.href.startswith("/runs/") and not door.href.startswith("/runs/?"):
        return rows_of(html)
    assert rows_of(html) == min(count_of(html), 50)
    return count_of(html) + without_rows(html)[0]


@pytest.mark.parametrize(
    "query",
    ["", "?window=7d&tool=testmo&configuration=Chrome"],
)
def test_behind_each_dotted_number_of_the_overview_are_exactly_its_rows(
    client, world, query
):
    found = doors(html_of(client, f"/{query}"))
    assert {door.metric for door in found} > {
        "failing_now",
        "not_passed",
        "pass_rate",
        "results",
        "runs",
    }
    assert {door.metric for door in found} <= COUNTS | FIGURES
    wrong = {
        (door.metric, door.href): (door.rows, behind(client, door))
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
            assert door.rows == behind(client, door), door
    assert next(d for d in found if d.metric == "runs").value == 2
    every = doors(html_of(client, "/?default_branch=0"))
    assert {d.metric: d.value for d in every} == before
    for door in {door.href: door for door in every}.values():
        assert door.rows == behind(client, door), door


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
        assert door.rows == behind(client, door), door


def test_the_tiles_show_what_the_metrics_compute(client, world):
    figures = summary(Filters()).now
    html = html_of(client, "/")
    tiles = dict(
        re.findall(r'class="n"\s+data-metric="(\w+)" data-value="([^"]*)"', html)
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
    assert [d.value for d in found if d.metric == "flaky"] == [2, 1, 1]
    of_all, *of_each = [d.value for d in found if d.metric == "time_lost_ms"]
    assert of_all == lost_ms == sum(of_each)
    assert len(of_each) == 2
    for door in found:
        assert door.rows == behind(client, door), door
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
    assert RankedFlaky(history.cases) == flaky_cases(filters)
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
