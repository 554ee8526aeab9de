"""A milestone's numbers and the tests and runs behind them."""

from __future__ import annotations

import pytest

from dashboard.filters import Filters
from dashboard.models import CaseGroup, GroupedCase
from dashboard.precomputed.milestones import progress
from ingest.models import Case
from ingest.upsert import store_milestone_cases
from tests import clock, factories
from tests.dashboard.number_links import count_of, doors, html_of, rows_of, words_of
from tests.dashboard.pages.milestones.parts import page_of
from tests.dashboard.releases import executed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("query", ["", "?tool=testmo", "?window=7d"])
def test_behind_each_number_of_a_milestone_are_exactly_its_rows(client, release, query):
    found = doors(html_of(client, page_of(release, query)))
    assert len(found) > 6
    for door in found:
        html = html_of(client, door.href)
        behind = rows_of(html) if "/runs/" in door.href else count_of(html)
        if door.href.startswith("/runs/?"):
            behind = count_of(html)
        assert door.value == behind, door


def test_the_numbers_are_those_of_the_metric(client, release):
    found = progress(release.pk, Filters())
    shown: dict[str, float] = {}
    for door in doors(html_of(client, page_of(release))):
        shown.setdefault(door.metric, door.value)
    counts = found.counts
    assert shown["scope"] == counts.total == 70
    assert shown["passed"] == counts.passed
    assert shown["failed"] == counts.failed == 3
    assert shown["not_run"] == counts.untested + counts.running + counts.unknown
    assert shown["left"] == found.left


def test_tests_that_are_the_same_in_two_tools_are_listed_once(
    client, project, other, release
):
    group = CaseGroup.objects.create()
    for where, name in ((project, "case 50"), (other, "portal a")):
        case = factories.make_case(where, name)
        GroupedCase.objects.create(group=group, case=case, by="mara")
    for door in doors(html_of(client, page_of(release))):
        if door.href.startswith("/cases/"):
            assert door.value == count_of(html_of(client, door.href)), door
    listed = html_of(client, f"/cases/?milestone={release.pk}&view=scope&q=portal+a")
    assert count_of(listed) == 1


def test_the_list_of_tests_shows_what_counts_and_not_what_came_last(
    client, project, milestone
):
    executed(project, milestone, "F", days_ago=3)
    executed(project, milestone, "S", days_ago=1)
    html = html_of(client, f"/cases/?milestone={milestone.pk}&view=scope")
    assert 'aria-label="failed"' in html
    assert "Tests of v26.12" in html
    failed = html_of(
        client, f"/cases/?milestone={milestone.pk}&view=scope&status=failed"
    )
    assert count_of(failed) == 1


def test_a_view_of_tests_in_scope_without_a_milestone_is_the_plain_list(
    client, release
):
    assert count_of(html_of(client, "/cases/?view=scope")) == count_of(
        html_of(client, "/cases/")
    )


def test_runs_tell_how_many_tests_count_with_their_result(client, project, milestone):
    executed(project, milestone, "PPP", days_ago=3, name="first")
    executed(project, milestone, "PP", days_ago=1, name="second")
    found = doors(html_of(client, page_of(milestone)))
    here = [door.value for door in found if door.metric == "counts_here"]
    assert here == [2, 1]


def test_tests_that_were_assigned_and_never_executed_are_behind_their_numbers(client):
    project = factories.make_project()
    milestone = factories.make_milestone(project, "v99")
    case = factories.make_case(project, "written down")
    Case.objects.filter(pk=case.pk).update(declared_at=clock.now())
    (member,) = milestone.members.all()
    store_milestone_cases(member, ["written down"], clock.now(), is_whole=True)
    html = html_of(client, f"/milestones/{milestone.pk}/")
    leading = [door for door in doors(html) if door.href.startswith("/cases/")]
    assert {door.value for door in leading} == {1}
    for door in leading:
        found = html_of(client, door.href)
        assert count_of(found) == 1, door.href
        assert "written down" in found
    # Without any run it is in the list, with nothing of it done.
    assert "0 of 1" in words_of(html_of(client, "/milestones/"))
