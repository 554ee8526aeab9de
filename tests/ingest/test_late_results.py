"""Results that come late, are corrected or vanish: every number as if they never had.

What tools state at last is stored once in order, and once in pieces: late, wrong at
first, out of order, gone for a while. Both must give the same numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given

from dashboard.filters import Filters
from dashboard.metrics.flaky import flakiness_by_case
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.milestones import progress
from dashboard.precomputed.standup import standup
from dashboard.precomputed.summary import summary
from ingest.contract import Counts
from ingest.models import Case, Milestone, Project, Run
from ingest.rollups import differences
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.histories import SINCE, Row, RunPlan, drawn
from tests.ingest.late import Tool, gone, sequences

pytestmark = pytest.mark.django_db


@histories.some(12)
@given(sequences(), histories.wide_windows())
def test_numbers_are_the_same_whatever_came_late_wrong_or_not_at_all(history, window):
    plans, states = history
    with transaction.atomic():
        patient, hasty = Tool("patient"), Tool("hasty")
        for plan in plans:
            if not plan.is_removed:
                patient.states(plan)
        for plan in states:
            hasty.states(plan)
        patient.is_judged(plans)
        hasty.is_judged(plans)
        assert list(differences()) == []
        wanted, found = patient.numbers(window), hasty.numbers(window)
        for name, value in wanted.items():
            assert found[name] == value, name
        transaction.set_rollback(True)


@histories.some(6)
@given(sequences(), histories.wide_windows())
def test_numbers_are_those_of_the_rows_after_each_state_too(history, window):
    with transaction.atomic():
        tool = Tool("hasty")
        filters = Filters(since=window[0], until=window[1])
        for plan in history[1]:
            version = Project.objects.get(pk=tool.project.pk).version
            before = oracle.executions(oracle.load(), *window)
            tool.states(plan)
            assert list(differences()) == []
            after = oracle.executions(oracle.load(), *window)
            if said_by(after) != said_by(before):
                assert Project.objects.get(pk=tool.project.pk).version > version
            found = flakiness_by_case(filters, list(oracle.names()))
            assert {c: (row.k, row.n, row.flips) for c, row in found.items()} == {
                c: (row.k, row.n, row.flips)
                for c, row in oracle.flakiness(after).items()
            }
            assert [row.case for row in failing_cases(filters)] == [
                row.case for row in oracle.failing(after)
            ]
        transaction.set_rollback(True)


def said_by(found: list[oracle.Execution]) -> list[Any]:
    return sorted((e.run.id, e.case, repr(e.attempts)) for e in found)


def test_a_result_for_a_day_long_past_changes_what_the_next_days_mean():
    tool = Tool("shop")
    first, second, third, fourth, fifth = drawn("P F F F P")

    def counted() -> tuple[int, int]:
        case = Case.objects.get(key="case 0")
        filters = Filters(since=histories.WHOLE[0], until=histories.WHOLE[1])
        row = flakiness_by_case(filters, [case.pk])[case.pk]
        return row.k, row.n

    for plan in (first, fourth):
        tool.states(plan)
    # A failure at the end is a breakage.
    assert counted() == (0, 1)
    tool.states(fifth)
    assert counted() == (1, 3)
    tool.states(second)
    # One event, however long.
    assert counted() == (1, 4)
    tool.states(third)
    # Three in a row are a breakage, so what was counted is no event any more.
    assert counted() == (0, 2)
    tool.states(replace(third, rows=(Row(0, "P"),)))
    assert counted() == (2, 5)
    tool.states(gone(second))
    assert counted() == (1, 4)
    assert list(differences()) == []


def test_a_late_result_turns_its_run_into_an_outage():
    tool = Tool("shop")
    plans = drawn("P F P")
    outage = replace(plans[1], crowd=(4, 15))
    filters = Filters(since=histories.WHOLE[0], until=histories.WHOLE[1])

    def events() -> int:
        case = Case.objects.get(key="case 0")
        return flakiness_by_case(filters, [case.pk])[case.pk].k

    for plan in (plans[0], replace(outage, crowd=(4, 14)), plans[2]):
        tool.states(plan)
    assert events() == 1
    tool.states(outage)
    assert events() == 0
    # It stays in all rates: 3 of its own and the 19 others.
    counts = summary(filters).now.counts
    assert counts == Counts(passed=6, failed=16)


def test_a_milestone_forgets_what_left_it():
    tool = Tool("shop")
    plan = RunPlan(external_id="1", rows=(Row(0, "P"),), milestones=frozenset({0}))
    tool.states(plan)
    number = Milestone.objects.get(name_key="1").pk
    assert progress(number, Filters()).counts.total == 1
    tool.states(replace(plan, milestones=frozenset()))
    assert progress(number, Filters()).counts.total == 0
    assert plan.began_at == SINCE


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_equal_streaks_the_same_is_told_whichever_came_first(order):
    tool = Tool("shop")
    chrome, firefox = (
        RunPlan(external_id=name, hours=1, rows=(Row(0, "F"),), configuration=where)
        for name, where in (("a", "Chrome"), ("b", "Firefox"))
    )
    for plan in (chrome, firefox)[::order]:
        tool.states(plan)
    since, until = histories.WHOLE
    filters = Filters(since=since, until=until)
    told = Run.objects.get(external_id="a").pk
    assert failing_cases(filters)[0].since_run == told
    assert standup(filters, since).newly_failing[0].since_run == told
