"""Lists of flaky cases in columns are those that sorting each case by its key gives."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.lists.flaky_choice import SORTS, arranged
from dashboard.metrics.flaky import FlakyCase, FlakyColumns, RankedFlaky, rank
from dashboard.metrics.flaky_columns import COLUMNS, joined_columns
from ingest.models import Case
from tests import factories

pytestmark = pytest.mark.django_db
# Some of them equal, and in another order than their ids.
NAMES = ["b", "é", "a", "Z", "a", "𝒵", "", "b", "￿", "a b"]
FIGURES = st.tuples(*[st.integers(0, 2)] * 5)


@pytest.fixture
def cases() -> list[Case]:
    project = factories.make_project()
    return [
        factories.make_case(project, name, key=str(number))
        for number, name in enumerate(NAMES)
    ]


def columns_of(ids: list[int], figures: list[tuple[int, ...]]) -> FlakyColumns:
    k, pairs, flips, failed, lost = np.asarray(figures, dtype=np.int64).T
    told: dict[str, Any] = dict.fromkeys(COLUMNS, np.zeros(len(ids), dtype=np.int64))
    told |= {"cases": np.asarray(ids), "k": k, "low": k // 2 / 10, "pairs": pairs}
    told |= {"flips": np.minimum(flips, pairs), "not_passed": failed}
    return FlakyColumns(**told | {"time_lost_ms": lost})


def by_key(of: FlakyColumns, key: Any) -> list[FlakyCase]:
    names = dict(Case.objects.values_list("pk", "name"))
    return sorted(of.named([names[case] for case in of.cases.tolist()]), key=key)


def keys_of(sort: str) -> Any:
    return lambda case: (*SORTS[sort](case), *rank(case)) if sort else rank(case)


@pytest.mark.parametrize("sort", ["", *SORTS])
def test_each_order_is_that_of_its_keys(cases, sort):
    ids, key = [case.pk for case in cases], keys_of(sort)

    @settings(max_examples=60)
    @given(st.lists(FIGURES, min_size=10, max_size=10), st.integers(0, 10))
    def agree(figures: list[tuple[int, ...]], first: int) -> None:
        of = columns_of(ids, figures)

        def found() -> RankedFlaky:
            return arranged(RankedFlaky(of), sort, key) if sort else RankedFlaky(of)

        wanted = by_key(of, key)
        assert [*found()] == found() == wanted
        assert found()[first : first + 3] == wanted[first : first + 3]
        assert [found()[-1], *found()[::-4]] == [wanted[-1], *wanted[::-4]]
        for keys in (key(wanted[first - 1]), (*key(wanted[0])[:-2], "aa", 0)):
            places = [found().place_of(keys, is_after=after) for after in (False, True)]
            assert places == [
                bisect(wanted, keys, key=key) for bisect in (bisect_left, bisect_right)
            ]

    agree()


def test_a_place_is_found_where_numbers_are_not_those_of_any_case(cases):
    found = RankedFlaky(columns_of([case.pk for case in cases], [(2, 0, 0, 0, 0)] * 10))
    # The lower bound of all is 0.1.
    assert found.place_of((-0.2, -9, "z", 1), is_after=True) == 0
    assert found.place_of((-0.05, -9, "z", 1), is_after=True) == 10
    assert found.place_of((-0.1, -3, "z", 1), is_after=False) == 0


def test_only_those_are_named_that_are_looked_at_or_equal_to_them(cases):
    figures = [(number // 4, 0, 0, 0, 0) for number in range(10)]
    found = RankedFlaky(columns_of([case.pk for case in cases], figures))
    ids = [case.pk for case in cases]
    asked = []
    for place in (0, 1, 2, 9):
        with CaptureQueriesContext(connection) as captured:
            found[place]
        asked.append({id_ for id_ in ids if str(id_) in str(captured.captured_queries)})
    assert asked == [{*ids[8:]}, set(), {*ids[4:8]}, {*ids[:4]}]


def test_nothing_has_an_order_too():
    found = RankedFlaky(joined_columns([]))
    assert (len(found), [*found], found[:5]) == (0, [], [])
    assert found.place_of((0.0, 0, "", 0), is_after=True) == 0
    with pytest.raises(IndexError):
        found[0]
