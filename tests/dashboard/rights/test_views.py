"""The views by which a reader meets only what is theirs, while they are not there or made
anew.
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from dashboard.reading.schemas import drop_before, make_after
from dashboard.reading.scope import Scope, reading
from ingest.models import Connection, Milestone, MilestoneMember, Run
from ingest.partitions import existing_months
from tests.factories import NOW, make_milestone, make_project, make_results, make_run

pytestmark = pytest.mark.django_db
DASHBOARD = apps.get_app_config("dashboard")
FORWARDS, BACKWARDS = [(None, False)], [(None, True)]


def told(scope: Scope) -> str:
    """How many runs there are, or why that is not known."""
    try:
        with reading(scope), transaction.atomic():
            return str(Run.objects.count())
    except DatabaseError as error:
        return str(error)


@pytest.fixture
def scopes() -> list[Scope]:
    """Of a reader of one run of two, now and then."""
    run = make_run(started_at=NOW, recorded_at=NOW)
    make_results(run, "P")
    make_run(make_project(name="hidden"))
    Connection.objects.update(created_at=NOW)
    mine = frozenset([run.project_id])
    return [Scope(projects=mine), Scope(projects=mine, as_of=NOW)]


def test_while_tables_are_migrated_nobody_is_shown_all_of_them(scopes):
    drop_before(DASHBOARD, "default", FORWARDS)
    for scope in scopes:
        assert "These tables are being migrated." in told(scope)
    make_after(DASHBOARD, "default", plan=FORWARDS)
    assert [told(scope) for scope in scopes] == ["1", "1"]


def test_without_views_nobody_is_shown_the_tables(scopes):
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA past CASCADE")
    assert 'relation "past.ingest_project" does not exist' in told(scopes[1])


def test_views_that_cannot_be_made_stay_shut(scopes):
    drop_before(DASHBOARD, "default", BACKWARDS)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ingest_thread DROP COLUMN recorded_at")
    make_after(DASHBOARD, "default", plan=BACKWARDS)
    for scope in scopes:
        assert "These tables are being migrated." in told(scope)
    with pytest.raises(DatabaseError, match="recorded_at"), transaction.atomic():
        make_after(DASHBOARD, "default", plan=FORWARDS)


def test_views_are_made_anew_only_where_they_differ():
    def made() -> int:
        make_after(DASHBOARD, "default", plan=[])
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'seen.ingest_run'::regclass::oid::int")
            (oid,) = cursor.fetchone()
        return oid

    first = made()
    assert made() == first
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON SCHEMA past IS 'of an older program'")
    assert made() != first


def test_which_months_are_kept_is_the_same_for_everybody(scopes):
    months = existing_months()
    assert months
    for scope in scopes:
        with reading(scope):
            assert existing_months() == months


def test_a_milestone_is_no_older_for_members_that_are_hidden():
    """Nor open once more, because a hidden one was."""
    mine, hidden = make_project(name="mine"), make_project(name="hidden")
    milestone = make_milestone(mine, "v1")
    make_milestone(hidden, "v1")
    of_hidden = MilestoneMember.objects.filter(project=hidden)
    of_hidden.update(recorded_at=NOW.replace(hour=1), removed_at=NOW.replace(hour=3))
    scope = Scope(projects=frozenset([mine.pk]), as_of=NOW.replace(hour=2))
    MilestoneMember.objects.filter(project=mine).update(recorded_at=NOW.replace(hour=4))
    with reading(scope):
        assert not Milestone.objects.exists()
    MilestoneMember.objects.filter(project=mine).update(
        recorded_at=NOW.replace(hour=1), removed_at=NOW.replace(hour=1)
    )
    Milestone.objects.filter(pk=milestone.pk).update(state="removed")
    with reading(scope):
        assert Milestone.objects.get().state == "removed"
