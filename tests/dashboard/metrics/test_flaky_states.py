"""Which flaky tests are new, which get worse, which have settled: drawn by hand.

Each letter is a run of one case, a day apart, the last one an hour ago. Two isolated
failures make a case flaky.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.metrics.flaky import flakiness_by_case
from dashboard.metrics.flaky_states import FlakyStates, flaky_states
from dashboard.precomputed.flaky import flaky_cases
from ingest.models import Case
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
DAY = timedelta(days=1)
# Ten days hold ten letters: the window is the last ten of a history.
FILTERS = {"window_days": 10}


@pytest.fixture
def project():
    return factories.make_project(factories.make_connection("Testmo"))


def draw(project, letters: str, case: str = "case 1", **values) -> int:
    """The id of the case whose history this is."""
    factories.make_history(project, letters, case=case, every=DAY, **values)
    return Case.objects.get(project=project, name=case).pk


def states(**values) -> FlakyStates:
    return flaky_states(Filters(**{**FILTERS, **values}))


def settled(**values) -> list[int]:
    return [case.case for case in states(**values).settled]


def flaky(**values) -> set[int]:
    return {case.case for case in flaky_cases(Filters(**{**FILTERS, **values}))}


def test_a_case_that_began_to_flake_this_week_is_new(project):
    case = draw(project, "P" * 25 + "PFPFP")
    assert flaky() == states().new == {case}


def test_a_case_that_was_flaky_a_week_ago_is_not_new(project):
    case = draw(project, "P" * 15 + "PFPFPP" + "PPPFPFPPP")
    assert flaky() == {case}
    assert states().new == frozenset()


def test_one_failure_before_does_not_make_a_case_old(project):
    # It was no flaky case then: a single event is not enough.
    case = draw(project, "P" * 15 + "PFP" + "PPPPP" + "PFPFPPP")
    assert states().new == {case}


def test_a_case_seen_for_the_first_time_this_week_can_be_new(project):
    case = draw(project, "PFPFP")
    assert states().new == {case}


def test_a_case_that_flakes_above_its_interval_before_gets_worse(project):
    case = draw(project, "PPPFPPFPPP" * 4 + "P" * 12 + "PFPFPFPFPF" + "P")
    found = states()
    (before,) = found.before
    assert (before.k, before.is_flaky) == (0, False)
    assert found.worse == {case}


def test_a_case_that_flakes_within_its_interval_before_gets_no_worse(project):
    case = draw(project, "PFPPFPPFPP" + "PFPFPPFPPP")
    found = states()
    assert flaky() == {case}
    assert (
        found.before[0].high > flakiness_by_case(Filters(**FILTERS), [case])[case].rate
    )
    assert found.worse == frozenset()


def test_a_case_without_any_result_before_cannot_get_worse(project):
    draw(project, "PFPFPFPFP")
    assert states().worse == frozenset()
    assert states().new != frozenset()


def test_a_case_that_flaked_before_and_only_passes_now_has_settled(project):
    case = draw(project, "PFPPFPPFPP" + "P" * 10)
    found = states()
    assert [one.case for one in found.settled] == [case]
    (row,) = found.settled
    assert (row.k, row.not_passed, row.executions) == (0, 0, 10)
    # Three in ten: the mean of Beta(3.17, 6.36) is the rate before the fix.
    assert (found.proofs[case].passed, found.proofs[case].needed) == (12, 8)


def test_a_case_that_does_not_run_any_more_has_not_settled(project):
    draw(project, "PFPPFPPFPP", until=NOW - 12 * DAY)
    assert settled() == []


def test_a_case_that_fails_for_good_has_not_settled(project):
    draw(project, "PFPPFPPFPP" + "PPPPPPFFFF")
    assert flaky() == set()
    assert settled() == []


def test_a_failure_that_is_no_event_keeps_a_case_from_settling(project):
    # Broken and mended within the window: four in a row are no flake.
    draw(project, "PFPPFPPFPP" + "PFFFFPPPPP")
    assert settled() == []


def test_a_retry_that_helped_keeps_a_case_from_settling(project):
    draw(project, "PFPPFPPFPP" + "P" * 9, until=NOW - 2 * DAY)
    run = factories.make_run(project)
    at = [run.at, run.at + timedelta(minutes=1)]
    factories.make_results(run, "FP", cases=["case 1", "case 1"], at=at)
    assert settled() == []


def test_enough_passes_in_a_row_settle_a_case_that_is_flaky_still(project):
    case = draw(project, "P" * 10 + "PFPPPPFPPPPFP" + "P" * 29)
    found = states(window_days=45)
    assert flaky(window_days=45) == {case}
    assert [one.case for one in found.settled] == [case]
    # Three in 22 of both windows: the mean of Beta(3.17, 20.36) is 0.135, and
    # ln 0.05 / ln 0.865 = 20.7.
    assert (found.proofs[case].passed, found.proofs[case].needed) == (30, 21)


def test_too_few_passes_in_a_row_settle_nothing(project):
    case = draw(project, "P" * 20 + "PFPPPPFPPPPFP" + "P" * 13)
    assert flaky(window_days=45) == {case}
    assert settled(window_days=45) == []


def test_the_first_event_is_looked_for_ninety_days_back(project):
    case = draw(project, "PFP" + "P" * 60 + "PFPFPPP")
    first = states().first_seen[case]
    assert first == NOW - timedelta(hours=1) - 68 * DAY


def test_states_are_told_of_the_chosen_rows_alone(project):
    other = factories.make_project(factories.make_connection(vendor="qatech"))
    mine = draw(project, "P" * 20 + "PFPFP")
    draw(other, "P" * 20 + "PFPFP", case="case 2")
    assert states(project=(project.pk,)).new == {mine}
    assert len(states().new) == 2


def test_any_window_can_be_asked_for(project):
    case = draw(project, "P" * 10 + "PFPFP", until=NOW - 50 * DAY)
    filters = Filters(since=NOW - 60 * DAY, until=NOW - 49 * DAY)
    assert flaky_states(Filters(), filters.window()).new == {case}
    assert flaky_states(filters).new == {case}


def test_more_cases_need_no_more_queries(project):
    draw(project, "PFPPFPPFPP" + "P" * 10)
    counts = []
    for number in range(2, 8, 5):
        with CaptureQueriesContext(connection) as captured:
            states()
        counts.append(len(captured))
        for extra in range(number, number + 5):
            draw(project, "PFPFP", case=f"case {extra}")
    assert counts[0] == counts[1] <= 8
