"""Numbers looked up in columns."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.column_store.columns import is_among

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
