"""The page of flaky tests: its sentence, bar, table, export and panel of other rules."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.metrics.flaky import flaky_cases, flaky_totals
from dashboard.models import Mute, RunJudgement
from ingest.models import Case, Project
from tests import factories
from tests.dashboard.api import csv_rows, every_page, problem, read
from tests.dashboard.doors import count_of, doors, html_of, rows_of
from tests.dashboard.printed import Printed
from tests.dashboard.test_pages_lists import link, names
from tests.dashboard.world import ago, connect_only
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


def draw(project: Project, histories: dict[str, str]) -> None:
    """A run a day, the last one an hour ago, with a letter for each case."""
    for back in range(max(map(len, histories.values()))):
        letters = {
            name: text[-1 - back]
            for name, text in histories.items()
            if back < len(text)
        }
        run = factories.make_run(project, started_at=ago(days=back, hours=1))
        factories.make_results(run, "".join(letters.values()), cases=[*letters])


@pytest.fixture
def shop() -> Project:
    """Flaky for long, newly flaky, getting worse, settled, and none of these."""
    shop = factories.make_project(factories.make_connection("Testmo"), name="Web shop")
    draw(
        shop,
        {
            "pays by card": "PPFP" * 10,
            "logs in": "P" * 8 + "PFPEP",
            "searches": "P" * 30 + "PPFPPFPFPF" + "P",
            "ships": "PFPPFPPFPP" + "P" * 30,
            "prints": "P" * 40,
            "is broken": "P" * 20 + "F" * 5,
        },
    )
    return shop


def outage(project: Project, **values) -> None:
    run = factories.make_run(project, started_at=ago(days=2), is_outage=True, **values)
    factories.make_results(run, "F" * 30)


def pressed(html: str, text: str) -> str:
    """Where the position of the switch that begins with this text leads."""
    found = re.search(rf'href="([^"]*)"[^>]*>{text} <', html)
    assert found, text
    return unescape(found[1])


def switches(html: str) -> list[str]:
    group = html.partition('aria-label="Which of them"')[2].partition("</div>")[0]
    links = re.findall(r"<a .*?</a>", group)
    return [re.sub(r"<[^>]*>", "", link) for link in links]


def test_the_list_holds_the_flaky_tests_in_the_order_of_the_metric(client, shop):
    html = html_of(client, "/flaky/")
    found = flaky_cases(Filters())
    assert names(html) == [case.name for case in found]
    assert names(html) == ["pays by card", "searches", "logs in"]
    assert count_of(html) == rows_of(html) == 3


def test_the_sentence_says_what_they_cost_and_opens_its_numbers(client, shop):
    html = html_of(client, "/flaky/")
    lost = flaky_totals(flaky_cases(Filters())).time_lost_ms
    assert lost == 13_000
    assert "3 flaky tests" in html
    assert "cost 13s in 30 days." in re.sub(r"<[^>]*>", "", html)
    for metric in ("flaky", "flaky_new", "flaky_settled"):
        door = Printed(html).door(metric)
        assert count_of(html_of(client, door.href)) == door.value


def test_each_state_holds_as_many_rows_as_it_says(client, shop):
    html = html_of(client, "/flaky/")
    assert switches(html) == [
        "All 3",
        "New this week 2",
        "Getting worse 1",
        "Settled 1",
    ]
    for text in switches(html):
        name, _, number = text.rpartition(" ")
        assert count_of(html_of(client, pressed(html, name))) == int(number)


def test_the_states_name_the_right_tests(client, shop):
    assert names(html_of(client, "/flaky/?state=new")) == ["searches", "logs in"]
    assert names(html_of(client, "/flaky/?state=worse")) == ["searches"]
    assert names(html_of(client, "/flaky/?state=settled")) == ["ships"]
    assert "newly flaky" not in html_of(client, "/flaky/?state=settled")


def test_what_is_new_is_marked_in_its_row(client, shop):
    html = html_of(client, "/flaky/")
    assert re.findall(r'class="is-new">([^<]*)<', html) == ["newly flaky", "new"]


def test_what_has_settled_shows_how_far_the_proof_is(client, shop):
    html = html_of(client, "/flaky/?state=settled")
    assert re.search(r"3[012] of \d+ passes", html)
    assert "no flake event in" in html


def test_behind_failed_and_executions_are_exactly_those_results(client, shop):
    outage(shop)
    manual = factories.make_run(shop, kind="manual", started_at=ago(days=3))
    factories.make_results(manual, "F", cases=["pays by card"])
    html = html_of(client, "/flaky/")
    found = [d for d in doors(html) if d.metric in {"not_passed", "executions"}]
    assert len(found) == 6
    for door in found:
        behind = html_of(client, door.href)
        assert count_of(behind) == rows_of(behind) == door.value, door


def test_runs_left_out_are_told_and_can_be_opened(client, shop):
    outage(shop)
    excluded = factories.make_run(shop, started_at=ago(days=4))
    RunJudgement.objects.create(run=excluded, verdict="excluded", reason="x", by="mara")
    html = html_of(client, "/flaky/")
    door = Printed(html).door("runs_left_out")
    assert "1 outage, 1 excluded by a person" in html
    assert count_of(html_of(client, door.href)) == door.value == 2
    assert "left out" not in html_of(client, "/flaky/?window=1d")


def test_the_table_is_narrowed_by_rate_and_executions(client, shop):
    rates = {case.name: case.rate for case in flaky_cases(Filters())}
    least = sorted(rates.values())[-1]
    html = html_of(client, f"/flaky/?min_rate={least}")
    assert names(html) == [name for name, rate in rates.items() if rate >= least]
    assert names(html_of(client, "/flaky/?min_executions=31")) == []
    assert "No flaky test is like this" in html_of(client, "/flaky/?min_executions=31")
    assert "Score" in html
    assert 'href="/flaky/?min_rate=0.1&amp;min_executions=5"' in html_of(
        client, "/flaky/?min_executions=5"
    )


def test_the_switches_count_under_the_other_conditions(client, shop):
    html = html_of(client, "/flaky/?find=log")
    assert switches(html) == [
        "All 1",
        "New this week 1",
        "Getting worse 0",
        "Settled 0",
    ]


def test_a_search_finds_names_folders_and_messages(client, shop):
    run = factories.make_run(shop, started_at=ago(minutes=5))
    factories.make_results(
        run, "F", cases=["searches"], message="TimeoutError: socket hang up"
    )
    Case.objects.filter(name="logs in").update(folder="Wallets")
    assert names(html_of(client, "/flaky/?find=SOCKET")) == ["searches"]
    assert names(html_of(client, "/flaky/?find=wallet")) == ["logs in"]
    assert names(html_of(client, "/flaky/?find=Pays")) == ["pays by card"]
    html = html_of(client, "/flaky/")
    assert "TimeoutError: socket hang up" in html
    assert f'href="/runs/{run.pk}/?case=' in html


def test_the_newest_message_is_shown_also_of_an_attempt_that_was_repeated(client, shop):
    run = factories.make_run(shop, started_at=ago(minutes=5))
    at = [run.at, run.at + timedelta(minutes=1)]
    factories.make_results(
        run, "FP", cases=["logs in", "logs in"], at=at, message="Flaked 1 time"
    )
    assert "Flaked 1 time" in html_of(client, "/flaky/")


@pytest.mark.parametrize(
    ("query", "names_of"),
    [
        ("", ["pays by card", "searches", "logs in"]),
        ("?sort=score", ["logs in", "searches", "pays by card"]),
        ("?sort=-failed", ["pays by card", "searches", "logs in"]),
        ("?sort=lost", ["logs in", "searches", "pays by card"]),
    ],
)
def test_the_order_is_in_the_address(client, shop, query, names_of):
    assert names(html_of(client, f"/flaky/{query}")) == names_of


def test_a_second_click_turns_the_order_round_and_keeps_the_rest(client, shop):
    html = html_of(client, "/flaky/?tool=testmo&find=s")
    first = link(html, "Lost")
    assert first == "/flaky/?tool=testmo&sort=-lost&find=s"
    assert (
        link(html_of(client, first), "Lost") == "/flaky/?tool=testmo&sort=lost&find=s"
    )


def test_what_cannot_be_read_is_left_out_and_told(client, shop):
    html = html_of(client, "/flaky/?min_rate=most&state=odd")
    assert "min_rate was left out" in html
    assert "state was left out" in html
    assert count_of(html) == 3


def test_the_export_holds_exactly_the_filtered_rows(client, shop):
    for query in (
        "",
        "?state=new",
        "?find=a&min_rate=0.05&sort=-lost",
        "?state=settled",
    ):
        html = html_of(client, f"/flaky/{query}")
        href = unescape(re.search(r'id="export" href="([^"]*)"', html)[1])
        rows = csv_rows(href.removeprefix("/api/v1/"))
        assert [row["case.name"] for row in rows] == names(html), query
        assert len(rows) == count_of(html)


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
    assert answer["meta"]["explain"].endswith("#flaky-tests")


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


def test_the_first_five_and_the_rest_share_the_bar(client):
    project = factories.make_project(factories.make_connection())
    draw(project, {f"case {n}": "PFPFP" + "FP" * (9 - n) for n in range(9)})
    html = html_of(client, "/flaky/")
    assert html.count('class="hot"') == 5
    found = flaky_cases(Filters())
    lost = sorted((case.time_lost_ms for case in found), reverse=True)
    share = round(100 * sum(lost[:5]) / sum(lost))
    assert f">{share}%<" in html
    assert "The first 5 account for" in html


def test_muted_tests_are_marked_and_counted_all_the_same(client, shop):
    case = Case.objects.get(name="logs in")
    Mute.objects.create(case=case, until=NOW + DAY, reason="sandbox", by="mara")
    html = html_of(client, "/flaky/")
    assert "by mara: sandbox" in html
    assert count_of(html) == 3


def test_names_and_messages_are_escaped(client, shop):
    Case.objects.filter(name="logs in").update(name="<b>bold</b>")
    run = factories.make_run(shop, started_at=ago(minutes=5))
    factories.make_results(run, "F", cases=["searches"], message='<i title="x">')
    html = html_of(client, "/flaky/")
    assert "<b>bold</b>" not in html
    assert '<i title="x">' not in html


def test_pages_of_the_table_follow_each_other(client):
    project = factories.make_project(factories.make_connection())
    cases = [f"case {number:02}" for number in range(60)]
    for place, letter in enumerate("PFPFP"):
        run = factories.make_run(project, started_at=ago(days=5 - place))
        factories.make_results(run, letter * 60, cases=cases)
    first = html_of(client, "/flaky/?min_executions=5")
    second = html_of(client, link(first, "Next"))
    assert sorted(names(first) + names(second)) == cases
    assert "51–60 of 60" in second
    other = link(first, "Next").replace("min_executions=5", "min_executions=3")
    assert "The place in the list was not known" in html_of(client, other)


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
    assert "of 6 tests" in re.sub(r"<[^>]*>", "", panel)
    rules = re.findall(r'data-metric="(flaky[^"]*)" data-value="(\d+)"', panel)
    assert len(rules) == 9
    assert rules[0] == ("flaky", "3")
    whole = html_of(client, "/flaky/?tool=testmo&view=others")
    assert "ReportPortal" in whole
    assert "<h1" in whole


def test_no_flaky_test_is_good_news_and_says_what_was_looked_at(client):
    project = factories.make_project(factories.make_connection())
    draw(project, {"prints": "PPPP"})
    html = html_of(client, "/flaky/")
    assert "No test is flaky in 30 days." in html
    assert "No test passed and failed on the same code" in html


def test_filters_without_a_flaky_test_can_be_taken_away(client, shop):
    html = html_of(client, "/flaky/?q=prints")
    assert "No flaky test matches these filters" in html


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: None, "Connect your first tool"),
        (connect_only, "No run has come in yet"),
    ],
)
def test_before_the_first_run_the_page_says_what_comes_next(client, make, says):
    make()
    assert says in html_of(client, "/flaky/")


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
        assert re.search(r'data-place="f".*?class="cnt">3<', html, re.DOTALL), path


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
    totals = flaky_totals(flaky_cases(Filters()))
    html = html_of(client, "/flaky/")
    machine, triage = totals.time_lost_ms / 1000, totals.events * 5
    assert f"Worth {machine + triage:,.2f}" in html
    assert f"{machine:,.2f} for" in html
    assert f"{triage:,.2f} for looking at {totals.events} flake events" in html
    assert "cost 13s in 30 days." in re.sub(r"<[^>]*>", "", html)
