"""What is kept in the shared cache, and read of it once a minute by each process."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from dashboard.filters import Filters
from dashboard.lists.facets import facets
from dashboard.precomputed.cached import READ, Metric, cached
from dashboard.request_cache import request_cache
from ingest.models import Project, Source
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
NOON = Filters(now=datetime(2030, 5, 4, 12, tzinfo=UTC))


class Names:
    """The names of all projects, and how often they were computed."""

    def __init__(self) -> None:
        self.computed = 0

    def _compute(self, _: Filters) -> list[str]:
        self.computed += 1
        return sorted(Project.objects.values_list("name", flat=True))

    def read(self) -> list[str]:
        with request_cache():
            metric = Metric(name="names", kind=list[str], compute=self._compute)
            return cached(metric, NOON)


def test_it_is_computed_once_and_read_by_another_process():
    factories.make_project(name="Shop")
    names = Names()
    assert [names.read(), names.read()] == [["Shop"]] * 2
    READ.clear()
    assert names.read() == ["Shop"]
    assert names.computed == 1


def test_what_was_read_is_there_without_the_cache():
    factories.make_project(name="Shop")
    names = Names()
    assert [names.read(), names.read()] == [["Shop"]] * 2
    cache.clear()
    assert (names.read(), names.computed) == (["Shop"], 1)
    READ.clear()
    assert (names.read(), names.computed) == (["Shop"], 2)


def test_it_is_computed_anew_once_a_project_changed():
    project = factories.make_project(name="Shop")
    names = Names()
    assert [names.read(), names.read()] == [["Shop"]] * 2
    Project.objects.filter(pk=project.pk).update(name="Store", version=7)
    assert (names.read(), names.computed) == (["Store"], 2)


def test_a_source_that_is_renamed_is_offered_by_its_new_name():
    project = factories.make_project()
    factories.make_run(project, source="nightly", started_at=NOON.now)
    asked = replace(NOON, window_days=7, now=NOON.now + timedelta(hours=1))

    def offered():
        with request_cache():
            return dict(facets(asked, asked.window()).runs["source"])

    assert offered() == {"nightly": 1}
    Source.objects.update(name="every night")
    assert offered() == {"every night": 1}
