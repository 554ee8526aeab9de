"""The eight rules of other systems against their plain-Python twins."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics import other_flaky_rules
from dashboard.precomputed.flaky import rule_counts
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle.opinions import RULES, opinions

# The rules by hand: letters of a series, oldest first, and who calls it flaky.
BY_HAND = {
    "P" * 40: set(),
    "F": {"codecov", "testgrid"},
    "FFF": {"codecov"},
    "PF": {"reportportal", "codecov", "testomatio", "testgrid", "buildkite", "trunk"},
    # One transition in five; the streak of three is no flip, no pass after a failure.
    "PPFFF": {"reportportal", "codecov", "testomatio", "buildkite", "trunk"},
    "FPF": {
        "reportportal",
        "allure",
        "codecov",
        "testgrid",
        "buildkite",
        "trunk",
    },
    # The failure before the pass is the sixth last.
    "FPPPPF": {"reportportal", "codecov", "testgrid", "buildkite", "trunk"},
    "FPPPF": {
        "reportportal",
        "allure",
        "codecov",
        "testgrid",
        "buildkite",
        "trunk",
        "testomatio",
    },
    # Two transitions in 40 are 0.05, in 41 less; 30 passes close it for Codecov.
    "P" * 8 + "F" + "P" * 31: {"testgrid", "buildkite"},
    "P" * 9 + "F" + "P" * 31: {"testgrid"},
    "P" * 11 + "F" + "P" * 29: {"reportportal", "codecov", "testgrid"},
    # One of ten is a tenth; three of ten are not more than 30 %, four are.
    "F" + "P" * 9: {"reportportal", "codecov", "testgrid", "buildkite", "trunk"},
    "F" * 3 + "P" * 7: {"reportportal", "codecov", "buildkite", "trunk"},
    "F" * 4 + "P" * 6: {
        "reportportal",
        "codecov",
        "buildkite",
        "buildpulse",
        "testomatio",
        "trunk",
    },
    # Four of five are 80 %, and an error is a failure.
    "FEEFP": {"reportportal", "codecov", "buildkite", "trunk"},
    "FEEFFP": {"reportportal", "codecov", "buildkite"},
}


def called_flaky(outcomes: str) -> set[str]:
    return {
        name for name in RULES if getattr(other_flaky_rules, name)(outcomes).is_flaky
    }


def twins(outcomes: str) -> set[str]:
    bad = [letter != "P" for letter in outcomes]
    return {name for name, rule in RULES.items() if rule(bad)}


@pytest.mark.parametrize(("outcomes", "wanted"), BY_HAND.items())
def test_hand_drawn_series_are_flaky_to_those_worked_out_by_hand(outcomes, wanted):
    assert twins(outcomes) == wanted
    assert called_flaky(outcomes) == wanted


@given(st.text("PPPFE", min_size=1, max_size=130))
@example("F" + "P" * 29)
@example("F" + "P" * 30)
@example("PF" * 50 + "P")
@example("P" * 60 + "F" * 40)
@example("P" * 61 + "F" * 39)
def test_random_series_are_flaky_to_the_same_rules(outcomes):
    assert called_flaky(outcomes) == twins(outcomes)


@pytest.mark.django_db
@histories.some(12)
@given(histories.long_histories(), histories.wide_windows())
def test_a_rule_counts_the_cases_of_which_it_calls_any_series_flaky(history, window):
    with histories.stored(history):
        found = oracle.executions(oracle.load(), *window)
        filters = Filters(since=window[0], until=window[1])
        said = opinions(found)
        ours = sum(row.is_flaky for row in oracle.flakiness(found).values())
        counted = rule_counts(filters)
        assert list(counted.values())[0] == ours
        assert {name: counted[name] for name in RULES} == {
            name: sum(name in rules for rules in said.values()) for name in RULES
        }
        told = other_flaky_rules.other_flaky_rules(filters, list(oracle.names()))
        assert {
            case: {name for name, opinion in of_case.items() if opinion.is_flaky}
            for case, of_case in told.items()
        } == said
