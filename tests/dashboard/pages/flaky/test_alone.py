"""The page of flaky tests over rows of its own, or none."""

from __future__ import annotations

import pytest

from dashboard.filters import Filters
from dashboard.precomputed.flaky import flaky_cases
from tests import factories
from tests.dashboard.number_links import html_of
from tests.dashboard.pages.flaky.parts import draw
from tests.dashboard.pages.test_lists import link, names
from tests.dashboard.world import ago, connect_only

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


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


def test_no_flaky_test_is_good_news_and_says_what_was_looked_at(client):
    project = factories.make_project(factories.make_connection())
    draw(project, {"prints": "PPPP"})
    html = html_of(client, "/flaky/")
    assert "No test is flaky in 30 days." in html
    assert "No test passed and failed on the same code" in html


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: None, "No tool is connected that you can see"),
        (connect_only, "No run has come in yet"),
    ],
)
def test_before_the_first_run_the_page_says_what_comes_next(client, make, says):
    make()
    assert says in html_of(client, "/flaky/")


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
