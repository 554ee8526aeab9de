"""Filters and rights choose in columns what they choose in a query."""

from __future__ import annotations

import pytest

from dashboard.filters import Filters, Window
from dashboard.reading.scope import Scope, reading
from ingest.models import Case, Milestone, Project, Run
from tests import clock
from tests.dashboard.column_store.choosing import DAY, all_time, asked, chosen
from tests.dashboard.world import World


@pytest.mark.django_db
def test_filters_choose_what_a_query_chooses(world: World) -> None:
    case, milestone = Case.objects.first(), Milestone.objects.first()
    project = Project.objects.first()
    assert case
    assert milestone
    assert project
    everything = chosen(Filters(), all_time())
    assert everything
    for narrowed in (
        Filters(),
        Filters(project=(project.pk,)),
        Filters(tool=(project.connection.vendor,)),
        Filters(source=("backend",)),
        Filters(configuration=("Chrome",)),
        Filters(milestone=(milestone.pk,)),
        Filters(case=(case.pk,)),
        Filters(q=case.name[:4]),
        Filters(status=("failed", "error")),
        Filters(q="nothing is called so"),
        Filters(with_uncounted=True),
    ):
        for window in (all_time(), Window(since=clock.now() - DAY, until=clock.now())):
            assert chosen(narrowed, window) == asked(narrowed, window)
    assert chosen(Filters(source=("backend",)), all_time()) < everything


@pytest.mark.django_db
def test_nothing_is_chosen_of_projects_that_a_reader_does_not_see(world: World) -> None:
    theirs = Scope(projects=frozenset({world.portal.pk}))
    with reading(theirs):
        seen = chosen(Filters(), all_time())
        assert seen == asked(Filters(), all_time())
    runs = {*Run.objects.filter(project=world.portal).values_list("pk", flat=True)}
    assert {run for run, *_ in seen} <= runs
    assert seen
