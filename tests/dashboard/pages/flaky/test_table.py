"""The table of flaky tests: its rows, what narrows and orders it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from dashboard.filters import Filters
from dashboard.models import Mute
from dashboard.precomputed.flaky import flaky_cases
from ingest.models import Case
from tests import factories
from tests.dashboard.api.client import csv_rows
from tests.dashboard.number_links import count_of, doors, html_of, rows_of, words_of
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.pages.flaky.parts import outage
from tests.dashboard.pages.test_lists import link, names
from tests.dashboard.world import ago
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


DAY = timedelta(days=1)


def pressed(html: str, text: str) -> str:
    """Where the position of the switch that begins with this text leads."""
    found = re.search(rf'href="([^"]*)"[^>]*>{text} <', html)
    assert found, text
    return unescape(found[1])


def switches(html: str) -> list[str]:
    group = html.partition('aria-label="Which of them"')[2].partition("</div>")[0]
    return [words_of(link) for link in re.findall(r"<a .*?</a>", group, re.DOTALL)]


def test_the_list_holds_the_flaky_tests_in_the_order_of_the_metric(client, shop):
    html = html_of(client, "/flaky/")
    found = flaky_cases(Filters())
    assert names(html) == [case.name for case in found]
    assert names(html) == ["pays by card", "searches", "logs in"]
    assert count_of(html) == rows_of(html) == 3


def test_a_tests_first_flake_is_not_called_as_its_first_result_is(client, shop):
    assert "First seen" not in html_of(client, "/flaky/")
    assert "First flake" in html_of(client, "/flaky/")
    case = Case.objects.get(name="pays by card")
    page = html_of(client, f"/cases/{case.pk}/")
    assert "First seen" in page
    assert "First flake" not in page


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


def test_muted_tests_are_marked_and_counted_all_the_same(shop):
    case = Case.objects.get(name="logs in")
    Mute.objects.create(case=case, until=NOW + DAY, reason="sandbox", by="mara")
    html = html_of(logged_in(person("eve")), "/flaky/")
    assert "by mara: sandbox" in html
    assert count_of(html) == 3


def test_names_and_messages_are_escaped(client, shop):
    Case.objects.filter(name="logs in").update(name="<b>bold</b>")
    run = factories.make_run(shop, started_at=ago(minutes=5))
    factories.make_results(run, "F", cases=["searches"], message='<i title="x">')
    html = html_of(client, "/flaky/")
    assert "<b>bold</b>" not in html
    assert '<i title="x">' not in html
