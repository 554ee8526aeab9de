"""Figures kept beforehand: exactly what would be computed, as long as they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F

from dashboard.filters import Filters, with_what_counts
from dashboard.metrics.flakiness import Flakiness
from dashboard.metrics.flaky_columns import joined_columns
from dashboard.metrics.flaky_moments import Moments, Proofs, joined_by_case
from dashboard.metrics.flaky_states import FlakyStates
from dashboard.metrics.histories import histories
from dashboard.models import ProjectChoice, StandardFigure
from dashboard.precomputed import precompute
from dashboard.precomputed.failing import failing_by_project, failing_cases
from dashboard.precomputed.figures import STANDARD_DAYS, precomputed, standard_days
from dashboard.precomputed.flaky import (
    FLAKINESS,
    FLAKY,
    FLAKY_BEFORE,
    FLAKY_HISTORY,
    FLAKY_STATES,
    flaky_by_project,
    flaky_cases,
)
from dashboard.precomputed.serialize import deserialize, schema_hash, serialize
from dashboard.precomputed.standup import standup
from dashboard.tasks import refresh_standard_figures
from ingest.models import Case, Project
from tests import clock, factories

pytestmark = pytest.mark.django_db
# Noon, so that no test crosses midnight; the future, so that what has just been stored
# lies before it.
NOON = (clock.now() + timedelta(days=1)).replace(
    hour=12, minute=0, second=0, microsecond=0
)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def project() -> Project:
    project = factories.make_project()
    for days in (0, 10, 20, 40, 100):
        until = NOON - timedelta(days=days, hours=1)
        factories.make_history(project, "PFPFPF", until=until)
    return project


def asked(now: datetime = NOON, **values) -> Filters:
    return with_what_counts(Filters(now=now, **values))


NOTHING_FLAKY = Flakiness(
    states=FlakyStates(
        flaky=joined_columns([]),
        new=frozenset(),
        worse=frozenset(),
        settled=joined_columns([]),
        proofs=joined_by_case([], Proofs),
        before=joined_columns([]),
        first_seen=joined_by_case([], Moments),
    ),
    by_day=(),
    lost_by_day=(),
)


def forge_flaky() -> None:
    rows = StandardFigure.objects.filter(name=FLAKINESS.key)
    assert rows.update(value=serialize(NOTHING_FLAKY))


def forge() -> None:
    """Empty all that is kept, to see whether it is used."""
    forge_flaky()
    StandardFigure.objects.filter(name__startswith="failing ").update(value=[])


def is_used(filters: Filters) -> bool:
    return not flaky_cases(filters)


@pytest.mark.parametrize("days", STANDARD_DAYS)
def test_what_is_kept_is_what_is_computed(project, days):
    other = factories.make_project()
    factories.make_history(other, "PFPFPPF", case="other", until=NOON - MINUTE)
    filters = asked(window_days=days)
    computed = [
        figure.join([figure.compute(filters, histories)])
        for figure in precompute.FIGURES
    ]
    live = flaky_cases(filters), failing_cases(filters), flaky_by_project(filters)
    precompute.precompute(NOON)
    assert [precomputed(figure, filters) for figure in precompute.FIGURES] == computed
    assert (
        flaky_cases(filters),
        failing_cases(filters),
        flaky_by_project(filters),
    ) == live
    assert live[0]
    assert live[1]


PARTS = (FLAKY, FLAKY_BEFORE, FLAKY_HISTORY, FLAKY_STATES)


@pytest.mark.parametrize("days", STANDARD_DAYS)
def test_a_part_that_is_kept_is_what_is_computed_alone(project, days):
    other = factories.make_project()
    factories.make_history(other, "PFPFPPF", case="other", until=NOON - MINUTE)
    filters = asked(window_days=days)
    alone = [part.compute(filters, histories) for part in PARTS]
    precompute.precompute(NOON)
    assert [precomputed(part, filters) for part in PARTS] == alone
    Project.objects.filter(pk=other.pk).update(version=F("version") + 1)
    assert [precomputed(part, filters) for part in PARTS] == alone


def test_what_is_kept_is_used_for_the_standard_windows_alone(project):
    precompute.precompute(NOON)
    forge()
    assert is_used(asked())
    assert is_used(asked(window_days=7))
    assert is_used(asked(project=(project.pk,), sort="-score"))
    assert is_used(asked(tool=("testmo",)))
    assert not is_used(asked(window_days=8))
    assert not is_used(asked(branch=("",)))
    assert not is_used(asked(q="case"))
    assert not is_used(asked(since=NOON - timedelta(days=30)))
    assert failing_by_project(asked()) == {}
    assert failing_by_project(asked(q="case")) == {project.pk: 1}


def test_the_previous_window_is_kept_too(project):
    precompute.precompute(NOON)
    filters = asked()
    live = flaky_by_project(filters, filters.window().previous)
    assert live[project.pk].cases == 1
    forge_flaky()
    StandardFigure.objects.filter(name__startswith="failing before").update(value=[])
    assert flaky_by_project(filters, filters.window().previous) == {}
    assert failing_by_project(filters, filters.window().previous) == {}


def test_a_change_of_the_project_makes_its_figures_old_at_once(project):
    other = factories.make_project()
    factories.make_history(other, "PFPFP", case="other", until=NOON - MINUTE)
    precompute.precompute(NOON)
    forge()
    assert is_used(asked())
    Project.objects.filter(pk=project.pk).update(version=F("version") + 1)
    assert [case.project for case in flaky_cases(asked())] == [project.pk]
    precompute.precompute(NOON)
    assert not is_used(asked(project=(project.pk,)))
    assert is_used(asked(project=(other.pk,)))


def test_a_late_result_is_seen_at_once(project):
    precompute.precompute(NOON)
    run = factories.make_run(project, started_at=NOON - timedelta(days=3))
    factories.make_results(run, "FP", cases=["a", "a"], is_marked_retry=True)
    assert {case.name for case in flaky_cases(asked())} == {"case 1", "a"}


@pytest.mark.parametrize("days_ago", [0, 30, 60])
def test_a_result_at_an_edge_of_the_window_makes_figures_old(project, days_ago):
    # Between the end, the beginning or the one before, as they were and as they are.
    at = NOON - timedelta(days=days_ago) + MINUTE
    factories.make_history(project, "P", case="b", until=at)
    precompute.precompute(NOON)
    forge()
    assert is_used(asked(NOON + MINUTE / 2))
    assert is_used(asked(NOON + 0.99 * MINUTE))
    assert not is_used(asked(NOON + 2 * MINUTE))


def test_figures_hold_for_hours_while_no_result_passes_an_edge(project):
    precompute.precompute(NOON)
    forge()
    assert is_used(asked(NOON + 20 * MINUTE))
    # The newest results are an hour old.
    assert is_used(asked(NOON - 20 * MINUTE))
    assert not is_used(asked(NOON - 90 * MINUTE))


def test_figures_do_not_outlive_their_day(project):
    precompute.precompute(NOON)
    forge()
    assert not is_used(asked(NOON + timedelta(hours=12)))


def test_only_what_is_due_is_computed_anew(project):
    other = factories.make_project()
    factories.make_history(other, "P", until=NOON - timedelta(days=14) + MINUTE)
    assert precompute.precompute(NOON) == 2 * len(precompute.SETS)
    assert precompute.precompute(NOON) == 0
    assert precompute.precompute(NOON + MINUTE / 4) == 0
    # A result left the last 14 days, and the 7 days before the last 7.
    assert precompute.precompute(NOON + 2 * MINUTE) == 2
    Project.objects.filter(pk=other.pk).update(version=F("version") + 1)
    assert precompute.precompute(NOON + 2 * MINUTE) == len(precompute.SETS)


def test_a_project_is_kept_over_its_default_branch(project):
    factories.make_history(
        project, "PFPFP", case="of main", branch="main", until=NOON - MINUTE
    )
    precompute.precompute(NOON)
    ProjectChoice.objects.create(project=project, default_branch="main", by="ada")
    assert [case.name for case in flaky_cases(asked())] == ["of main"]
    precompute.precompute(NOON)
    assert set(StandardFigure.objects.values_list("branch", flat=True)) == {"main"}
    forge()
    assert is_used(asked())
    # Over all branches it is computed.
    assert len(flaky_cases(asked(default_branch=False))) == 2


def test_nobody_refreshes_while_another_does(project):
    rival = connection.copy()
    try:
        with rival.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('standard figures'))")
        assert precompute.precompute(NOON) == 0
        with rival.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        rival.close()
    assert precompute.precompute(NOON) == len(precompute.SETS)


def turned_lately(now: datetime) -> tuple[list[str], list[str], list[str]]:
    """Names of what fails, was mended and became flaky in the last 24 h."""
    found = standup(asked(now))
    names = dict(Case.objects.values_list("pk", "name"))
    parts = (found.newly_failing, found.fixed, found.newly_flaky)
    failing, fixed, flaky = ([names[item.case] for item in part] for part in parts)
    return failing, fixed, flaky


def forge_turned() -> None:
    StandardFigure.objects.filter(name__startswith="status transitions ").update(
        value=[[], []]
    )
    StandardFigure.objects.filter(name__startswith="newly flaky").update(
        value=serialize(joined_columns([]))
    )


@pytest.mark.parametrize("days_ago", [0, 1, 30, 31])
def test_what_turned_is_kept_for_no_second_longer_than_it_is_true(project, days_ago):
    at = NOON - timedelta(days=days_ago) + MINUTE / 3
    factories.make_history(project, "P", case="b", until=at)
    factories.make_history(project, "PPF", case="c", until=NOON - 2 * MINUTE)
    precompute.precompute(NOON)
    forge_turned()
    assert turned_lately(NOON + MINUTE / 6) == ([], [], [])
    assert "c" in turned_lately(NOON + MINUTE / 2)[0]
    # A little beside the present would do for what fails now.
    forge()
    assert is_used(asked(NOON + MINUTE / 2))


def test_what_turned_is_kept_for_the_beginning_of_the_minute(project):
    until = NOON + MINUTE / 6
    factories.make_history(project, "PPF", case="c", until=until)
    assert precompute.precompute(NOON + MINUTE / 3) == len(precompute.SETS)
    assert "c" not in turned_lately(NOON)[0]
    forge_turned()
    assert turned_lately(NOON) == ([], [], [])
    assert "c" in turned_lately(NOON + MINUTE)[0]
    assert precompute.precompute(NOON + 0.6 * MINUTE) == 0
    # Only what must be exact is computed again for the next minute.
    assert precompute.precompute(NOON + MINUTE) == 1
    forge_turned()
    assert turned_lately(NOON + MINUTE) == ([], [], [])


def test_what_turned_is_kept_of_the_last_day_alone(project):
    factories.make_history(project, "PPF", case="c", until=NOON - 2 * MINUTE)
    factories.make_history(project, "PPPFPPFPPPPPP", case="d", until=NOON - MINUTE)
    live = [
        standup(asked(**values)).newly_failing
        for values in ({}, {"window_days": 3}, {"until": NOON}, {"q": "c"})
    ]
    precompute.precompute(NOON)
    forge_turned()
    assert live[0]
    assert not standup(asked()).newly_failing
    assert not standup(asked(window_days=1, project=(project.pk,))).newly_failing
    assert [
        standup(asked(**values)).newly_failing
        for values in ({"window_days": 3}, {"until": NOON}, {"q": "c"})
    ] == live[1:]
    days = StandardFigure.objects.filter(name__startswith="status transitions ")
    assert list(days.values_list("days", flat=True)) == [30]


def test_figures_of_another_release_are_neither_used_nor_left_behind(project, settings):
    precompute.precompute(NOON)
    forge()
    settings.VERSION = "999.0"
    assert not is_used(asked())
    precompute.precompute(NOON)
    stored = sum(len(one.figures) for one in precompute.SETS)
    assert StandardFigure.objects.count() == stored


def test_the_task_keeps_figures_of_the_present():
    project = factories.make_project()
    factories.make_history(project, "PFPFP")
    refresh_standard_figures()
    forge()
    assert flaky_cases(Filters()) == []


def test_names_are_those_of_today(project):
    precompute.precompute(NOON)
    project.cases.update(name="renamed")
    assert [case.name for case in flaky_cases(asked())] == ["renamed"]


def test_queries_do_not_grow_with_projects(django_assert_num_queries):
    for _ in range(12):
        factories.make_history(factories.make_project(), "PFPFP", until=NOON - MINUTE)
    precompute.precompute(NOON)
    filters = asked()
    with django_assert_num_queries(2):
        assert len([*flaky_cases(filters)]) == 12


@pytest.mark.parametrize(
    ("values", "days"),
    [({}, 30), ({"window_days": 90}, 90), ({"window_days": 31}, None)],
)
def test_the_usual_windows_are_four(values, days):
    assert standard_days(Filters(**values)) == days


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    at: datetime | None
    share: float
    several: tuple[int, ...]
    by_number: Mapping[int, frozenset[str]]


def test_figures_come_back_from_json_as_they_were(project):
    thing = Thing(
        at=NOON + timedelta(microseconds=7),
        share=0.1 + 0.2,
        several=(1, 2),
        by_number={3: frozenset({"a"})},
    )
    value = serialize([thing, replace(thing, at=None)])
    StandardFigure.objects.create(
        project=project, days=7, name="x", version=0, ends_at=NOON, value=value
    )
    stored = StandardFigure.objects.get().value
    assert deserialize(list[Thing], stored) == [thing, replace(thing, at=None)]
    assert schema_hash(list[Thing]) != schema_hash(list[datetime])
    with pytest.raises(TypeError, match="cannot be kept"):
        deserialize(object, 1)
