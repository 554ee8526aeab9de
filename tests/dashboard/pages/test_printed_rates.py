"""Rates next to their ends, read on every page that prints one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ingest.contract import Counts
from tests import factories
from tests.dashboard.number_links import numbers
from tests.dashboard.page_reader import person
from tests.factories import NOW

NEARLY_ALL, HARDLY_ANY = (
    Counts(passed=99_999, failed=1),
    Counts(passed=1, failed=99_999),
)


@pytest.fixture
def site(client):
    client.force_login(person("mara"))
    return client


def read(site, paths):
    return {path: site.get(path).content.decode() for path in paths}


def extreme_projects():
    """Two projects whose rates lie next to the ends on every day; their pages."""
    connection = factories.make_connection("Testmo", vendor="testmo")
    found = ["/", "/standup/", "/standup/?format=md", "/runs/", "/milestones/"]
    for name, counts in (("Shop", NEARLY_ALL), ("Portal", HARDLY_ANY)):
        project = factories.make_project(connection, name=name)
        milestone = factories.make_milestone(project, f"{name} 1")
        for hours in (1, 26, 900):
            run = factories.make_run(
                project,
                milestones=[milestone],
                started_at=NOW - timedelta(hours=hours),
                counts=counts,
            )
        found += [f"/projects/{project.pk}/", f"/runs/{run.pk}/"]
        found += [f"/milestones/{milestone.pk}/"]
    return found


def flaky_project():
    project = factories.make_project(name="Rows")
    factories.make_history(project, "PFPPPPFPPP", case="now and then")
    return [f"/projects/{project.pk}/", f"/cases/{project.cases.get().pk}/", "/flaky/"]


@pytest.mark.django_db
def test_no_page_prints_all_or_nothing_of_a_rate_between(site):
    pages = read(site, [*extreme_projects(), *flaky_project()])
    shown = [
        (number.text, number.value)
        for html in pages.values()
        for number in numbers(html)
        if number.text.endswith("%") and number.value is not None
    ]
    between = [text for text, value in shown if 0 < value < 1]
    assert len(between) > 10
    assert {"99.9%", "<0.1%"} <= set(between)
    assert not {"0%", "0.0%", "100%", "100.0%"} & set(between)


@pytest.mark.django_db
def test_words_around_the_numbers_round_no_rate_to_an_end(site):
    """Titles, labels, chart data and Markdown."""
    pages = read(site, extreme_projects())
    ends = re.compile(r"(?<![\d.])(?:0\.0|100\.0) ?%")
    found = {path: ends.findall(html) for path, html in pages.items()}
    assert found == {path: [] for path in pages}
    assert "99.9%" in "".join(pages.values())
