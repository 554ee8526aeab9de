"""Pages of a list, and how many rows it has."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.lists import CASES, page
from dashboard.request_cache import request_cache
from tests.factories import make_project, make_results, make_run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("limit", "is_counted"), [(5, False), (4, False), (3, True)], ids=str
)
def test_a_list_that_ends_on_its_first_page_is_not_counted_again(limit, is_counted):
    make_results(make_run(make_project()), "PPPF")
    with CaptureQueriesContext(connection) as asked:
        found = page(CASES, Filters(), limit=limit)
    assert (found.count, len(found.rows)) == (4, min(limit, 4))
    assert any("COUNT(" in query["sql"] for query in asked) is is_counted


def test_the_last_page_tells_the_count_of_all():
    make_results(make_run(make_project()), "PPPF")
    first = page(CASES, Filters(), limit=3)
    last = page(CASES, Filters(), limit=3, position=first.next)
    assert (last.count, len(last.rows)) == (4, 1)


@pytest.mark.django_db(transaction=True)
def test_tests_are_counted_once_while_no_data_changes():
    project = make_project()
    make_results(make_run(project), "PPPF")
    counts = []
    for _ in range(2):
        with request_cache(), CaptureQueriesContext(connection) as asked:
            counts.append(page(CASES, Filters(), limit=3).count)
    assert not any("COUNT(" in query["sql"] for query in asked)
    make_results(make_run(project), "P", cases=["one more"])
    with request_cache():
        assert page(CASES, Filters(q="case"), limit=3).count == 4
        counts.append(page(CASES, Filters(), limit=3).count)
    assert counts == [4, 4, 5]
