"""Durations of runs against their plain-Python twin."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters, with_what_counts
from dashboard.metrics.run_durations import run_durations
from dashboard.models import ProjectChoice
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.histories import SINCE
from tests.dashboard.metrics.oracle.run_durations import RunDurations
from tests.dashboard.metrics.oracle.run_durations import run_durations as twin_of

pytestmark = pytest.mark.django_db


def test_a_run_that_begins_with_the_window_is_in_it():
    history = [
        histories.RunPlan(str(hours), hours, duration_ms=1000 * hours)
        for hours in (1, 2, 3, 4, 5, 6, 7)
    ]
    with histories.stored(history):
        since, until = (SINCE + timedelta(hours=hours) for hours in (4, 6))
        now, before = run_durations(Filters(since=since, until=until))
        assert (now.n, now.median_ms, now.p95_ms) == (2, 4500, 4950)
        assert (before.n, before.median_ms, before.p95_ms) == (2, 2500, 2950)


@st.composite
def timed_histories(draw: st.DrawFn) -> list[histories.RunPlan]:
    """Wild runs and tame ones, each of which took a time that may be unknown."""
    made = draw(st.one_of(histories.histories, histories.long_histories()))
    durations = st.none() | st.integers(0, 12)
    lengths = st.sampled_from([None, -1, 0.0001, 0.5, 2, 366 * 24, 366 * 24 + 0.25])
    return [
        replace(plan, duration_ms=draw(durations), lasts_hours=draw(lengths))
        for plan in made
    ]


def agree(found: Any, rows: list[oracle.RunRow], window: histories.Span) -> None:
    since, until = window
    assert [RunDurations(**asdict(own)) for own in found] == [
        twin_of(rows, since, until),
        twin_of(rows, since - (until - since), since),
    ]


@histories.some(16)
@given(
    timed_histories(), histories.wide_windows() | histories.windows(), histories.CHOICES
)
def test_random_runs_take_as_long_as_their_rows_say(history, window, chosen):
    with histories.stored(history) as projects:
        wanted = {name: {value} for name, value in chosen.items()}
        filters = Filters(
            since=window[0],
            until=window[1],
            **{name: (value,) for name, value in chosen.items()},
        )
        rows = oracle.chosen(oracle.load(), **wanted)
        agree(run_durations(filters), rows, window)
        own = projects[0]
        ProjectChoice.objects.create(project=own, default_branch="main", by="Ada")
        if "branch" not in wanted:
            rows = [r for r in rows if r.project != own.pk or r.branch == "main"]
        agree(run_durations(with_what_counts(filters)), rows, window)


@histories.some(6)
@given(timed_histories(), histories.wide_windows(), st.integers(0, 1))
def test_a_filter_on_tests_leaves_the_runs_that_have_such_a_result(
    history, window, number
):
    with histories.stored(history):
        name = f"case {number}"
        cases = {case for case, own in oracle.names().items() if own == name}
        filters = Filters(since=window[0], until=window[1], case=tuple(cases) or (-1,))
        rows = [
            run
            for run in oracle.load()
            if any(e.case in cases for e in oracle.rows.executions_of(run))
            and run.detail == "rows"
        ]
        agree(run_durations(filters), rows, window)
