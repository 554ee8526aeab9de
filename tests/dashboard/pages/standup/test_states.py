"""The stand-up where something is missing, and what it costs."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.tasks import refresh_standard_figures
from ingest.contract import Counts
from tests import factories
from tests.dashboard.number_links import count_of, doors, html_of
from tests.dashboard.pages.standup.parts import (
    HOUR,
    broken,
    busy,
    card,
    drawn,
    markdown_of,
    sentence,
)
from tests.dashboard.releases import TODAY, growing
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_the_page_refreshes_itself_at_its_own_address(client, project):
    drawn(project, "PP", "case")
    address = f"/standup/?project={project.pk}"
    html = html_of(client, f"{address}&theme=dark")
    main = html[html.index("<main") :].partition(">")[0]
    assert f'hx-get="{address}"' in main
    assert 'data-theme="dark"' in html
    assert re.search(r"Refreshes every minute, last at \d\d:\d\d", html)
    answer = client.get(address, headers={"HX-Request": "1", "HX-Target": "content"})
    assert "HX-Push-Url" not in answer


def test_without_a_tool_it_says_where_to_begin(client):
    html = html_of(client, "/standup/")
    assert "No tool is connected that you can see" in html
    assert "su-newly-failing" not in html


def test_before_the_first_run_it_says_what_it_waits_for(client, project):
    html = html_of(client, "/standup/")
    assert "No run has come in yet" in html
    assert "su-newly-failing" not in html


def test_quiet_cards_say_what_was_looked_for(client, project):
    drawn(project, "PPPPPP", "well")
    html = html_of(client, "/standup/")
    assert "No test started failing since yesterday" in card(html, "newly-failing")
    assert "No failing test was fixed" in card(html, "fixed")
    assert "No test became flaky" in card(html, "newly-flaky")
    assert "No open milestone is late or expected to be." in card(html, "at-risk")
    assert "Every tool has given its newest data." in card(html, "stale")
    assert "### Fixed (0)\n\nNo failing test was fixed" in markdown_of(client)


@pytest.mark.django_db(transaction=True)
def test_a_part_that_the_database_does_not_answer_leaves_the_others(client, project):
    busy(project)

    def refuse(execute, sql, params, many, context):
        if "AS moments(moment)" in sql:
            sql = "SELECT 1 / 0"
            params = ()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        html = html_of(client, "/standup/")
    assert sentence(html) == "What changed did not load."
    assert "This part did not load" in card(html, "newly-failing")
    assert "This part did not load" in card(html, "fixed")
    assert "score " in card(html, "newly-flaky")


def test_what_is_not_understood_is_said(client, project):
    drawn(project, "PP", "case")
    html = html_of(client, "/standup/?foo=1&status=failed&format=pdf")
    for name in ("foo", "status", "format"):
        assert f"{name} was left out." in html


def test_readers_without_the_right_are_led_to_the_log_in(client, project, settings):
    settings.PUBLIC_READ = False
    assert client.get("/standup/").status_code == 302
    assert client.get("/standup/?format=md").status_code == 302


def test_what_was_kept_is_asked_for_with_few_queries(client, project):
    busy(project)
    growing(project, factories.make_milestone(project, due_at=TODAY), passed_a_day=2)
    live = [(door.metric, door.value) for door in doors(html_of(client, "/standup/"))]
    refresh_standard_figures()
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        html_of(client, "/standup/")
    assert len(asked) <= 27
    assert not any("WITH " in query["sql"] for query in asked)
    kept = [(door.metric, door.value) for door in doors(html_of(client, "/standup/"))]
    assert kept == live


def test_the_database_is_asked_as_often_for_much_as_for_little(client, project):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            html_of(client, "/standup/")
        return len(asked)

    busy(project)
    few = queries()
    for number in range(20):
        broken(project, f"more {number}", f"Other {'y' * number}", uuid4())
        drawn(project, "PFFFFP", f"more mended {number}")
    assert queries() <= few


@pytest.mark.parametrize("view", ["newly-failing", "fixed", "newly-flaky"])
def test_a_list_without_a_test_says_so(client, project, view):
    drawn(project, "PPPPPP", "well")
    html = html_of(client, f"/cases/?view={view}")
    assert count_of(html) == 0
    assert re.search(r"No (failing )?test \w+ .*since yesterday", html)


def test_the_sync_page_shows_all_connections_again(client, project):
    other = factories.make_connection("other")
    html = html_of(client, f"/sync/?connection={other.pk}")
    assert html.count('id="connection-') == 1
    assert "All 2" in html
    assert html_of(client, "/sync/?connection=999999").count('id="connection-') == 2


def test_of_totals_alone_no_test_is_told_to_have_turned(client, project):
    counts = Counts(passed=1, failed=3999)
    factories.make_run(project, started_at=NOW - HOUR, counts=counts)
    html = html_of(client, "/standup/")
    assert sentence(html) == "Pass rate <0.1%, of totals only."
    for key in ("newly-failing", "fixed", "newly-flaky"):
        assert "Totals only: what became of each test is not known." in card(html, key)
        assert ">0<" not in card(html, key)
    assert "no new failures" not in html
    assert "### Newly failing (\N{EN DASH})" in markdown_of(client)
