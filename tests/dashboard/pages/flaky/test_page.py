"""What stands around the table of flaky tests, and where there is none."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.metrics.flaky import flaky_totals
from dashboard.models import RunJudgement
from dashboard.precomputed.flaky import flaky_cases
from tests import factories
from tests.dashboard.api.client import every_page, problem, read
from tests.dashboard.number_links import count_of, door_of, html_of, words_of
from tests.dashboard.pages.flaky.parts import draw, outage
from tests.dashboard.world import ago

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


def test_the_sentence_says_what_they_cost_and_opens_its_numbers(client, shop):
    html = html_of(client, "/flaky/")
    lost = flaky_totals(flaky_cases(Filters()).of).time_lost_ms
    assert lost == 13_000
    assert "3 flaky tests" in html
    assert "cost 13s in 30 days." in words_of(html)
    for metric in ("flaky", "flaky_new", "flaky_settled"):
        door = door_of(html, metric)
        assert count_of(html_of(client, door.href)) == door.value


def test_runs_left_out_are_told_and_can_be_opened(client, shop):
    outage(shop)
    excluded = factories.make_run(shop, started_at=ago(days=4))
    RunJudgement.objects.create(run=excluded, verdict="excluded", reason="x", by="mara")
    html = html_of(client, "/flaky/")
    door = door_of(html, "runs_left_out")
    assert "1 outage, 1 excluded by a person" in html
    assert count_of(html_of(client, door.href)) == door.value == 2
    assert "left out" not in html_of(client, "/flaky/?window=1d")


def test_what_cannot_be_read_is_left_out_and_told(client, shop):
    html = html_of(client, "/flaky/?min_rate=most&state=odd")
    assert "min_rate was left out" in html
    assert "state was left out" in html
    assert count_of(html) == 3


def test_the_api_gives_each_case_with_its_numbers(client, shop):
    answer = read("metrics/flaky/")
    first = answer["results"][0]
    case = flaky_cases(Filters())[0]
    for name in ("k", "n", "rate", "low", "high", "flips", "flip_rate", "time_lost_ms"):
        assert first[name] == getattr(case, name), name
    assert first["case"]["name"] == "pays by card"
    assert first["evidence"] == "suspected"
    assert first["strip"].endswith("PPFP")
    assert len(first["strip"]) == 30
    assert "/metrics/flaky/explain/?" in answer["meta"]["explain"]


def test_the_api_pages_and_refuses_what_it_does_not_know(shop):
    paged = [row["case"]["name"] for row in every_page("metrics/flaky/?limit=1")]
    assert paged == ["pays by card", "searches", "logs in"]
    paged = every_page("metrics/flaky/?limit=1&state=new&sort=lost")
    assert [row["case"]["name"] for row in paged] == ["logs in", "searches"]
    for query in ("state=odd", "min_rate=2", "min_executions=-1", "min_rate=nan"):
        assert query.partition("=")[0] in problem(f"metrics/flaky/?{query}")
    assert "cursor" in problem(
        "metrics/flaky/?state=new&cursor="
        + re.search(r"cursor=([^&]*)", read("metrics/flaky/?limit=1")["next"])[1]
    )


def test_the_panel_of_other_rules_loads_by_itself(client, shop):
    html = html_of(client, "/flaky/?tool=testmo")
    assert 'hx-get="/flaky/?tool=testmo&amp;view=others" hx-trigger="load"' in html
    assert "ReportPortal" not in html
    panel = html_of(
        client,
        "/flaky/?tool=testmo&view=others",
        **{"HX-Request": "true", "HX-Target": "other-rules"},
    )
    assert "<h1" not in panel
    assert "re-implementations" in panel
    assert "of 6 tests" in words_of(panel)
    rules = re.findall(r'data-metric="(flaky[^"]*)" data-value="(\d+)"', panel)
    assert len(rules) == 9
    assert rules[0] == ("flaky", "3")
    whole = html_of(client, "/flaky/?tool=testmo&view=others")
    assert "ReportPortal" in whole
    assert "<h1" in whole


def test_filters_without_a_flaky_test_can_be_taken_away(client, shop):
    html = html_of(client, "/flaky/?q=prints")
    assert "No flaky test matches these filters" in html


def test_a_window_before_the_first_run_says_when_the_last_one_was(client, shop):
    html = html_of(client, "/flaky/?since=2020-01-01&until=2020-02-01")
    assert "Nothing ran in this time" in html


def test_a_tool_that_is_behind_is_told(client, shop):
    shop.connection.last_success_at = ago(days=2)
    shop.connection.save()
    assert "Testmo is 2 days behind." in html_of(client, "/flaky/")


def test_strangers_see_the_log_in(client, shop, settings):
    settings.PUBLIC_READ = False
    assert client.get("/flaky/").status_code == 302


def test_the_sidebar_counts_them_on_every_page(client, shop):
    for path in ("/", "/runs/", "/sync/", f"/runs/{shop.runs.all()[0].pk}/"):
        html = html_of(client, path)
        place = html.partition('data-place="f"')[2].partition("</a>")[0]
        assert 'data-metric="flaky" data-value="3">3<' in place, path


def test_more_rows_need_no_more_queries(client, shop):
    counts = []
    for number in (0, 20):
        if number:
            draw(shop, {f"more {case}": "PFPFP" for case in range(number)})
        with CaptureQueriesContext(connection) as captured:
            html_of(client, "/flaky/")
        counts.append(len(captured))
    assert counts[1] <= counts[0]


def test_money_is_told_apart_and_only_where_there_are_prices(client, shop, settings):
    assert "at your prices" not in html_of(client, "/flaky/")
    settings.MACHINE_PRICE, settings.TRIAGE_MINUTES, settings.WAGE = 3600.0, 6.0, 50.0
    totals = flaky_totals(flaky_cases(Filters()).of)
    html = html_of(client, "/flaky/")
    machine, triage = totals.time_lost_ms / 1000, totals.events * 5
    assert f"Worth {machine + triage:,.2f}" in html
    assert f"{machine:,.2f} for" in html
    assert f"{triage:,.2f} for looking at {totals.events} flake events" in html
    assert "cost 13s in 30 days." in words_of(html)
