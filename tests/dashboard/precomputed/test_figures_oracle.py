"""Figures kept beforehand against the rows, while runs and time go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.models import StandardFigure
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.flaky import flaky_cases
from dashboard.precomputed.precompute import precompute
from dashboard.precomputed.slow import slow_cases
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle.slow import slow
from tests.ingest.late import Tool, sequences

pytestmark = pytest.mark.django_db


def said(filters: Filters) -> dict[str, Any]:
    return {
        "failing": [(r.case, r.since, r.streak) for r in failing_cases(filters)],
        "flaky": [(r.case, r.k, r.n) for r in flaky_cases(filters)],
        "slow": [(r.case, r.p50_ms, r.previous_p50_ms) for r in slow_cases(filters)],
    }


def twins(filters: Filters) -> dict[str, Any]:
    window, rows = filters.window(), oracle.load()
    now = oracle.executions(rows, window.since, window.until)
    previous = window.previous
    before = oracle.executions(rows, previous.since, previous.until)
    return {
        "failing": [(r.case, r.since, r.streak) for r in oracle.failing(now)],
        "flaky": [(r.case, r.k, r.n) for r in oracle.flaky(now, oracle.names())],
        "slow": [(r.case, r.p50_ms, r.previous_p50_ms) for r in slow(now, before)],
    }


@histories.some(8)
@given(
    sequences(),
    st.integers(0, 2),
    histories.moments,
    st.sampled_from([2, 24, 24 * 6, 24 * 7, 24 * 8, 24 * 14]),
    st.sampled_from([7, 14, 30, 90]),
)
def test_figures_kept_beforehand_are_those_of_the_rows(
    history, late, hours, later, days
):
    """Kept at a moment, asked later, with up to two runs stored in between."""
    states = history[1]
    with transaction.atomic():
        tool = Tool("shop")
        kept_at = histories.SINCE + timedelta(hours=hours)
        for plan in states[: len(states) - late]:
            tool.states(plan)
        assert precompute(kept_at) > 0
        assert StandardFigure.objects.exists()
        for plan in states[len(states) - late :]:
            tool.states(plan)
        for now in (kept_at, kept_at + timedelta(hours=later)):
            filters = Filters(window_days=days, now=now)
            assert said(filters) == twins(filters)
        transaction.set_rollback(True)
