"""The page of two runs side by side, as its readers get it over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from dashboard.metrics.compare import CATEGORIES, compare_runs
from dashboard.pages.compare.text import chance, compared_verdict, luck_remark
from dashboard.ui.parts import Number, Piece
from ingest.contract import Counts
from ingest.models import Run
from tests.dashboard.number_links import count_of, doors, html_of, rows_of, words_of
from tests.dashboard.page_reader import person
from tests.factories import NOW, make_connection, make_project, make_results, make_run

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def project():
    return make_project(make_connection(vendor="testmo"))


def two_runs(project, before="PPPFFFPFSPP", after="FFFPPFPPFSF", **values):
    base = make_run(
        project, started_at=NOW - 4 * HOUR, finished_at=NOW - 3 * HOUR, **values
    )
    make_results(base, before, duration_ms=61_000)
    head = make_run(
        project, started_at=NOW - 2 * HOUR, finished_at=NOW - HOUR, **values
    )
    make_results(head, after, duration_ms=5000, message="TimeoutError: 15000 ms")
    return base, head


def page_of(base: Run, head: Run, more: str = "") -> str:
    return f"/compare/?base={base.pk}&head={head.pk}{more}"


def categories(html: str) -> dict[str, float]:
    tabs = html[html.index('class="tabs"') : html.index("data-count")]
    found = re.findall(r'data-metric="(\w+)" data-value="([\d.]+)"', tabs)
    return {name: float(value) for name, value in found}


def test_the_sentence_says_what_changed_and_whether_chance_explains_it(client, project):
    base, head = two_runs(project, "P" * 12 + "FF", "F" * 12 + "PP")
    text = words_of(html_of(client, page_of(base, head)), " ")
    assert "12 regressions , 2 fixed ." in text
    assert "More than chance ( p = 0.013 )." in text
    assert "about once in 77 times" in text
    # The list of what got worse, with its messages, comes before the statistics.
    assert text.index("TimeoutError: 15000 ms") < text.index("More than chance")
    assert 'href="/api/docs/metrics/#comparing-two-runs"' in html_of(
        client, page_of(base, head)
    )


def test_each_count_is_the_length_of_its_list(client, project):
    base, head = two_runs(project)
    html = html_of(client, page_of(base, head))
    assert categories(html) == compare_runs(base, head).counts
    opened = {door.metric: door for door in doors(html) if door.metric in CATEGORIES}
    for name, number in compare_runs(base, head).counts.items():
        if number:
            listed = html_of(client, opened[name].href)
            assert count_of(listed) == rows_of(listed) == number == opened[name].value


def test_other_numbers_lead_to_their_rows_too(client, project):
    base, head = two_runs(project)
    for door in doors(html_of(client, page_of(base, head))):
        if door.metric not in CATEGORIES:
            assert rows_of(html_of(client, door.href)) == door.value


def test_both_runs_stand_side_by_side_and_change_places(client, project):
    base, head = two_runs(project)
    html = html_of(client, page_of(base, head))
    sides = re.findall(
        r'aria-label="(Base|Head)">.*?<a class="nm[^>]*>([^<]*)', html, re.S
    )
    assert [(role, name.strip()) for role, name in sides] == [
        ("Base", base.name),
        ("Head", head.name),
    ]
    swap = re.search(r'href="([^"]*)" aria-label="Swap base and head"', html)
    assert swap
    turned = categories(html_of(client, unescape(swap[1])))
    assert turned["regression"] == compare_runs(base, head).counts["fixed"]
    assert turned["fixed"] == compare_runs(base, head).counts["regression"]


def test_a_row_tells_both_outcomes_what_they_say_and_what_they_took(client, project):
    base, head = two_runs(project, "P", "F")
    html = html_of(client, page_of(base, head))
    (row,) = re.findall(r"<tr data-row>(.*?)</tr>", html, re.S)
    text = words_of(row, " ")
    assert "passed 1m 01s" in text
    assert "failed 5s TimeoutError: 15000 ms" in text
    assert text.endswith("56s")


def test_what_got_worse_stands_before_all_else(client, project):
    base, head = two_runs(project)
    tree = LexborHTMLParser(html_of(client, page_of(base, head)))
    tabs = [tab.text().strip() for tab in tree.css(".tabs small")]
    assert tabs[:2] == ["Regressions", "New failures"]
    listed = tree.css_first("#rows h2")
    assert listed
    assert listed.text() == "Regressions"
    # Without a regression the new failures are what is listed.
    base, head = two_runs(project, "PPS", "PPF")
    tree = LexborHTMLParser(html_of(client, page_of(base, head)))
    listed = tree.css_first("#rows h2")
    assert listed
    assert listed.text() == "New failures"


def test_without_a_base_it_is_the_run_before(client, project):
    base, head = two_runs(project)
    html = html_of(client, f"/compare/?head={head.pk}")
    assert categories(html) == compare_runs(base, head).counts


def test_without_runs_a_form_offers_recent_ones(client, project):
    base, head = two_runs(project)
    counts = make_run(project, counts=Counts(passed=1))
    html = html_of(client, "/compare/")
    offered = set(re.findall(r'<option value="(\d+)"', html))
    assert offered == {str(base.pk), str(head.pk)}
    assert str(counts.pk) not in offered
    first = html_of(client, f"/compare/?head={base.pk}")
    assert "There is no run before" in first
    assert f'<option value="{base.pk}" selected' in first


def test_runs_of_other_projects_are_offered_and_compared_by_key(client, project):
    base, head = two_runs(project)
    far = make_run(make_project(name="Far away"))
    make_results(far, "PP")
    html = html_of(client, page_of(far, head))
    assert "The runs are of two projects." in html
    assert categories(html) == compare_runs(far, head).counts
    assert "Far away" in html_of(client, page_of(base, head))


def test_a_run_with_totals_only_says_why_there_is_no_list(client, project):
    _, head = two_runs(project)
    counts = make_run(project, counts=Counts(passed=3))
    html = html_of(client, page_of(counts, head))
    assert "has totals only. A comparison needs results test by test." in html
    assert "data-count" not in html


def test_a_run_against_itself_is_told(client, project):
    base, _ = two_runs(project)
    html = html_of(client, page_of(base, base))
    assert "Base and head are the same run." in html
    assert "No test changed its outcome." in html


def test_what_is_no_run_is_left_out_and_told(client, project):
    _, head = two_runs(project)
    html = html_of(
        client, f"/compare/?base=nine&head={head.pk}&change=odd&sort=x&page=0"
    )
    assert "base was left out. There is no run “nine”." in html
    assert "change was left out." in html
    assert "sort was left out." in html
    assert "page was left out." in html
    assert "Choose two runs" in html


def test_the_list_is_searched_ordered_and_paged(client, project):
    base, head = two_runs(project, "P" * 60, "F" * 60)
    html = html_of(client, page_of(base, head))
    assert (count_of(html), rows_of(html)) == (60, 50)
    second = re.search(r'href="([^"]*)" rel="next"', html)
    assert second
    assert rows_of(html_of(client, unescape(second[1]).partition("#")[0])) == 10
    assert count_of(html_of(client, page_of(base, head, "&q=case 1"))) == 11
    nothing = html_of(client, page_of(base, head, "&q=nothing"))
    assert "No test matches" in nothing
    turned = html_of(client, page_of(base, head, "&sort=-name"))
    assert turned.index("case 9<") < turned.index("case 8<")


def test_the_change_of_the_duration_orders_what_has_none_last(client, project):
    base = make_run(project)
    head = make_run(project)
    for name, before, after in (("slower", 1000, 9000), ("faster", 9000, 1000)):
        make_results(base, "P", cases=[name], duration_ms=before)
        make_results(head, "F", cases=[name], duration_ms=after)
    make_results(base, "P", cases=["unknown"], duration_ms=None)
    make_results(head, "F", cases=["unknown"], duration_ms=None)

    def names(sort: str) -> list[str]:
        html = html_of(client, page_of(base, head, f"&sort={sort}"))
        return re.findall(r'<a class="nm trunc" href="/cases/[^>]*>([^<]*)', html)

    assert names("-change_ms") == ["slower", "faster", "unknown"]
    assert names("change_ms") == ["faster", "slower", "unknown"]


def test_a_run_page_leads_to_the_comparison_with_the_run_before(client, project):
    base, head = two_runs(project)
    html = html_of(client, f"/runs/{head.pk}/")
    link = re.search(r'href="([^"]*)">\s*Compare side by side', html)
    assert link
    assert unescape(link[1]) == page_of(base, head)
    assert f"/compare/?head={base.pk}" in html_of(client, f"/runs/{base.pk}/")


def test_readers_without_permission_are_sent_to_log_in(client, settings):
    settings.PUBLIC_READ = False
    person()
    answer = client.get("/compare/")
    assert (answer.status_code, answer.url.split("?")[0]) == (302, "/login/")


def test_the_number_of_queries_does_not_grow_with_the_cases(client, project):
    def queries(base: Run, head: Run) -> int:
        html_of(client, page_of(base, head))
        with CaptureQueriesContext(connection) as asked:
            html_of(client, page_of(base, head))
        return len(asked)

    few = queries(*two_runs(project, "PF", "FP"))
    assert queries(*two_runs(project, "PF" * 20, "FP" * 20)) == few


# --- the sentence ----------------------------------------------------------------------


def said(regressions: int, fixed: int, p: float, new: int = 0) -> str:
    numbers = [Number(text=str(n), value=n) for n in (regressions, fixed, new)]
    sentence = compared_verdict(*numbers).sentence
    luck = luck_remark(regressions + fixed, p)
    parts = (*sentence.bold, *sentence.rest, Piece(text=" "), *luck)
    return "".join(piece.text for piece in parts).strip()


def test_chance_is_told_in_words():
    assert said(0, 0, 1) == "No test changed its outcome."
    assert said(0, 0, 1, new=1) == (
        "No test changed its outcome. 1 test fails that base did not decide."
    )
    assert said(1, 0, 1).startswith(
        "1 regression, 0 fixed. No more than chance (p = 1)."
    )
    assert said(300, 1, 1e-80).endswith("less than once in 1,000 times.")
    assert said(3, 2, 1).endswith(
        "A fair coin would often split them at least as unevenly."
    )


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (1, "p = 1"),
        (0.9996, "p = 0.99"),
        (0.0129, "p = 0.013"),
        (0.5, "p = 0.5"),
        (0, "p < 0.001"),
    ],
)
def test_a_chance_reads_with_two_digits(p: float, text: str):
    assert chance(p) == text
