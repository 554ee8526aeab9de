"""Milestones' progress kept beforehand: what would be computed, for as long as it is used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.models import CaseGroup, GroupedCase, MilestoneFigure
from dashboard.precomputed import precompute_milestones
from dashboard.precomputed.milestones import progress
from dashboard.precomputed.unchanged_milestones import unchanged_since
from dashboard.reading.scope import at
from dashboard.tasks import refresh_standard_figures
from ingest.contract import Counts
from ingest.models import Milestone, MilestoneMember, Project, Run
from ingest.partitions import ensure_partition, existing_months
from ingest.rollups import rebuild_run_days
from tests import clock, factories
from tests.dashboard.releases import DAY, counts_of, executed, growing, noon

pytestmark = pytest.mark.django_db
# However slow the machine is.
refresh_milestones = partial(precompute_milestones.precompute_milestones, longest_s=600)


@pytest.fixture
def project():
    return factories.make_project()


@pytest.fixture
def milestone(project):
    return factories.make_milestone(project, due_at=noon(-20))


def forge() -> None:
    """Change all that is kept, to see whether it is used."""
    for figure in MilestoneFigure.objects.all():
        text = json.dumps(figure.value).replace('"v1"', '"forged"')
        MilestoneFigure.objects.filter(pk=figure.pk).update(value=json.loads(text))


def is_used(of: Milestone, now: datetime | None = None, **values) -> bool:
    filters = Filters(now=now or clock.now(), **values)
    return progress(of.pk, filters).name == "forged"


@contextmanager
def rival(sql: str) -> Iterator[None]:
    """Another process that is in a transaction in which it did this."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(sql)
        yield
        other.rollback()
    finally:
        other.close()


def completed(milestone, days_ago: int) -> None:
    MilestoneMember.objects.filter(milestone=milestone).update(
        completed_at=noon(days_ago), state="completed"
    )
    Milestone.objects.filter(pk=milestone.pk).update(state="completed")


def test_what_was_kept_is_computed_anew_when_a_row_changes(project, milestone):
    executed(project, milestone, "PF", days_ago=2)
    assert counts_of(milestone) == {"passed": 1, "failed": 1}
    with CaptureQueriesContext(connection) as queries:
        progress(milestone.pk, Filters())
    assert len(queries) == 2
    executed(project, milestone, "PP", days_ago=1)
    assert counts_of(milestone) == {"passed": 2}
    group = CaseGroup.objects.create()
    for name in ("case 1", "case 2"):
        case = factories.make_case(project, name)
        GroupedCase.objects.create(group=group, case=case, by="mara")
    assert counts_of(milestone) == {"passed": 1}
    MilestoneMember.objects.filter(milestone=milestone).update(name="other")
    Milestone.objects.filter(pk=milestone.pk).update(due_at=noon(5))
    assert progress(milestone.pk, Filters()).due_on == noon(5).date()


def test_what_is_kept_is_what_was_computed(project, milestone):
    growing(project, milestone, passed_a_day=3)
    filters = Filters()
    first = progress(milestone.pk, filters)
    assert first.forecast
    assert first.burn_up
    assert progress(milestone.pk, filters) == first
    forge()
    assert progress(milestone.pk, filters) == replace(first, name="forged")
    assert is_used(milestone, milestone=(milestone.pk,))


def test_only_progress_over_all_runs_is_in_the_table(project, milestone):
    executed(project, milestone, "PF", days_ago=2)
    for values in ({"project": (project.pk,)}, {"window_days": 7}, {"q": "case"}):
        progress(milestone.pk, Filters(**values))
    assert not MilestoneFigure.objects.exists()
    assert refresh_milestones() == 1
    forge()
    assert not is_used(milestone, project=(project.pk,))
    assert not is_used(milestone, window_days=7)
    assert is_used(milestone)


def test_a_sync_that_changed_other_runs_alone_costs_no_new_progress(project, milestone):
    executed(project, milestone, "PF", days_ago=2)
    assert refresh_milestones() == 1
    forge()
    other = factories.make_run(project)
    factories.make_results(other, "F")
    rebuild_run_days([other.pk])
    assert is_used(milestone)
    with CaptureQueriesContext(connection) as queries:
        assert refresh_milestones() == 0
    assert not any("ingest_runday" in query["sql"] for query in queries)
    # The same counts from other rows are another progress all the same.
    with transaction.atomic():
        rebuild_run_days(Run.objects.exclude(pk=other.pk).values_list("pk", flat=True))
    assert not is_used(milestone)


def test_a_milestone_that_ended_is_the_same_tomorrow(project, milestone):
    executed(project, milestone, "PF", days_ago=9)
    assert refresh_milestones() == 1
    forge()
    assert not is_used(milestone, noon(-1))
    completed(milestone, days_ago=7)
    assert refresh_milestones() == 1
    forge()
    assert refresh_milestones(noon(-1)) == 0
    assert is_used(milestone, noon(-1))
    found = progress(milestone.pk, Filters(now=noon(-1)))
    MilestoneFigure.objects.all().delete()
    assert progress(milestone.pk, Filters(now=noon(-1))) == replace(found, name="v1")
    assert found.today == noon(-1).date()


def test_what_ends_today_is_computed_again_tomorrow(project, milestone):
    executed(project, milestone, "PF", days_ago=2)
    completed(milestone, days_ago=0)
    refresh_milestones(noon(0))
    forge()
    assert is_used(milestone, noon(0))
    assert not is_used(milestone, noon(-1))


def test_rows_that_are_dropped_with_their_month_make_progress_old(project, milestone):
    executed(project, milestone, "PF", days_ago=2)
    completed(milestone, days_ago=1)
    refresh_milestones()
    forge()
    assert is_used(milestone)
    ensure_partition(min(existing_months()) - DAY)
    assert not is_used(milestone)


def test_progress_of_another_release_is_not_used(project, milestone, settings):
    executed(project, milestone, "PF", days_ago=2)
    refresh_milestones()
    forge()
    settings.VERSION = "999.0"
    assert not is_used(milestone)


def test_progress_that_cannot_be_kept_is_shown_all_the_same(project, milestone, caplog):
    executed(project, milestone, "PF", days_ago=2)
    with rival("LOCK TABLE dashboard_milestonefigure IN EXCLUSIVE MODE"):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
        assert progress(milestone.pk, Filters()).counts == Counts(passed=1, failed=1)
    assert "are not kept" in caplog.text
    assert not MilestoneFigure.objects.exists()


def test_a_round_does_the_open_and_newest_first_and_ends_in_time(
    project, milestone, monkeypatch
):
    def tick() -> Iterator[int]:
        yield from count()

    executed(project, milestone, "P", days_ago=1)
    completed(milestone, days_ago=1)
    # Of another project, so that they have nothing to learn from the completed one.
    other = factories.make_project()
    older = factories.make_milestone(other, "older")
    newer = factories.make_milestone(other, "newer")
    executed(other, older, "PF", days_ago=5)
    executed(other, newer, "PF", days_ago=3)
    # Every look at the clock takes a second.
    monkeypatch.setattr(precompute_milestones, "monotonic", tick().__next__)
    kept = []
    for _ in range(4):
        assert refresh_milestones(longest_s=2) == (len(kept) < 3)
        kept.append(
            set(MilestoneFigure.objects.values_list("milestone__name", flat=True))
        )
    assert kept[:3] == [{"newer"}, {"newer", "older"}, {"newer", "older", "v1"}]


def test_no_round_begins_while_another_goes_on(project, milestone):
    executed(project, milestone, "PF", days_ago=2)
    with rival("SELECT pg_advisory_xact_lock(hashtext('milestone figures'))"):
        assert refresh_milestones() == 0
    assert refresh_milestones() == 1


def test_the_task_keeps_progress_too(project, milestone):
    executed(project, milestone, "PF", days_ago=2)
    refresh_standard_figures()
    forge()
    assert is_used(milestone)


def test_a_milestone_that_a_tool_took_away_later_was_another_before(project, milestone):
    completed(milestone, days_ago=7)
    MilestoneMember.objects.update(recorded_at=noon(8))
    factories.make_milestone(factories.make_project(), milestone.name)
    MilestoneMember.objects.filter(completed_at=None).update(
        recorded_at=noon(8), removed_at=noon(2)
    )
    assert unchanged_since(noon(1), [milestone.pk]) == {milestone.pk}
    assert unchanged_since(noon(3), [milestone.pk]) == set()


def test_progress_of_the_past_is_kept_until_its_projects_change(project, milestone):
    executed(project, milestone, "PF", days_ago=2)
    moment = clock.now()

    def reads_results() -> bool:
        with at(moment), CaptureQueriesContext(connection) as queries:
            assert progress(milestone.pk, Filters()).scope == 2
        return any("partition_on" in query["sql"] for query in queries)

    assert reads_results()
    assert not reads_results()
    Project.objects.update(version=F("version") + 1)
    assert reads_results()
