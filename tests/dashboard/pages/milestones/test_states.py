"""A milestone's page where something is missing, and its chart."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import connection

from dashboard.filters import Filters
from dashboard.metrics.milestones import BandDay, BurnUpDay, ScopeAdded
from dashboard.precomputed.milestones import progress
from dashboard.ui.charts.burn_up import burn_up_figure
from ingest.contract import Counts
from tests import factories
from tests.dashboard.locks import locked
from tests.dashboard.number_links import html_of
from tests.dashboard.page_reader import person
from tests.dashboard.pages.milestones.parts import page_of, plain
from tests.dashboard.releases import DAY

pytestmark = pytest.mark.django_db


def test_a_milestone_without_runs_says_so_everywhere(client, milestone):
    said = plain(html_of(client, page_of(milestone)))
    assert "Nothing in scope yet" in said
    assert "No burn-up yet" in said
    assert "No tool has sent a run of this milestone so far." in said


def test_runs_with_totals_only_are_told_and_count_nowhere(client, project, milestone):
    factories.make_run(
        project, milestones=[milestone], counts=Counts(passed=1239, failed=1)
    )
    said = plain(html_of(client, page_of(milestone)))
    assert "1,240 results in 1 run without rows count nowhere here." in said
    assert "do not tell tests apart" in said


@pytest.mark.django_db(transaction=True)
def test_a_part_that_the_database_does_not_answer_says_so_and_the_rest_stays(
    client, release
):
    with locked("dashboard_groupedcase"), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
        html, listed = (
            html_of(client, page_of(release)),
            html_of(client, "/milestones/"),
        )
        cursor.execute("RESET lock_timeout")
    assert "This milestone did not load" in html
    assert "Showing 6 of" in html
    assert ">v26.12<" in listed
    assert "milestone did not load" not in html_of(client, page_of(release))


def test_a_milestone_of_another_tool_alone_says_what_its_filters_leave(client, release):
    html = html_of(client, page_of(release, "?tool=testably"))
    assert "No run of this milestone matches the filters." in plain(html)


def test_readers_log_in_unless_pages_are_public(client, settings, milestone):
    settings.PUBLIC_READ = False
    person()
    for path in ("/milestones/", page_of(milestone)):
        assert client.get(path).status_code == 302


def test_a_milestone_that_is_not_there_is_a_404(client):
    assert client.get("/milestones/999999/").status_code == 404


def test_what_the_address_cannot_say_is_told(client, release):
    html = html_of(client, page_of(release, "?status=failed"))
    assert "It applies to lists only" in html


def test_the_chart_has_a_table_with_the_same_days(client, release):
    html = html_of(client, page_of(release))
    found = progress(release.pk, Filters())
    table = html[html.index('class="as-table"') :]
    table = table[: table.index("</table>")]
    assert table.count("<tr>") == 1 + len(found.burn_up) + len(found.forecast.band)
    label = re.search(r'id="plot-burn-up"[^>]*aria-label="([^"]*)"', html)[1]
    passed = found.counts.passed
    assert label.startswith(f"Burn-up: {passed} of 70 tests passed on ")


def burn_up_of(*, due=None, future=(), growth=None, scope=100):
    past = [
        BurnUpDay(
            day=date(2026, 11, 2) + n * DAY, scope=scope, decided=5 * n, passed=4 * n
        )
        for n in range(15)
    ]
    return burn_up_figure(past, future, due=due, growth=growth)


def future_days(n, *, low=60, high=80):
    return [
        BandDay(
            day=date(2026, 11, 17) + d * DAY, low=low, middle=70, high=high, scope=100
        )
        for d in range(n)
    ]


@pytest.mark.parametrize(
    ("due", "said"), [(17, []), (19, ["wide"]), (25, [None])], ids=str
)
def test_today_is_not_written_over_the_due_day(due, said):
    figure = burn_up_of(future=future_days(10), due=date(2026, 11, due))
    labels = figure["layout"]["annotations"]
    assert [lab.get("name") for lab in labels if lab["text"] == "today"] == said


def test_the_burn_up_draws_scope_in_steps_and_the_forecast_as_a_band():
    figure = burn_up_of(future=future_days(10), due=date(2026, 11, 24))
    by_name = {trace.get("name"): trace for trace in figure["data"]}
    assert by_name["In scope"]["line"]["shape"] == "hv"
    assert len(by_name["In scope"]["x"]) == len(figure["days"]) == 25
    assert by_name["Passed"]["fill"] == "tozeroy"
    assert by_name["90 %"]["fill"] == "tonexty"
    # The band begins where the line of what passed ends.
    assert by_name["10 %"]["y"][0] == by_name["Passed"]["y"][-1] == 56
    texts = [label["text"] for label in figure["layout"]["annotations"]]
    assert "today" in texts
    assert any("due 24 Nov" in text for text in texts)
    assert any("On the due date: 60 to 80" in text for text in texts)
    assert figure["days"][-1]["forecast"] == "60 to 80"


def test_a_due_date_far_away_leaves_room_for_the_lines():
    figure = burn_up_of(due=date(2027, 11, 24))
    assert not any("due" in label["text"] for label in figure["layout"]["annotations"])
    assert figure["layout"]["xaxis"]["range"][1] < "2026-12-01"


def test_growth_is_named_where_it_happened():
    day = date(2026, 11, 12)
    added = ScopeAdded(tests=200, first=day - DAY, last=day, most=180, most_on=day)
    figure = burn_up_of(growth=added)
    texts = [label["text"] for label in figure["layout"]["annotations"]]
    assert "<b>+180</b> on 12 Nov" in texts


@pytest.mark.parametrize(
    ("top", "ticks"),
    [(2140, [0, 500, 1000, 1500, 2000, 2500]), (7, [0, 2, 4, 6, 8]), (1, [0, 1])],
)
def test_no_line_lies_above_the_last_tick_and_ticks_are_round(top, ticks):
    layout = burn_up_of(scope=top)["layout"]
    assert layout["yaxis"]["tickvals"] == ticks
    assert layout["yaxis"]["range"][1] >= ticks[-1] >= top
