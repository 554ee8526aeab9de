"""Any values at any places of what a vendor answers: a record, a reject or an error."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as search
from hypothesis import strategies as st

from ingest.connectors import CONNECTORS
from tests.ingest.recordings import Recording, recording
from tests.ingest.test_contract import assert_survived, distinct_paths, replaced
from tests.ingest.wire import Clock, Wire

ODD = st.sampled_from(
    [
        *("", " ", "\x00", "\ud800", "🦉", "1,5", "1e999", "٣", "²", "-1", "null"),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59+23:59", "2026-02-30", "17:00"),
        *("javascript:alert(1)", "http://[", "../..", "x" * 5000, "<!--", "{{ a }}"),
        *(0, -1, 2**31, 2**63, 10**30, 1e308, -0.0, True, False, None),
    ]
)
VALUES = st.recursive(
    ODD | st.text(max_size=8) | st.integers() | st.floats(allow_nan=False),
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(st.text(max_size=6) | ODD.map(str), one, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(params=sorted(CONNECTORS))
def told(request: pytest.FixtureRequest) -> Recording:
    return recording(request.param)


@search(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_values_at_any_places_are_survived(
    told: Recording, wire: Wire, clock: Clock, data: st.DataObject
) -> None:
    answers = list(told.walk)
    for number in data.draw(st.sets(places_of(answers), min_size=1, max_size=3)):
        body: Any = copy.deepcopy(answers[number].body)
        # A replaced part may have held the next place.
        for path in data.draw(
            st.lists(st.sampled_from(distinct_paths(body)), max_size=4)
        ):
            try:
                body = replaced(body, path, data.draw(VALUES))
            except (IndexError, KeyError, TypeError):
                continue
        answers[number] = answers[number].but(raw=json.dumps(body).encode())
    assert_survived(told, wire, answers)


def places_of(answers: list[Any]) -> st.SearchStrategy[int]:
    """The answers that have a part to replace, by their numbers."""
    return st.sampled_from([n for n, a in enumerate(answers) if distinct_paths(a.body)])
