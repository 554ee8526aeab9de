"""Numbers looked up in columns."""

from __future__ import annotations

from math import fsum

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dashboard.column_store.numbers import (
    distinct_and_places,
    exact_sums,
    is_among,
    stable_order,
)

KINDS = ("i1", "i2", "i4", "i8")


@given(
    st.sampled_from(KINDS).flatmap(
        lambda kind: st.tuples(
            st.just(kind),
            st.lists(
                st.integers(-5, 5)
                | st.integers(int(np.iinfo(kind).min), int(np.iinfo(kind).max))
            ),
        )
    ),
    st.lists(st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1)),
)
@example(column=("i1", [-128, 127]), some=[-128, 0, 1, 2, 127, 128])
@example(column=("i8", [-(2**63), 2**63 - 1]), some=[-(2**63), 0, 1, 2, 3, 2**63 - 1])
def test_a_number_is_among_others_as_numpy_says(column, some):
    kind, values = column
    found = is_among(np.asarray(values, dtype=kind), some)
    assert found.tolist() == [value in some for value in values]


def spread(seed: int, number: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-(2**62), 2**62, number)


@given(st.integers(0, 2**32), st.integers(0, 80_000), st.integers(0, 50))
@settings(max_examples=12)
def test_long_columns_of_numbers_far_apart_are_looked_up_too(seed, number, some):
    values, others = spread(seed, number), spread(seed + 1, some)
    wanted = np.concatenate([values[:some], others])
    found = is_among(values, wanted)
    assert np.array_equal(found, np.isin(values, wanted))


NUMBERS = st.lists(st.integers(-9, 9)) | st.lists(st.integers(-(2**62), 2**62))


@given(NUMBERS)
def test_distinct_numbers_and_their_places_are_those_that_numpy_finds(values):
    column = np.asarray(values, dtype=np.int64)
    some, places = distinct_and_places(column)
    assert some.tolist() == sorted({*values})
    assert some[places].tolist() == values


@given(
    st.lists(
        st.tuples(
            st.integers(-2, 2) | st.integers(-(2**61), 2**61),
            st.integers(0, 2) | st.integers(0, 2**17),
        )
    )
)
def test_what_is_equal_stays_in_its_order(rows):
    first, second = np.asarray(rows, dtype=np.int64).reshape(-1, 2).T
    assert np.array_equal(stable_order(first, second), np.lexsort((first, second)))


NEAR = [1.0, 2.0**-53, 2.0**-54, 1 + 2.0**-52, 2.0**-106, 0.1, 1 / 3]


@given(st.lists(st.lists(st.sampled_from(NEAR) | st.floats(0, 1e9), max_size=9)))
@example(parts=[[1.0, 2.0**-53], [1.0, 2.0**-53, 2.0**-106], [1.0, 2.0**-54], []])
def test_sums_are_rounded_once(parts):
    values = np.asarray([value for part in parts for value in part])
    ends = np.cumsum([0, *map(len, parts)])
    assert exact_sums(values, ends).tolist() == [fsum(part) for part in parts]
