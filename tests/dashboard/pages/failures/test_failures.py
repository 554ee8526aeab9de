"""The page of failures, as its readers get it over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.pages.failures.text import failures_verdict
from dashboard.ui.parts import Number
from ingest.contract import Counts
from ingest.models import Run
from ingest.signatures import sign_messages
from tests import factories
from tests.dashboard.locks import locked
from tests.dashboard.number_links import (
    count_of,
    doors,
    html_of,
    rows_of,
    without_rows,
    words_of,
)
from tests.dashboard.page_reader import person
from tests.dashboard.world import connect_only
from tests.factories import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


def run_of(days_ago: float, **values: object) -> Run:
    return factories.make_run(started_at=NOW - days_ago * DAY, **values)


def failed(run: Run, message: str, *cases: str) -> None:
    factories.make_results(run, "F" * len(cases), cases=cases, message=message)


@pytest.fixture
def project():
    """Eight failures in the window: a group of five, of two, and one without words."""
    project = factories.make_project()
    first, last = (run_of(days, project=project) for days in (20, 2))
    failed(run_of(50, project=project), "known for long", "a")
    failed(first, "waited 10 s", "a", "b")
    failed(last, "waited 30 s", "a", "b", "c")
    failed(last, "known for long", "d")
    failed(first, "known for long", "d")
    failed(last, "", "e")
    factories.make_results(last, "PPS", cases=["x", "y", "z"])
    sign_messages()
    return project


def rows(html: str) -> list[str]:
    """The text of each row, in a line."""
    found = re.findall(r"<tr data-row>(.*?)</tr>", html, re.S)
    return [words_of(row, " ") for row in found]


def test_the_sentence_says_how_few_messages_explain_most(client, project):
    html = html_of(client, "/failures/")
    verdict = words_of(html[html.index('class="verdict"') :])
    assert "2 messages explain 87.5% of 8 failures." in verdict
    assert "The most frequent one alone 62.5%. 1 failure says nothing." in verdict


def test_each_group_is_a_row_with_its_newest_message(client, project):
    first, second, silent = rows(html_of(client, "/failures/"))
    assert first.startswith("waited 30 s 5 result")
    assert second.startswith("known for long 2 result")
    assert silent.startswith("No message 1 result")
    assert "62.5%" in first


@pytest.mark.parametrize("query", ["", "?window=7d", "?message=waited", "?sort=-runs"])
def test_behind_each_number_are_exactly_its_rows(client, project, query: str):
    found = doors(html_of(client, f"/failures/{query}"))
    kinds = {door.metric for door in found}
    assert {"results", "cases", "runs", "not_passed"} <= kinds
    for door in found:
        if door.metric == "share":
            continue
        html = html_of(client, door.href)
        assert count_of(html) == rows_of(html) == door.value, door


def test_a_list_of_one_message_says_so_and_leads_to_all(client, project):
    door = next(
        d for d in doors(html_of(client, "/failures/")) if d.metric == "results"
    )
    html = html_of(client, door.href)
    everything = re.search(r'href="([^"]*)"[^>]*>One message ×', html)
    assert everything
    assert count_of(html_of(client, unescape(everything[1]))) == 8


def test_a_message_is_new_when_it_was_never_seen_before(client, project):
    failed(run_of(1, project=project), "never seen", "a")
    sign_messages()
    by_text = {row.split(" ")[0]: row for row in rows(html_of(client, "/failures/"))}
    assert " new " in by_text["never"]
    assert " new " not in by_text["waited"]
    assert f"before {(NOW - 30 * DAY).day} " in by_text["known"]
    # All of a short window lies in the last days; that makes nothing new.
    week = {
        row.split(" ")[0]: row for row in rows(html_of(client, "/failures/?window=7d"))
    }
    assert " new " not in week["waited"]


def test_a_part_of_a_message_narrows_the_list_and_not_the_sentence(client, project):
    html = html_of(client, "/failures/?message=KNOWN")
    assert count_of(html) == 1
    assert "of <" in html or "8 failures" in html
    assert "8 failures" in html
    nothing = html_of(client, "/failures/?message=nowhere")
    assert "No message matches these filters" in nothing
    assert "Clear search" in nothing


def test_runs_without_rows_are_told(client, project):
    factories.make_run(project, counts=Counts(failed=3, error=1, passed=9))
    html = html_of(client, "/failures/")
    assert "and 4 failures in 1 run without rows" in html
    total = next(door for door in doors(html) if door.metric == "not_passed")
    assert without_rows(html_of(client, total.href)) == (4, 1)


def test_no_failure_is_good_news(client):
    factories.make_results(factories.make_run(), "PP")
    html = html_of(client, "/failures/")
    assert "No failure in this time" in html
    assert 'class="verdict"' not in html


def test_without_a_connection_the_page_offers_to_connect(client):
    assert "No tool is connected that you can see" in html_of(client, "/failures/")


def test_a_stale_tool_is_named(client):
    connect_only()
    project = factories.make_project(
        factories.make_connection("Old one", last_success_at=NOW - 3 * DAY)
    )
    failed(run_of(4, project=project), "gone", "a")
    assert "Without Old one, 3 days old." in html_of(client, "/failures/")


@pytest.mark.django_db(transaction=True)
def test_a_table_that_does_not_load_leaves_the_page(client):
    failed(run_of(1), "gone", "a")
    with locked("ingest_resulttext"):
        html = html_of(client, "/failures/")
    assert "This table did not load" in html
    assert 'id="filters"' in html
    assert "This table did not load" not in html_of(client, "/failures/")


def test_readers_without_permission_are_sent_to_log_in(client, project, settings):
    settings.PUBLIC_READ = False
    person()
    answer = client.get("/failures/")
    assert (answer.status_code, answer.url.split("?")[0]) == (302, "/login/")


def test_rubbish_in_the_address_is_left_out_and_told(client, project):
    html = html_of(client, "/failures/?sort=odd&latest=1&cursor=zz")
    assert "sort was left out." in html
    assert "latest was left out." in html
    assert "this is the first page" in html
    assert count_of(html) == 3


def test_messages_of_vendors_are_text_and_not_markup(client):
    failed(run_of(1), "<script>alert(1)</script>\n" * 4, "a")
    html = html_of(client, "/failures/")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_pages_of_fifty_hold_every_group_once(client, project):
    run = run_of(1, project=project)
    for number in range(60):
        failed(run, f"kind {'x' * number}", f"case {number}")
    html = html_of(client, "/failures/")
    assert (count_of(html), rows_of(html)) == (63, 50)
    following = re.search(r'href="([^"]*)" rel="next"', html)
    assert following
    assert rows_of(html_of(client, unescape(following[1]))) == 13


def test_the_number_of_queries_does_not_grow_with_the_groups(client, project):
    def queries() -> int:
        html_of(client, "/failures/")
        with CaptureQueriesContext(connection) as asked:
            html_of(client, "/failures/")
        return len(asked)

    few = queries()
    run = run_of(1, project=project)
    for number in range(20):
        failed(run, f"kind {'x' * number}", f"case {number}")
    sign_messages()
    assert queries() == few


# --- the sentence ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "silent", "said"),
    [
        ([80, 10, 10], 0, "1 message explains 80.0% of 100 failures."),
        ([50, 20, 10, 10, 10], 0, "3 messages explain 80.0% of 100 failures."),
        ([30, 20], 50, "2 messages explain 50.0% of 100 failures."),
        ([], 7, "7 failures without any message."),
        ([1], 0, "1 message explains 100.0% of 1 failure."),
    ],
)
def test_the_fewest_messages_that_explain_most_are_told(results, silent, said):
    total = Number(text="", value=sum(results) + silent)
    verdict = failures_verdict(results, Number(text="", value=silent), total)
    assert "".join(piece.text for piece in verdict.sentence.bold) == said


def test_a_list_of_results_leads_to_their_messages(client, project):
    html = html_of(client, f"/results/?project={project.pk}&status=failed&final=1")
    link = re.search(r'href="([^"]*)"[^>]*><span>Failures by message', html)
    assert link
    assert unescape(link[1]) == f"/failures/?project={project.pk}"
