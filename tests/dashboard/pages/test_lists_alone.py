"""Lists over few rows of their own, or none."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from tests import factories
from tests.dashboard.number_links import html_of
from tests.dashboard.pages.test_lists import names
from tests.dashboard.world import ago, connect_only

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


def test_pages_follow_each_other_without_losing_or_repeating_a_row(client):
    project = factories.make_project(factories.make_connection())
    started_at = ago(days=1)
    for number in range(120):
        # Many at the same moment, where paging by time alone would lose some.
        at = started_at - timedelta(minutes=number // 40)
        factories.make_run(project, name=f"run {number}", started_at=at)
    seen, path = [], "/runs/"
    while path:
        html = html_of(client, path)
        seen += names(html)
        found = re.search(r'href="([^"]*)" rel="next"', html)
        path = unescape(found[1]) if found else ""
    assert len(seen) == len(set(seen)) == 120
    assert "101–120 of 120" in html
    back = html_of(client, unescape(re.search(r'href="([^"]*)" rel="prev"', html)[1]))
    assert names(back) == seen[50:100]


def test_when_no_test_fails_the_list_says_what_was_checked(client):
    project = factories.make_project(factories.make_connection())
    factories.make_results(factories.make_run(project), "PPP")
    assert "No test fails" in html_of(client, "/cases/?view=failing")


@pytest.mark.parametrize("path", ["/cases/999999/", "/milestones/999999/"])
def test_what_does_not_exist_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_lists_of_an_installation_without_rows_say_what_is_missing(client):
    assert "No tool is connected that you can see" in html_of(client, "/results/")
    connect_only()
    assert "No run has come in yet" in html_of(client, "/results/")
