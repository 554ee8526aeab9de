"""Flakiness against its plain-Python twin: by hand, and on random histories."""

from __future__ import annotations

from dataclasses import replace
from math import pi, sin, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics.flaky import (
    FlakyCase,
    flakiness_of,
    flaky_by_project,
    flaky_cases,
)
from ingest.models import Milestone
from ingest.models.runs import normalised_name
from tests.dashboard import histories, oracle
from tests.dashboard.histories import RunPlan, drawn
from tests.dashboard.oracle.beta import quantile

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("p", [0.001, 0.025, 0.4, 0.975])
def test_the_oracles_quantiles_are_those_that_formulas_give(p):
    # Beta(1, 1) is uniform, Beta(2, 1) has x², Beta(½, ½) is the arcsine distribution.
    assert quantile(p, 1, 1) == pytest.approx(p)
    assert quantile(p, 2, 1) == pytest.approx(sqrt(p))
    assert quantile(p, 0.5, 0.5) == pytest.approx(sin(pi * p / 2) ** 2)


def on(commit: str, plans: list[RunPlan], *numbers: int) -> list[RunPlan]:
    """The same runs, with those of these numbers made from the commit."""
    return [
        replace(plan, commit=commit) if number in numbers else plan
        for number, plan in enumerate(plans)
    ]


def some_with(plans: list[RunPlan], number: int, **values: Any) -> list[RunPlan]:
    """The same runs, with values of one of them replaced."""
    return [replace(p, **values) if n == number else p for n, p in enumerate(plans)]


# k, n, flips, pairs, expected flips, evidence, attempts whose time was lost.
HAND_DRAWN = {
    "a failure in the middle, another at the end": (
        drawn("P P F P F"),
        (1, 4, 3, 4, 2 * 0.6 * 0.4 * 4, "suspected", 1),
    ),
    "two failures in a row are one event": (
        drawn("P F F P"),
        (1, 4, 2, 3, 1.5, "suspected", 2),
    ),
    "an error is a failure too": (
        drawn("P F E P"),
        (1, 4, 2, 3, 1.5, "suspected", 2),
    ),
    "three in a row are a breakage": (
        drawn("P F F F P"),
        (0, 2, 2, 4, 2 * 0.4 * 0.6 * 4, None, 0),
    ),
    "failures at the beginning stay in the exposure": (
        drawn("F F P P"),
        (0, 4, 1, 3, 1.5, None, 0),
    ),
    "even three of them": (
        drawn("F F F P"),
        (0, 4, 1, 3, 2 * 0.25 * 0.75 * 3, None, 0),
    ),
    "one failure alone is at the end": (drawn("F"), (0, 0, 0, 0, 0, None, 0)),
    "nothing but failures": (drawn("F F"), (0, 0, 0, 1, 0, None, 0)),
    "a retry that passed": (
        drawn("P FP P"),
        (1, 3, 0, 2, 0, "suspected", 2),
    ),
    "a retry that failed is not an isolated failure as well": (
        drawn("P PF P"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "nor is the streak that it belongs to": (
        drawn("P F PF P"),
        (1, 4, 2, 3, 1.5, "suspected", 1),
    ),
    "a mixed run counts in a breakage": (
        drawn("P PF"),
        (1, 2, 1, 1, 0.5, "suspected", 1),
    ),
    "and in the middle of one": (
        drawn("P F F PF F P"),
        (1, 3, 2, 5, 2 * (1 / 3) * (2 / 3) * 5, "suspected", 1),
    ),
    "an undecided final leaves the event": (
        drawn("P FPS P"),
        (1, 3, 0, 1, 0, "suspected", 3),
    ),
    "which may be all that there is": (
        drawn("FPS"),
        (1, 1, 0, 0, 0, "suspected", 3),
    ),
    "and does not belong to the streak around it": (
        drawn("P F PFS F P"),
        (2, 5, 2, 3, 1.5, "suspected", 4),
    ),
    "attempts that agree are no mixed run": (
        drawn("P FF P"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 2),
    ),
    "an undecided first attempt cost nothing, the second did": (
        drawn("P SF P"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "undecided results are not in the series": (
        drawn("P S F B P"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "one commit that passed and failed": (
        on("c1", drawn("P F"), 0, 1),
        (1, 2, 1, 1, 0.5, "proven", 1),
    ),
    "one commit that proves what was counted already": (
        on("c1", drawn("P F P"), 0, 1),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "proven", 1),
    ),
    "one commit in a breakage brings back its own runs only": (
        on("c1", drawn("P F F F P"), 0, 2),
        (1, 3, 2, 4, 2 * 0.4 * 0.6 * 4, "proven", 1),
    ),
    "one commit on two branches": (
        on("c1", some_with(drawn("P F"), 1, branch="dev"), 0, 1),
        (1, 2, 0, 0, 0, "proven", 1),
    ),
    "one commit in two configurations": (
        on("c1", some_with(drawn("P F"), 1, configuration="Firefox"), 0, 1),
        (0, 1, 0, 0, 0, None, 0),
    ),
    "one commit in a configuration and its alias": (
        on(
            "c1",
            some_with(
                drawn("P F", configuration="Chrome"), 1, configuration="Chrome 2"
            ),
            0,
            1,
        ),
        (1, 2, 1, 1, 0.5, "proven", 1),
    ),
    "two commits": (
        on("c2", on("c1", drawn("P F P F F F"), 0, 1), 2, 3),
        (2, 4, 3, 5, 2 * (1 / 3) * (2 / 3) * 5, "proven", 2),
    ),
    "two branches never mix": (
        some_with(drawn("P F P"), 1, branch="dev"),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "a manual run is left out": (
        some_with(drawn("P F P"), 1, kind="manual"),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "a removed run too": (
        some_with(drawn("P F P"), 1, is_removed=True),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "and one that a person excluded": (
        some_with(drawn("P F P"), 1, verdict="excluded"),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "and an outage: 16 of 20 with this one": (
        some_with(drawn("P F P"), 1, crowd=(4, 15)),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "but not one that was put back": (
        some_with(drawn("P F P"), 1, crowd=(4, 15), verdict="kept"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "nor 15 of 19": (
        some_with(drawn("P F P"), 1, crowd=(4, 14)),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "equal times go by the tool's id of the run": (
        [
            RunPlan(external_id=name, hours=1, rows=(histories.Row(0, letter),))
            for name, letter in {"c": "P", "a": "P", "b": "F"}.items()
        ],
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
}


@pytest.mark.parametrize(
    ("history", "wanted"), HAND_DRAWN.values(), ids=HAND_DRAWN.keys()
)
def test_hand_drawn_histories_have_the_numbers_worked_out_by_hand(history, wanted):
    with histories.stored(history):
        case = case_of("case 0")
        rows = oracle.executions(oracle.load(), *histories.WHOLE)
        twin = oracle.flakiness(rows)[case]
        found = flakiness_of(over(histories.WHOLE), [case])[case]
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
        "case k n evidence is_flaky flips pairs executions not_passed time_lost_ms "
        "unknown_durations"
    )
    near = "rate low high expected_flips"
    return {name: getattr(row, name) for name in exact.split()} | {
        name: pytest.approx(getattr(row, name), abs=1e-9) for name in near.split()
    }


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
    rows = flakiness_of(filters, list(names))
    assert {c: said(row) for c, row in rows.items()} == {
        c: said(twin) for c, twin in twins.items()
    }
    for case, row in rows.items():
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


@histories.some(60)
@given(histories.long_histories(), histories.wide_windows())
def test_random_histories_flake_as_their_rows_say(history, window):
    with histories.stored(history):
        agree(over(window), oracle.executions(oracle.load(), *window))


@histories.some(40)
@given(histories.long_histories(), histories.wide_windows(), CHOICES)
def test_filters_cut_before_anything_is_counted(history, window, chosen):
    with histories.stored(history):
        filters = over(window, **{name: (value,) for name, value in chosen.items()})
        wanted = {name: {value} for name, value in chosen.items()}
        agree(filters, oracle.executions(oracle.load(), *window, **wanted))


@histories.some(25)
@given(
    histories.long_histories(),
    histories.wide_windows(),
    st.integers(0, 1),
    st.integers(0, 2),
)
def test_filters_on_project_and_milestone_cut_too(history, window, project, place):
    with histories.stored(history) as projects:
        pk = projects[project].pk
        milestone = milestone_of(project, place)
        rows = oracle.load()
        for filters, wanted in (
            (over(window, project=(pk,)), {"project": {pk}}),
            (over(window, milestone=(milestone,)), {"milestone": {milestone}}),
        ):
            agree(filters, oracle.executions(rows, *window, **wanted))


def milestone_of(project: int, place: int) -> int:
    names = histories.MILESTONES[project]
    key = normalised_name(names[place % len(names)])
    return Milestone.objects.get(name_key=key).pk


@histories.some(25)
@given(histories.histories, histories.windows())
def test_wild_histories_flake_as_their_rows_say(history, window):
    with histories.stored(history):
        agree(over(window), oracle.executions(oracle.load(), *window))
