"""When and in which run a case turned, against its plain-Python twin."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from dashboard.filters import Filters, Window
from dashboard.metrics.status_transitions import StatusTransitions, status_transitions
from ingest.models import Run
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.histories import SINCE, drawn
from tests.dashboard.metrics.oracle.turned import (
    Fixed,
    NewlyFailing,
    fixed,
    newly_failing,
)

pytestmark = pytest.mark.django_db


def of_rows(found: StatusTransitions) -> tuple[list[NewlyFailing], list[Fixed]]:
    return (
        [NewlyFailing(**asdict(row)) for row in found.newly_failing],
        [Fixed(**asdict(row)) for row in found.fixed],
    )


def over(window: histories.Span, since: Any, **filters: Any) -> StatusTransitions:
    asked = Window(since=window[0], until=window[1])
    return status_transitions(Filters(**filters), asked, since)


# Hourly runs from the second hour on, since the fourth: the numbers of the runs.
FAILED = {
    # First failing run, streak, newest.
    "P P P F": (3, 1, 3),
    "P P P F E S F S": (3, 3, 6),
    "S F S F": None,
    "F P P F F": (3, 2, 4),
}
FIXED = {
    # First run that passes, first that failed before it, how many failed.
    "F F P P": None,
    "P F E S P P": (4, 1, 2),
    "F P F F FP S": (4, 2, 2),
    # At the moment itself.
    "F F F P": (3, 0, 3),
}


@pytest.mark.parametrize(("letters", "wanted"), FAILED.items())
def test_a_streak_begins_and_ends_with_the_runs_worked_out_by_hand(letters, wanted):
    with histories.stored(drawn(letters)):
        runs = list(Run.objects.order_by("started_at").values_list("pk", flat=True))
        found = over(histories.WHOLE, SINCE + timedelta(hours=4))
        said = [
            (runs.index(row.since_run), row.streak, runs.index(row.newest_run))
            for row in found.newly_failing
        ]
        assert said == [wanted] * (wanted is not None)


@pytest.mark.parametrize(("letters", "wanted"), FIXED.items())
def test_a_fix_follows_the_failures_worked_out_by_hand(letters, wanted):
    with histories.stored(drawn(letters)):
        runs = list(Run.objects.order_by("started_at").values_list("pk", flat=True))
        found = over(histories.WHOLE, SINCE + timedelta(hours=4))
        said = [
            (runs.index(row.since_run), runs.index(row.failed_run), row.streak)
            for row in found.fixed
        ]
        assert said == [wanted] * (wanted is not None)


def test_of_equal_times_the_greater_id_is_the_newer():
    one, other, third = (
        replace(plan, external_id=name, hours=5)
        for plan, name in zip(drawn("F F P"), "cba", strict=True)
    )
    with histories.stored([one, other, third]):
        runs = dict(Run.objects.values_list("external_id", "pk"))
        (row,) = over(histories.WHOLE, SINCE).newly_failing
        assert (row.since_run, row.newest_run) == (runs["b"], runs["c"])


def test_of_equal_beginnings_the_longer_streak_is_told():
    chrome = drawn("P F F", configuration="Chrome")
    firefox = drawn("P F F F", configuration="Firefox")
    others = [replace(plan, external_id=f"b{plan.external_id}") for plan in firefox]
    with histories.stored([*chrome, *others]):
        (row,) = over(histories.WHOLE, SINCE).newly_failing
        assert row.streak == 3


@histories.some(18)
@given(
    histories.long_histories(),
    histories.moments,
    histories.wide_windows(),
    histories.CHOICES,
)
def test_random_cases_turned_when_and_where_their_rows_say(
    history, hours, window, chosen
):
    since = SINCE + timedelta(hours=hours)
    with histories.stored(history):
        wanted = {name: {value} for name, value in chosen.items()}
        filters = {name: (value,) for name, value in chosen.items()}
        found = oracle.executions(oracle.load(), *window, **wanted)
        assert of_rows(over(window, since, **filters)) == (
            newly_failing(found, since),
            fixed(found, since),
        )
