"""Failure groups against their plain-Python twin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics.failures import failure_groups
from ingest.signatures import sign_messages
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle.failures import groups

pytestmark = pytest.mark.django_db

# What each message says but for ids and numbers, worked out by hand.
MASKED = {
    "Expected 3 rows, found 2": "rows",
    "Expected 41 rows, found 1,204": "rows",
    'No element "Pay now"': "element",
    'No element "Cancel"': "element",
    "cart.spec.ts:10:5 is red": "cart",
    "cart.spec.ts:99:12 is red": "cart",
    "Session deadbeef01 has ended": "session",
    "Session 0123456789abcdef has ended": "session",
    "Timeout": "timeout",
    "timeout": "another timeout",
}
messages = st.lists(st.sampled_from(["", "", *MASKED]), min_size=11, max_size=11)


def with_messages(
    history: list[histories.RunPlan], texts: list[str]
) -> list[histories.RunPlan]:
    """Each row has one of the texts; 11 is prime, so that cases and runs mix."""
    return [
        replace(
            plan,
            rows=tuple(
                replace(row, message=texts[(5 * place + number) % len(texts)])
                for number, row in enumerate(plan.rows)
            ),
        )
        for place, plan in enumerate(history)
    ]


CHOICES = st.sampled_from(
    [
        {},
        {},
        {"configuration": "Chrome"},
        {"source": "backend"},
        {"branch": "main"},
        {"tool": "testmo"},
    ]
)


@histories.some(20)
@given(histories.long_histories(), messages, histories.wide_windows(), CHOICES)
def test_random_failures_are_grouped_as_their_messages_say(
    history, texts, window, chosen
):
    with histories.stored(with_messages(history, texts)):
        sign_messages()
        filters = {name: (value,) for name, value in chosen.items()}
        wanted = {name: {value} for name, value in chosen.items()}
        found = failure_groups(Filters(since=window[0], until=window[1], **filters))
        rows = oracle.executions(oracle.load(), *window, **wanted)
        twins = groups(rows, MASKED.__getitem__)
        total = sum(twin.results for twin in twins.values())
        masks = [MASKED[row.message] if row.message else None for row in found]
        assert set(masks) == set(twins)
        assert len(masks) == len(twins)
        for mask, row in zip(masks, found, strict=True):
            twin = twins[mask]
            assert row.message in twin.newest
            assert (row.signature is None) == (mask is None)
            assert row.share == pytest.approx(twin.results / total)
            assert (row.results, row.cases, row.runs) == (
                twin.results,
                twin.cases,
                twin.runs,
            )
            assert (row.first_at, row.last_at) == (twin.first_at, twin.last_at)
            assert set(row.projects) == twin.projects
        sizes = [(row.signature is None, -row.cases, -row.results) for row in found]
        assert sizes == sorted(sizes)
