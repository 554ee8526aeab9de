"""What is kept while no data changes: asked once by all, again after any change, and never
of what is not committed.
"""

from __future__ import annotations

import pytest
from django.db import transaction

from dashboard.reading.scope import Scope, reading
from dashboard.request_cache import request_cache
from dashboard.unchanged import while_unchanged
from ingest.models import Project
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


class Names:
    """The names of all projects, and how often they were asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def load(self) -> list[str]:
        self.asked += 1
        return sorted(Project.objects.values_list("name", flat=True))

    def of_a_request(self) -> list[str]:
        with request_cache():
            return while_unchanged("names", self.load)


def test_the_tables_are_asked_once_until_anything_changes():
    project, names = factories.make_project(name="Shop"), Names()
    assert [names.of_a_request() for _ in range(3)] == [["Shop"]] * 3
    assert names.asked == 1
    Project.objects.filter(pk=project.pk).update(name="Store")
    assert [names.of_a_request() for _ in range(3)] == [["Store"]] * 3
    assert names.asked == 2


def test_what_is_undone_was_never_kept():
    project, names = factories.make_project(name="Shop"), Names()

    def rename_in_mid_request() -> None:
        with request_cache(), transaction.atomic():
            while_unchanged("another", list)
            Project.objects.filter(pk=project.pk).update(name="Never")
            assert while_unchanged("names", names.load) == ["Never"]
            transaction.set_rollback(True)

    rename_in_mid_request()
    assert names.of_a_request() == ["Shop"]


def test_each_scope_is_told_its_own():
    names = Names()
    one, _ = factories.make_project(name="Shop"), factories.make_project(name="Apps")
    assert names.of_a_request() == ["Apps", "Shop"]
    with reading(Scope(projects=frozenset({one.pk}))):
        assert names.of_a_request() == ["Shop"]
    assert names.of_a_request() == ["Apps", "Shop"]


def test_outside_of_requests_nothing_is_kept():
    names = Names()
    assert while_unchanged("names", names.load) == []
    assert while_unchanged("names", names.load) == []
    assert names.asked == 2
