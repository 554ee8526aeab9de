"""Flakiness against its plain-Python twin: by hand, and on random histories."""

from __future__ import annotations

from math import pi, sin, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics.flaky import EventCounts, FlakyCase, flakiness_by_case
from dashboard.precomputed.flaky import flaky_by_project, flaky_cases
from ingest.models import Milestone
from ingest.models.runs import normalised_name
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.hand_drawn import FLAKY
from tests.dashboard.metrics.oracle.beta import quantile

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("p", [0.001, 0.025, 0.4, 0.975])
def test_the_oracles_quantiles_are_those_that_formulas_give(p):
    # Beta(1, 1) is uniform, Beta(2, 1) has x², Beta(½, ½) is the arcsine distribution.
    assert quantile(p, 1, 1) == pytest.approx(p)
    assert quantile(p, 2, 1) == pytest.approx(sqrt(p))
    assert quantile(p, 0.5, 0.5) == pytest.approx(sin(pi * p / 2) ** 2)


@pytest.mark.parametrize(("history", "wanted"), FLAKY.values(), ids=FLAKY.keys())
def test_hand_drawn_histories_have_the_numbers_worked_out_by_hand(history, wanted):
    with histories.stored(history):
        case = case_of("case 0")
        rows = oracle.executions(oracle.load(), *histories.WHOLE)
        twin = oracle.flakiness(rows)[case]
        found = flakiness_by_case(over(histories.WHOLE), [case])[case]
        for row in (twin, found):
            assert (row.k, row.n, row.flips, row.pairs) == wanted[:4]
            assert row.expected_flips == pytest.approx(wanted[4])
            assert row.evidence == wanted[5]
            assert row.time_lost_ms == 1000 * wanted[6]


def case_of(name: str) -> int:
    return next(case for case, own in oracle.names().items() if own == name)


def over(window: histories.Span, **values: Any) -> Filters:
    return Filters(since=window[0], until=window[1], **values)


def said(row: FlakyCase | oracle.Flakiness) -> dict[str, Any]:
    """The numbers that both give, comparable."""
    exact = (
        "case k n evidence is_flaky flips pairs executions not_passed passed_on_retry "
        "retried_attempts time_lost_ms lost_attempts unknown_durations"
    )
    near = "rate low high expected_flips"
    return {name: getattr(row, name) for name in exact.split()} | {
        name: pytest.approx(getattr(row, name), abs=1e-9) for name in near.split()
    }


def by_kind(row: EventCounts | oracle.Flakiness) -> tuple[int, int, int]:
    return row.retry, row.same_commit, row.alternating


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "configuration": st.sampled_from(["Chrome", "Firefox"]),
        "source": st.sampled_from(["backend", "mobile"]),
        "branch": st.sampled_from(["main", "dev"]),
        "tool": st.sampled_from(histories.VENDORS),
    },
)


def agree(filters: Filters, found: list[oracle.Execution]) -> None:
    """Every case, the list, and the totals of projects."""
    names = oracle.names()
    twins = oracle.flakiness(found)
    rows = flakiness_by_case(filters, list(names))
    assert {c: said(row) for c, row in rows.items()} == {
        c: said(twin) for c, twin in twins.items()
    }
    for case, row in rows.items():
        assert by_kind(row.events) == by_kind(twins[case])
        assert sum(by_kind(row.events)) == row.k
        times = twins[case].event_times
        assert row.first_event_at == (times[0] if times else None)
        assert row.last_event_at == (times[-1] if times else None)
    listed = oracle.flaky(found, names)
    assert [row.case for row in flaky_cases(filters)] == [row.case for row in listed]
    assert {
        project: (totals.cases, totals.time_lost_ms, totals.unknown_durations)
        for project, totals in flaky_by_project(filters).items()
    } == totals_of(found, listed)


def totals_of(
    found: list[oracle.Execution], listed: list[oracle.Flakiness]
) -> dict[int, tuple[int, int, int]]:
    project_of = {e.case: e.run.project for e in found}
    totals: dict[int, tuple[int, int, int]] = {}
    for row in listed:
        cases, ms, unknown = totals.get(project_of[row.case], (0, 0, 0))
        totals[project_of[row.case]] = (
            cases + 1,
            ms + row.time_lost_ms,
            unknown + row.unknown_durations,
        )
    return totals


@histories.some(40)
@given(histories.long_histories(), histories.wide_windows())
def test_random_histories_flake_as_their_rows_say(history, window):
    with histories.stored(history):
        agree(over(window), oracle.executions(oracle.load(), *window))


@histories.some(20)
@given(histories.long_histories(), histories.wide_windows(), CHOICES)
def test_filters_cut_before_anything_is_counted(history, window, chosen):
    with histories.stored(history):
        filters = over(window, **{name: (value,) for name, value in chosen.items()})
        wanted = {name: {value} for name, value in chosen.items()}
        agree(filters, oracle.executions(oracle.load(), *window, **wanted))


@histories.some(10)
@given(
    histories.long_histories(),
    histories.wide_windows(),
    st.integers(0, 1),
    st.integers(0, 2),
)
def test_filters_on_project_milestone_and_case_cut_too(history, window, project, place):
    with histories.stored(history) as projects:
        pk = projects[project].pk
        milestone = milestone_of(project, place)
        rows = oracle.load()
        alike = {case for case, name in oracle.names().items() if name == "case 1"}
        # The text is in the names of the crowd too: "case 100".
        found = oracle.executions(rows, *window, cases=with_text("ase 1"))
        agree(over(window, q="ASE 1"), found)
        if alike:
            found = oracle.executions(rows, *window, cases=alike)
            agree(over(window, case=tuple(alike)), found)
        for filters, wanted in (
            (over(window, project=(pk,)), {"project": {pk}}),
            (over(window, milestone=(milestone,)), {"milestone": {milestone}}),
        ):
            agree(filters, oracle.executions(rows, *window, **wanted))


def with_text(text: str) -> set[int]:
    return {case for case, name in oracle.names().items() if text in name}


def milestone_of(project: int, place: int) -> int:
    names = histories.MILESTONES[project]
    key = normalised_name(names[place % len(names)])
    return Milestone.objects.get(name_key=key).pk


@histories.some(10)
@given(histories.histories, histories.windows())
def test_wild_histories_flake_as_their_rows_say(history, window):
    with histories.stored(history):
        agree(over(window), oracle.executions(oracle.load(), *window))
