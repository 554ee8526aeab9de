"""The list of milestones."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.precomputed.milestones import progress
from dashboard.ui.links import AT_RISK
from tests import factories
from tests.dashboard.number_links import count_of, doors, html_of, rows_of
from tests.dashboard.pages.milestones.parts import due_on, page_of, plain
from tests.dashboard.releases import DAY, TODAY, executed, noon

pytestmark = pytest.mark.django_db


def test_open_milestones_stand_first_soonest_due_before_the_others(client, project):
    for name, state, due in (
        ("done lately", "completed", 3),
        ("done long ago", "completed", 90),
        ("later", "open", -30),
        ("sooner", "open", -5),
        ("no date", "open", None),
    ):
        at = None if due is None else noon(due)
        factories.make_milestone(project, name, state=state, due_at=at)
    html = html_of(client, "/milestones/")
    names = re.findall(r'class="nm trunc"[^>]*>([^<]*)<', html)
    assert names == ["sooner", "later", "no date", "done lately", "done long ago"]


def test_the_list_says_how_far_each_is_and_whether_at_risk(client, release):
    due_on(release, (TODAY + 2 * DAY).date())
    html = html_of(client, "/milestones/")
    said = plain(html)
    assert "At risk" in said
    assert re.search(r"Likely \d+ (to \d+ )?days? late\.", said)
    found = progress(release.pk, Filters())
    passed, scope = doors(html)
    for door, value in ((passed, found.counts.passed), (scope, found.scope)):
        assert door.value == value == count_of(html_of(client, door.href))
    assert f"{100 * found.passed_share:.1f}%" in said


def test_those_at_risk_have_the_order_of_their_dates_alone(client, release):
    due_on(release, (TODAY + 2 * DAY).date())
    heads = html_of(client, "/milestones/").partition("<thead>")[2]
    assert "sort=name" in heads.partition("</thead>")[0]
    heads = html_of(client, f"/milestones/?view={AT_RISK}").partition("<thead>")[2]
    assert "Milestone</th>" in heads
    assert "sort=" not in heads.partition("</thead>")[0]


def test_pages_of_milestones_follow_each_other(client, project):
    for number in range(60):
        due = noon(-number // 2)
        factories.make_milestone(project, f"m{number:02}", due_at=due)
    first = html_of(client, "/milestones/")
    following = unescape(re.search(r'href="([^"]*)" rel="next"', first)[1])
    assert rows_of(first) + rows_of(html_of(client, following)) == 60


def test_without_any_milestone_the_list_says_so(client, project):
    factories.make_run(project)
    html = html_of(client, "/milestones/?q=nothing")
    assert "No milestone matches" in html


def test_queries_do_not_grow_with_milestones_tests_or_runs(client, project, release):
    def asked(path, *, is_first):
        if is_first:
            cache.clear()
        with CaptureQueriesContext(connection) as queries:
            html_of(client, path)
        return len(queries)

    def all_asked():
        paths = ("/milestones/", page_of(release))
        return [asked(p, is_first=first) for p in paths for first in (True, False)]

    few = all_asked()
    for number in range(12):
        more = factories.make_milestone(project, f"m{number}", due_at=noon(-9))
        executed(project, more, "PF" * 8, days_ago=3)
        executed(project, release, "PF" * 8, days_ago=3)
    assert all_asked() == few
    assert max(few[1::2]) < 25


def test_those_overdue_stand_before_those_at_risk(client, project, release):
    """Without a forecast too, for which there were too few days; done ones are not."""
    due_on(release, (TODAY + 2 * DAY).date())
    for name, letters, due in (
        ("overdue", "PF", 3),
        ("long overdue", "PB", 30),
        ("done", "PP", 3),
        ("nothing known", "", 90),
        ("in time", "PF", -200),
    ):
        milestone = factories.make_milestone(project, name, due_at=noon(due))
        executed(project, milestone, letters, days_ago=5, cases=[name, f"{name} 2"])
    html = html_of(client, f"/milestones/?view={AT_RISK}")
    names = re.findall(r'class="nm trunc"[^>]*>([^<]*)<', html)
    assert names == ["long overdue", "overdue", "nothing known", "v26.12"]
    assert plain(html).count("Overdue") >= 3
