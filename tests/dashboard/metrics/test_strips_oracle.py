"""The letters of strips against their plain-Python twin."""

from __future__ import annotations

import pytest
from hypothesis import given

from dashboard.filters import Filters, Window
from dashboard.metrics.executions import executions
from dashboard.metrics.strips import letters, strips
from ingest.models import Case
from tests import factories
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle.strips import strip

pytestmark = pytest.mark.django_db
# Attempts of a case in one run, and the letter of its final result.
BY_HAND = {
    "P": "P",
    "FP": "R",
    "EP": "R",
    "FFP": "R",
    "PFP": "R",
    "FSP": "R",
    "PP": "P",
    "SP": "P",
    "PF": "F",
    "FE": "E",
    "FPS": "S",
    "FPB": "B",
    "FPR": "U",
}


@pytest.mark.parametrize(("attempts", "wanted"), BY_HAND.items())
def test_what_passed_after_an_attempt_that_did_not_is_a_letter_of_its_own(
    attempts, wanted
):
    run = factories.make_run()
    factories.make_results(run, attempts, cases=["pays"] * len(attempts))
    case = Case.objects.get()
    found = oracle.executions(oracle.load(), *histories.WHOLE)
    assert strip(found, case.pk) == wanted
    assert letters(strips([case.pk], Filters())[case.pk]) == wanted
    (one,) = executions(Filters(), case, Filters().window())
    assert letters([one]) == wanted
    assert len(one.repeated) == len(attempts) - 1


def test_a_failed_attempt_that_the_tool_took_back_is_no_retry():
    run = factories.make_run()
    first, _ = factories.make_results(run, "FP", cases=["pays", "pays"])
    factories.remove([first])
    case = Case.objects.get()
    assert letters(strips([case.pk], Filters())[case.pk]) == "P"
    (one,) = executions(Filters(), case, Filters().window())
    assert letters([one]) == "P"


@histories.some(25)
@given(histories.long_histories(), histories.wide_windows())
def test_random_histories_have_the_strips_that_their_rows_say(history, window):
    with histories.stored(history):
        found = oracle.executions(oracle.load(), *window)
        span, names = Window(since=window[0], until=window[1]), oracle.names()
        cells = strips(list(names), Filters(), span)
        assert {case: letters(cells.get(case, ())) for case in names} == {
            case: strip(found, case) for case in names
        }
