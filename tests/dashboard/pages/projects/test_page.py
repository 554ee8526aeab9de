"""A project's runs, tiles, lists and freshness."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from dashboard.filters import Filters
from dashboard.metrics.compare import compare_runs
from dashboard.metrics.run_before import previous_run, runs_before
from dashboard.metrics.run_durations import run_durations
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.flaky import flaky_cases
from dashboard.precomputed.slow import slow_cases
from ingest.contract import Counts
from tests import clock, factories
from tests.dashboard.number_links import count_of, doors, html_of, rows_of
from tests.dashboard.pages.projects.parts import page_of
from tests.dashboard.world import ago

pytestmark = pytest.mark.django_db


def card_of(html: str, title: str) -> str:
    """The card with this heading."""
    cards = re.findall(r'<section class="card.*?</section>', html, re.DOTALL)
    return next(card for card in cards if f"<h2>{title}</h2>" in card)


def make_pairs(project):
    """Runs whose run before is another each time."""
    kinds = (
        {"configuration": "Chrome", "branch": "main"},
        {"configuration": "Firefox", "branch": "main"},
        {"configuration": "Chrome", "branch": "pull/7", "source": "backend"},
        {},
    )
    runs = []
    for number, letters in enumerate(["PPPF", "PFPF", "FPSP", "FFFFF", "PP"] * 2):
        for kind in kinds[: 2 + number % 3]:
            at = ago(hours=200 - 10 * number)
            run = factories.make_run(
                project, started_at=at, finished_at=at + timedelta(hours=1), **kind
            )
            factories.make_results(run, letters)
            runs.append(run)
    return runs


def test_many_runs_at_once_are_held_against_the_runs_that_each_alone_is(
    shop, django_assert_max_num_queries
):
    runs = make_pairs(shop)
    at = ago(hours=150)
    totals = factories.make_run(
        shop, started_at=at, finished_at=at, counts=Counts(passed=1, failed=1)
    )
    with django_assert_max_num_queries(5):
        found = runs_before([run.pk for run in [*runs, totals]])
    expected = {}
    for run in [*runs, totals]:
        run.refresh_from_db()
        base = previous_run(run)
        if base is not None and "counts" not in (base.detail, run.detail):
            counts = compare_runs(base, run).counts
            names = ("regression", "new_failure", "fixed")
            expected[run.pk] = (base.pk, *(counts[name] for name in names))
    told = {
        run: (one.base, one.newly_failing, one.new_failures, one.fixed)
        for run, one in found.items()
    }
    assert told == expected
    assert len(expected) > 15
    assert runs_before([]) == {}


def test_an_alias_of_a_configuration_is_the_run_before_too(shop):
    old, new = (
        factories.make_run(
            shop,
            configuration=name,
            started_at=ago(hours=hours),
            finished_at=ago(hours=hours - 1),
        )
        for name, hours in (("Chrome 1", 9), ("Chrome 2", 5))
    )
    for run, letters in ((old, "PPF"), (new, "PFP")):
        factories.make_results(run, letters)
    assert runs_before([new.pk]) == {}
    new.configuration.alias_of = old.configuration
    new.configuration.save()
    (found,) = runs_before([new.pk]).values()
    assert (found.base, found.newly_failing, found.fixed) == (old.pk, 1, 1)


def test_recent_runs_say_what_changed_and_lead_to_it(client, shop):
    for hours, letters in ((9, "PPFF"), (5, "FFPPF")):
        run = factories.make_run(
            shop, started_at=ago(hours=hours), finished_at=ago(hours=hours - 1)
        )
        factories.make_results(run, letters)
    card = card_of(page_of(client, shop), "Recent runs")
    assert "+2 new" in card
    assert "2 fixed" in card
    changes = [d for d in doors(card) if d.metric in ("regression", "fixed")]
    assert [(d.value, rows_of(html_of(client, d.href))) for d in changes] == [
        (2, 2),
        (2, 2),
    ]


def test_recent_runs_are_chosen_by_their_state_in_the_address(client, shop):
    for number in range(9):
        factories.make_run(shop, started_at=ago(hours=number + 3), status="failed")
    factories.make_run(shop, started_at=ago(hours=1), status="running", name="soak")
    every = card_of(page_of(client, shop), "Recent runs")
    assert rows_of(every) == 7
    assert "Showing 7 of 10" in every
    assert re.findall(r"</svg>(Failed \d+|Running \d+)</a>", every) == [
        "Failed 9",
        "Running 1",
    ]
    running = card_of(page_of(client, shop, "?runs=running"), "Recent runs")
    assert rows_of(running) == 1
    assert "soak" in running
    assert "Showing 1 of 1" in running
    link = re.search(r'href="(/runs/\?[^"]*)">All running runs', running)[1]
    assert count_of(html_of(client, unescape(link))) == 1
    assert page_of(client, shop, "?runs=odd").count('aria-current="true">All<') == 2


def test_a_state_that_no_run_has_is_said_with_a_way_back(client, shop):
    factories.make_run(shop, started_at=ago(hours=1))
    card = card_of(page_of(client, shop, "?runs=failed"), "Recent runs")
    assert "No failed run in this time" in card
    assert f'href="/projects/{shop.pk}/"' in card


def test_the_median_run_is_of_both_windows_and_exact(client, shop):
    for days, duration_ms in ((1, 1000), (2, 2000), (3, 4000), (4, None), (40, 9001)):
        factories.make_run(shop, started_at=ago(days=days), duration_ms=duration_ms)
    now, before = run_durations(Filters(project=(shop.pk,)))
    assert (now.median_ms, now.p95_ms, now.n) == (2000, 3800, 3)
    assert (before.median_ms, before.n) == (9001, 1)
    door = next(d for d in doors(page_of(client, shop)) if d.metric == "median_run_ms")
    assert door.value == 2000
    assert door.title == "of 4 runs, 1 of unknown duration left out"
    assert count_of(html_of(client, door.href)) == 4


def test_the_lists_show_the_first_of_each_ranking(client, shop):
    factories.make_history(shop, "PPFPPPFPPP", case="at times", branch="main")
    factories.make_history(shop, "PPPFFFFF", case="broken", branch="main")
    for hours, duration_ms in ((9, 5000), (5, 9000), (24 * 40, 2000)):
        run = factories.make_run(shop, started_at=ago(hours=hours))
        factories.make_results(run, "P", cases=["slow"], duration_ms=duration_ms)
    filters = Filters(project=(shop.pk,))
    html = page_of(client, shop)
    (flaky,) = flaky_cases(filters)
    card = card_of(html, "Most flaky")
    assert "at times" in card
    assert f'data-value="{flaky.rate}"' in card
    assert "95 % credible interval" in card
    slow = slow_cases(filters)[0]
    card = card_of(html, "Slowest tests")
    assert (slow.p50_ms, slow.p95_ms) == (7000, 8800)
    assert "7s" in card
    assert "9s" in card
    assert "250%" in card
    (failing,) = failing_cases(filters)
    card = card_of(html, "Failing longest")
    assert "broken" in card
    streak = next(d for d in doors(card) if d.metric == "streak")
    assert streak.value == failing.streak == 5
    assert count_of(html_of(client, streak.href)) == 5


def test_a_streak_whose_results_no_list_can_hold_is_no_door(client, shop):
    factories.make_history(shop, "PFFF", case="broken", configuration="Chrome")
    factories.make_history(
        shop, "PFF", case="broken", configuration="Chrome", branch="pull/7"
    )
    card = card_of(page_of(client, shop), "Failing longest")
    assert "3 runs" in card
    assert [d for d in doors(card) if d.metric == "streak"] == []


def test_a_project_where_all_is_well_says_so(client, shop):
    factories.make_history(shop, "PPPP")
    html = page_of(client, shop)
    assert "No flaky test" in card_of(html, "Most flaky")
    assert "No test fails" in card_of(html, "Failing longest")


def test_a_project_with_totals_only_calls_no_test_well(client, shop):
    factories.make_run(shop, counts=Counts(passed=40, failed=2))
    page = client.get(f"/projects/{shop.pk}/").content.decode()
    assert page.count("Nothing known of single tests") == 3
    assert page.count("totals tell no tests apart") == 3
    assert "No test fails" not in page


def test_a_project_without_a_run_in_the_window_shows_the_way_to_the_last(client, shop):
    factories.make_history(shop, "PF", until=ago(days=60))
    html = page_of(client, shop)
    assert "Nothing ran in this time" in html
    assert "Show 90d" in html
    assert "Most flaky" not in html


def test_the_freshness_beside_the_name_is_answered_alone(client, shop):
    response = client.get(
        f"/projects/{shop.pk}/",
        headers={"HX-Request": "true", "HX-Target": "freshness"},
    )
    html = response.content.decode()
    assert html.strip().startswith('<a class="state fresh-one" id="freshness"')
    gone = client.get("/projects/999999/", headers={"HX-Target": "freshness"})
    assert gone.status_code == 404


def test_a_connection_that_failed_just_after_a_success_is_not_called_behind(client):
    now = clock.now()
    connection = factories.make_connection(
        "Testifly", last_success_at=now, last_attempt_at=now, last_error="It is full."
    )
    project = factories.make_project(connection)
    factories.make_history(project, "PP")
    html = page_of(client, project)
    assert "now behind" not in html
    assert "Testifly did not answer the last sync." in html
