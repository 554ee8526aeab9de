"""Kept figures that a process has read: shared, forgotten in order, never out of date."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.models import StandardFigure
from dashboard.precomputed import figures as keeping
from dashboard.precomputed import precompute
from dashboard.precomputed.figure_cache import FigureCache, Place
from dashboard.precomputed.figures import precomputed
from dashboard.precomputed.flaky import FLAKINESS, FLAKY, flaky_cases
from ingest.models import Case
from tests import factories

NOON = datetime(2030, 5, 4, 12, tzinfo=UTC)


def place(project: int, days: int = 30) -> Place:
    return Place("database", "flaky", days, project, "")


def known(decoded: FigureCache, days: int = 30) -> dict[str, object]:
    return decoded.known("database", "flaky", days)


def test_what_was_used_least_lately_is_forgotten_first():
    decoded = FigureCache(most_characters=10)
    for project in (1, 2):
        decoded.put(place(project), f"mark {project}", project, characters=4)
    decoded.used(place(1))
    decoded.put(place(3), "mark 3", 3, characters=4)
    assert known(decoded) == {"mark 1": 1, "mark 3": 3}
    decoded.used(place(2))
    assert known(decoded) == {"mark 1": 1, "mark 3": 3}


def test_a_value_takes_the_place_of_the_one_before():
    decoded = FigureCache(most_characters=10)
    for number in range(5):
        decoded.put(place(1), f"mark {number}", number, characters=9)
    assert known(decoded) == {"mark 4": 4}


def test_a_value_larger_than_all_room_is_not_remembered():
    decoded = FigureCache(most_characters=10)
    decoded.put(place(1), "mark", "value", characters=11)
    assert known(decoded) == {}


def test_a_value_is_that_of_its_mark_until_all_is_forgotten():
    decoded = FigureCache()
    decoded.put(place(1), "mark", "value", characters=5)
    assert decoded.at(place(1), "mark") == "value"
    assert decoded.at(place(1), "older") is decoded.at(place(2), "mark") is None
    decoded.clear()
    assert decoded.at(place(1), "mark") is None


def test_marks_are_of_one_figure_of_one_database():
    decoded = FigureCache()
    decoded.put(place(1, days=7), "week", 1, characters=1)
    decoded.put(place(1)._replace(database="other"), "other", 1, characters=1)
    decoded.put(place(1)._replace(name="slow"), "slow", 1, characters=1)
    assert known(decoded, days=7) == {"week": 1}
    assert known(decoded) == {}


@pytest.fixture
def filters(db: None) -> Filters:
    factories.make_history(factories.make_project(), "PFPFPF", until=NOON)
    precompute.precompute(NOON)
    return Filters(now=NOON)


def test_a_kept_figure_is_sent_by_the_database_once(filters):
    first = precomputed(FLAKY, filters)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        again = precomputed(FLAKY, filters)
    assert again == first != []
    assert again is first
    assert len(asked) == 1


def test_a_row_that_is_written_again_is_read_again(filters):
    assert precomputed(FLAKY, filters)
    row = StandardFigure.objects.get(name=FLAKINESS.key, days=30)
    states, *_ = row.value
    states[0] = [2 * column for column in states[0]]
    row.save()
    assert len(precomputed(FLAKY, filters)) == 2


def test_a_value_forgotten_in_mid_request_still_answers_it(filters):
    """Another thread may push it out between the question and the answer."""
    first = precomputed(FLAKY, filters)
    decoded = keeping._FIGURE_CACHE

    def forget(execute, *asked):
        answer = execute(*asked)
        decoded.put(place(0), "large", None, characters=10**9)
        return answer

    with connection.execute_wrapper(forget):
        again = precomputed(FLAKY, filters)
    assert again is first


def test_figures_larger_than_all_room_are_read_and_never_computed(filters, monkeypatch):
    """The first project's value pushes out the second's, which is known, each time."""
    factories.make_history(factories.make_project(), "PFPFPF", until=NOON)
    precompute.precompute(NOON)
    text = json.dumps(
        StandardFigure.objects.filter(name=FLAKINESS.key, days=30)[0].value
    )
    monkeypatch.setattr(
        keeping, "_FIGURE_CACHE", FigureCache(most_characters=len(text) + 20)
    )
    first = precomputed(FLAKY, filters)
    assert len(first) == 2
    for _ in range(3):
        with CaptureQueriesContext(connection) as asked:
            assert precomputed(FLAKY, filters) == first
        assert len(asked) == 1


def test_a_case_is_called_as_it_is_called_now(filters):
    assert [case.name for case in flaky_cases(filters)] == ["case 1"]
    Case.objects.update(name="another name")
    assert [case.name for case in flaky_cases(filters)] == ["another name"]
