"""All tests by duration, as a page."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingest.models import Project
from tests import factories
from tests.dashboard.metrics.test_slow import timed
from tests.dashboard.number_links import count_of, doors, html_of, rows_of
from tests.dashboard.pages.test_lists import link, names
from tests.dashboard.world import connect_only

pytestmark = pytest.mark.django_db
PATH = "/cases/?view=slow"


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def project() -> Project:
    project = factories.make_project(factories.make_connection("Testmo"))
    for case, before_ms, now_ms in (("a", 1000, 1000), ("b", 1000, 9000), ("c", 4, 2)):
        timed(project, before_ms, case=case, days_ago=40)
        timed(project, now_ms, now_ms, None, case=case)
        timed(project, 60_000, case=case, letter="F", days_ago=3)
    return project


def test_tests_stand_slowest_first_with_what_they_took(client, project):
    html = html_of(client, PATH)
    assert names(html) == ["b", "a", "c"]
    assert count_of(html) == 3
    assert 'data-metric="p50_ms" data-value="9000"' in html
    assert "of 2 known durations" in html


def test_behind_the_number_of_passes_are_the_passes(client, project):
    found = [door for door in doors(html_of(client, PATH)) if door.metric == "passed"]
    assert [door.value for door in found] == [3, 3, 3]
    for door in found:
        assert count_of(html_of(client, door.href)) == 3


def test_a_median_that_grew_by_more_than_a_fifth_is_worse(client, project):
    html = html_of(client, PATH)
    tones = re.findall(r'class="delta (\w+)"', html)
    assert tones == ["bad", "flat", "good"]
    assert "800%" in html


def test_the_order_is_chosen_by_its_column_and_kept_in_the_address(client, project):
    by_change = link(html_of(client, PATH), "Change")
    assert by_change == "/cases/?sort=-change&view=slow"
    assert names(html_of(client, by_change)) == ["b", "a", "c"]
    turned = link(html_of(client, by_change), "Change")
    assert names(html_of(client, turned)) == ["c", "a", "b"]
    assert names(html_of(client, "/cases/?sort=p50_ms&view=slow")) == ["c", "a", "b"]


def test_pages_of_any_order_follow_each_other_without_losing_a_row(client):
    run = factories.make_run()
    cases = [f"case {number:02}" for number in range(60)]
    factories.make_results(run, "P" * 60, cases=cases)
    for sort in ("", "&sort=-p95_ms", "&sort=change"):
        first = html_of(client, PATH + sort)
        second = html_of(client, link(first, "Next"))
        assert sorted(names(first) + names(second)) == cases
        assert "51–60 of 60" in second


def test_a_search_narrows_the_list_and_the_export(client, project):
    html = html_of(client, f"{PATH}&q=B")
    assert names(html) == ["b"]
    assert 'href="/api/v1/metrics/slow/?q=B&amp;format=csv"' in html


def test_without_a_known_duration_the_page_says_so(client):
    project = factories.make_project(factories.make_connection())
    timed(project, None)
    assert "No duration is known" in html_of(client, PATH)


def test_before_the_first_run_the_page_says_what_is_missing(client):
    connect_only()
    assert rows_of(html_of(client, PATH)) == 0


def test_more_rows_need_no_more_queries(client):
    run = factories.make_run()
    factories.make_results(run, "P")
    counts = []
    for letters in ("", "P" * 30):
        if letters:
            factories.make_results(run, letters, cases=[f"c{n}" for n in range(30)])
        with CaptureQueriesContext(connection) as captured:
            html_of(client, PATH)
        counts.append(len(captured))
    assert counts[1] <= counts[0]
