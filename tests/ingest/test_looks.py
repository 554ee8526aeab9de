"""When a project is compared whole with its vendor's list, and what that finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Max

from ingest import looks
from ingest.models import (
    Connection,
    Project,
    Result,
    Run,
    Sync,
    Trigger,
    UnreadableRun,
)
from ingest.sync import carry_out, discover, request_sync, unreadable
from tests.clock import now
from tests.factories import NOW, make_connection, make_project, make_run
from tests.ingest import small_world
from tests.ingest.served import OUTCOMES, Served, a_testmo, served

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LISTS = r"projects/1/automation/runs\?"


@pytest.fixture
def vendor(settings: Any, clock: Any) -> Iterator[Served]:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    with served(a_testmo()) as vendor:
        yield vendor


def child(parent: Sync, name: str = "Product 1") -> Sync:
    return parent.children.get(project__name=name)


def a_project(**values: Any) -> Project:
    project = make_project()
    Project.objects.filter(pk=project.pk).update(**values)
    project.refresh_from_db()
    return project


# When


def test_each_project_has_one_moment_a_period(settings: Any):
    settings.RECONCILE_HOURS = 24.0
    project = a_project()
    first = looks.next_at(project, NOW)
    assert NOW < first <= NOW + DAY
    assert looks.next_at(project, first) == first + DAY
    assert looks.next_at(project, first - timedelta(seconds=1)) == first


def test_the_moments_of_many_projects_are_spread(settings: Any):
    settings.RECONCILE_HOURS = 24.0
    waits = [looks.next_at(Project(pk=pk), NOW) - NOW for pk in range(1, 241)]
    for hour in range(0, 24, 6):
        lot = [wait for wait in waits if hour * HOUR <= wait < (hour + 6) * HOUR]
        assert 40 <= len(lot) <= 80


def test_a_look_is_due_once_its_moment_has_come(settings: Any):
    settings.RECONCILE_HOURS = 24.0
    project = a_project(looked_at=NOW)
    moment = looks.next_at(project, NOW)
    assert not looks.is_due(project, moment - timedelta(seconds=1))
    assert looks.is_due(project, moment + timedelta(seconds=1))


def test_a_look_that_failed_is_tried_again_after_an_hour(settings: Any):
    settings.RECONCILE_HOURS = 24.0
    project = a_project(looked_at=NOW - 3 * DAY, look_tried_at=NOW)
    assert not looks.is_due(project, NOW + HOUR / 2)
    assert looks.is_due(project, NOW + HOUR)


def test_zero_hours_look_with_every_sync(settings: Any):
    settings.RECONCILE_HOURS = 0.0
    assert looks.is_due(a_project(looked_at=NOW, look_tried_at=NOW), NOW)


def test_what_was_not_compared_for_two_periods_is_overdue(settings: Any):
    settings.RECONCILE_HOURS = 6.0
    connection = make_connection()
    assert not looks.is_overdue(connection, NOW - 12 * HOUR, NOW)
    assert looks.is_overdue(connection, NOW - 12.1 * HOUR, NOW)
    settings.RECONCILE_HOURS = 0.0
    assert not looks.is_overdue(connection, NOW - connection.fresh_for, NOW)


# What a sync lists


def test_the_first_sync_is_a_look_and_the_next_lists_three_days(vendor: Served):
    first = child(vendor.sync())
    assert first.is_look
    project = Project.objects.get(name="Product 1")
    assert project.looked_at == first.started_at
    vendor.connection.refresh_from_db()
    others = Project.objects.values_list("looked_at", flat=True)
    assert vendor.connection.looked_at == min(others)
    second = child(vendor.sync())
    assert not second.is_look
    assert second.window_since is not None
    assert DAY * 2.9 < now() - second.window_since < DAY * 3.1


def test_a_change_in_an_old_run_waits_for_the_look(vendor: Served):
    begun = now() - 20 * DAY
    changed = small_world.run(1, OUTCOMES, started_at=begun)
    vendor.simulator.clock = now
    vendor.simulator.projects[0].runs[:] = [changed]
    vendor.sync()
    changed.name = "Another name"
    assert vendor.sync().runs_written == 0
    Project.objects.update(looked_at=now() - 2 * DAY, look_tried_at=None)
    parent = vendor.sync()
    assert child(parent).is_look
    assert parent.runs_written == 1
    assert Run.objects.filter(name="Another name").exists()


def test_a_person_may_ask_for_a_look(vendor: Served):
    vendor.sync()
    parent = vendor.sync(is_look=True)
    assert all(one.is_look for one in parent.children.all())


def test_a_look_that_fails_does_not_count(vendor: Served):
    vendor.sync()
    Project.objects.update(looked_at=now() - 2 * DAY, look_tried_at=None)
    vendor.simulator.faults.add(LISTS, "status:500", times=None)
    assert child(vendor.sync()).status == "failed"
    project = Project.objects.get(name="Product 1")
    assert project.looked_at is not None
    assert project.looked_at < now() - DAY
    assert project.look_tried_at is not None
    vendor.simulator.faults.clear()
    assert not child(vendor.sync()).is_look
    Project.objects.update(look_tried_at=now() - HOUR)
    assert child(vendor.sync()).is_look


# Runs that cannot be read


def test_pauses_double_from_the_second_failure_up_to_a_day():
    minutes = [unreadable.pause_after(n) / timedelta(minutes=1) for n in range(1, 6)]
    assert minutes == [0, 5, 10, 20, 40]
    assert unreadable.pause_after(60) == DAY


def test_a_run_that_cannot_be_read_is_put_off_and_forgotten_once_it_can(vendor: Served):
    vendor.simulator.faults.add(r"/runs/3/tests", "status:500", times=None)
    first = vendor.sync()
    assert first.status == "partial"
    assert "Run 3 could not be read" in first.error
    vendor.connection.refresh_from_db()
    # All else is read: the connection is as fresh as any.
    assert vendor.connection.last_error == ""
    assert vendor.connection.last_success_at == first.finished_at
    assert vendor.sync().status == "partial"
    asked = asks_for_rows(vendor)
    third = vendor.sync()
    assert third.status == "partial"
    assert "asked for later" in third.error
    assert asks_for_rows(vendor) == asked
    UnreadableRun.objects.update(next_try_at=F("next_try_at") - HOUR)
    vendor.simulator.faults.clear()
    assert vendor.sync().status == "ok"
    assert not UnreadableRun.objects.exists()
    assert Run.objects.filter(external_id="3").exists()


def asks_for_rows(vendor: Served) -> int:
    return sum("/runs/3/tests" in str(one) for one in vendor.simulator.log)


def test_a_person_who_asks_for_a_sync_has_everything_tried(vendor: Served):
    vendor.simulator.faults.add(r"/runs/3/tests", "status:500", times=None)
    vendor.sync()
    vendor.sync()
    vendor.simulator.faults.clear()
    assert vendor.sync().status == "partial"
    assert unreadable.postponed(Project.objects.get(name="Product 1")) == {"3"}
    parent = request_sync(Connection.objects.get(), Trigger.PERSON)
    assert parent is not None
    for one in discover(parent):
        carry_out(one)
    parent.refresh_from_db()
    assert parent.status == "ok"
    assert not UnreadableRun.objects.exists()


def test_a_pause_of_a_day_moves_the_next_sync(vendor: Served):
    vendor.sync()
    vendor.simulator.faults.add(LISTS, "status:429", times=None, retry_after="86400")
    assert child(vendor.sync()).status == "failed"
    connection = Connection.objects.get()
    assert connection.next_sync_at is not None
    assert connection.next_sync_at > now() + 23 * HOUR


# Open runs


@pytest.mark.parametrize(
    ("silent_days", "pause_h"), [(0, 0), (2.9, 0), (4, 4), (10, 10), (24, 24), (90, 24)]
)
def test_a_silent_open_run_is_asked_for_ever_more_rarely(silent_days, pause_h):
    run = make_run(make_project(), is_open=True, active_at=NOW - silent_days * DAY)
    assert run.pause(NOW) == pause_h * HOUR
    run.read_at = NOW - pause_h * HOUR
    assert run.is_due(NOW)
    run.read_at += timedelta(seconds=1)
    assert not run.is_due(NOW)


def test_an_open_run_is_as_old_as_its_last_result_when_it_is_met(vendor: Served):
    vendor.simulator.projects[0].runs[2].finished_at = None
    vendor.sync()
    run = Run.objects.get(is_open=True)
    last = Result.objects.filter(run=run).aggregate(at=Max("at"))["at"]
    assert run.active_at == last < now() - 10 * DAY
    # What happens in it makes it a lively one again.
    run.name, run.must_be_read = "Another name", True
    run.save()
    vendor.sync()
    run.refresh_from_db()
    assert run.active_at > now() - HOUR
