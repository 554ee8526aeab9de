"""Every number against its plain-Python twin, on random histories."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics.pass_rate import BUCKETS, BYS, pass_rates
from dashboard.metrics.tallies import Tally, tallies
from dashboard.precomputed.failing import failing_cases, failing_now
from dashboard.precomputed.summary import summary
from ingest.contract import Counts, Status
from ingest.models import Case
from tests.dashboard.metrics import histories, oracle

pytestmark = pytest.mark.django_db
some = histories.some(25)
Span = tuple[datetime, datetime]


def by_status(counts: Counts) -> dict[str, int]:
    return {str(s): getattr(counts, s) for s in Status if getattr(counts, s)}


def over(window: Span, **values: Any) -> Filters:
    return Filters(since=window[0], until=window[1], **values)


def failing_in(window: Span) -> list[oracle.Failing]:
    return oracle.failing(oracle.executions(oracle.load(), *window))


@some
@given(histories.histories, histories.windows())
def test_the_summary_counts_what_the_rows_say_in_both_windows(history, window):
    with histories.stored(history):
        found = summary(over(window))
        since, until = window
        for figures, span in (
            (found.now, window),
            (found.previous, (since - (until - since), since)),
        ):
            counted = oracle.counts(*span)
            assert by_status(figures.counts) == dict(counted)
            assert figures.results == figures.n_rows + figures.n_counts
            assert figures.runs == oracle.run_count(*span)
            assert figures.failing_now == len(failing_in(span))


@some
@given(
    histories.histories,
    histories.windows(),
    st.sampled_from(BYS),
    st.sampled_from(BUCKETS),
)
def test_pass_rate_series_hold_what_the_rows_say(history, window, by, bucket):
    with histories.stored(history):
        found = pass_rates(over(window), by=by, bucket=bucket)
        assert {
            series.key: {
                point.run or point.t.date(): by_status(point.counts)
                for point in series.points
            }
            for series in found.series
            if series.points
        } == {
            key: {at: dict(counted) for at, counted in points.items()}
            for key, points in oracle.counts_by(*window, by, bucket).items()
        }


def rows_told(tallied: list[Tally]) -> list[tuple[Any, ...]]:
    rows = ((str(t.key), str(t.day), t.counts) for t in tallied if t.from_rows)
    return sorted(rows, key=str)


@some
@given(
    histories.histories,
    histories.windows(),
    st.sampled_from(["project", "source", "configuration", "branch", "run", "none"]),
    st.sampled_from(["day", "none"]),
)
def test_single_results_come_to_the_totals_of_their_days(history, window, by, bucket):
    with histories.stored(history):
        each = tuple(Case.objects.values_list("pk", flat=True))
        assume(each)
        asked, span = over(window), over(window).window()
        of_days = tallies(asked, span, by=by, bucket=bucket)
        of_each = tallies(replace(asked, case=each), span, by=by, bucket=bucket)
        assert rows_told(of_each) == rows_told(of_days)


@some
@given(histories.histories, histories.windows())
def test_failing_cases_are_those_whose_series_end_in_failures(history, window):
    with histories.stored(history):
        filters = over(window)
        found = [
            oracle.Failing(row.case, row.since, row.since_run, row.streak)
            for row in failing_cases(filters)
        ]
        assert found == failing_in(window)
        assert failing_now(filters) == len(found)


@some
@given(
    histories.histories,
    histories.windows(),
    st.fixed_dictionaries(
        {},
        optional={
            "configuration": st.sampled_from(["Chrome", "Firefox"]),
            "source": st.sampled_from(["backend", "mobile"]),
            "branch": st.sampled_from(["main", "dev"]),
            "tool": st.sampled_from(["testmo", "qatech"]),
        },
    ),
)
def test_filters_on_runs_choose_the_same_results(history, window, chosen):
    with histories.stored(history):
        filters = over(window, **{name: (value,) for name, value in chosen.items()})
        wanted = {name: {value} for name, value in chosen.items()}
        counted = oracle.counts(*window, **wanted)
        assert by_status(summary(filters).now.counts) == dict(counted)


@some
@given(histories.histories, histories.windows(), st.integers(0, 3))
def test_a_filter_on_text_counts_rows_only(history, window, number):
    with histories.stored(history):
        name, cases = f"CASE {number}", oracle.names()
        found = summary(over(window, q=name)).now
        wanted = [
            fact
            for fact in oracle.facts(*window)
            if fact.case is not None and cases[fact.case] == name.lower()
        ]
        assert (found.results, found.n_counts) == (len(wanted), 0)
        began = {
            fact.run.id
            for fact in oracle.facts(
                datetime.min.replace(tzinfo=window[0].tzinfo), oracle.FAR
            )
            if fact.case is not None
            and cases[fact.case] == name.lower()
            and window[0] <= fact.run.at < window[1]
        }
        assert found.runs == len(began)
