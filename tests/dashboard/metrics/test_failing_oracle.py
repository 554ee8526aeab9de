"""What fails now and what failed when last run, against their plain-Python twins."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters, Window
from dashboard.metrics.failing import FailingCase, failing_by_project
from dashboard.metrics.failing_history import LATELY, day_ends, failing_history
from dashboard.metrics.status_transitions import status_transitions
from dashboard.precomputed.failing import failing_cases, retired_cases
from dashboard.precomputed.precompute import precompute
from ingest.models import Configuration
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.oracle.series import failing_when_last_run, newest_finals
from tests.dashboard.metrics.oracle.turned import fixed, newly_failing
from tests.dashboard.metrics.test_status_transitions_oracle import of_rows
from tests.factories import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WINDOW = NOW - timedelta(days=60), NOW + timedelta(minutes=1)


def on_days(
    letters: str, *days_ago: float, **values: object
) -> list[histories.RunPlan]:
    """A run for each word, each so many days before NOW."""
    case = values.get("case", 0)
    return [
        replace(
            plan,
            external_id=f"{values.get('configuration', '')}{case}{days}",
            hours=histories.HOURS - 24 * days,
        )
        for plan, days in zip(histories.drawn(letters, **values), days_ago, strict=True)
    ]


# Words, and the days before now on which they were run, by how it stands. Another case
# passes now unless the project paused.
STANDS = {
    # Silent for more than seven days and four of its gaps.
    "retired": ("P P F", (12, 11, 10)),
    # Not for more than seven days.
    "a week": ("P P F", (9, 8, 7)),
    "a moment more than a week": ("P P F", (9, 8, 7.001)),
    # Not for four of its gaps, of which the median counts.
    "rare": ("P P F", (20, 15, 10)),
    "four gaps": ("P P F", (14, 12, 8)),
    "more than four gaps": ("P P F", (14, 12, 10)),
    "two gaps": ("P P P F", (40, 14, 13, 11)),
    # Only once: fourteen days.
    "once": ("F", (14,)),
    "once, long ago": ("F", (14.001,)),
    # It counts only what is decided, and only in the window.
    "skipped since": ("P P F S S", (12, 11, 10, 1, 0.5)),
    "a gap before the window": ("P P F", (90, 12, 11)),
}
RETIRED = {
    *("retired", "a moment more than a week", "more than four gaps", "once, long ago"),
    *("skipped since", "a gap before the window", "two gaps"),
}


@pytest.mark.parametrize("name", STANDS)
def test_a_series_that_nobody_runs_any_more_failed_when_last_run(name):
    letters, days = STANDS[name]
    lives = on_days("P", 0, case=1)
    with histories.stored([*on_days(letters, *days), *lives]):
        found = oracle.executions(oracle.load(), *WINDOW)
        filters = Filters(since=WINDOW[0], until=WINDOW[1])
        is_retired = name in RETIRED
        assert len(failing_when_last_run(found)) == is_retired
        assert len(retired_cases(filters)) == is_retired
        assert len(failing_cases(filters)) == (not is_retired)
        assert sum(failing_by_project(filters).values()) == (not is_retired)


def test_a_pause_of_the_project_retires_nothing():
    """It counts to the newest result of the project, of another case or a manual run,
    whatever the filters choose.
    """
    paused = on_days("P P F", 42, 41, 40)
    other = on_days("P", 35, case=1, configuration="Chrome", kind="manual")
    filters = Filters(since=WINDOW[0], until=WINDOW[1])
    chosen = replace(filters, case=(), branch=("main",))
    with histories.stored([*paused, *other, *on_days("P", 0, project=1)]):
        assert len(failing_cases(filters)) == 1
    late = on_days("P", 32, case=1, configuration="Chrome", kind="manual")
    late = [replace(plan, branch="dev") for plan in late]
    paused = [replace(plan, branch="main") for plan in paused]
    with histories.stored([*paused, *late]):
        assert not failing_cases(chosen)
        assert len(retired_cases(chosen)) == 1


def test_a_case_fails_now_where_it_is_still_run():
    """Its Firefox is retired and has failed for longer than its Chrome."""
    firefox = on_days("F F F", 22, 21, 20, configuration="Firefox", branch="main")
    chrome = on_days("P F", 2, 0.5, configuration="Chrome", branch="dev")
    filters = Filters(since=WINDOW[0], until=WINDOW[1])
    window = filters.window()
    with histories.stored([*firefox, *chrome]):
        (row,) = failing_cases(filters)
        name = Configuration.objects.get(pk=row.configuration).name
        assert (name, row.branch, row.streak) == ("Chrome", "dev", 1)
        assert not retired_cases(filters)
        assert sum(failing_history(filters).began.values()) == 1
        (told,) = status_transitions(filters, window, NOW - DAY).newly_failing
        assert told.since_run == row.since_run
    passes = on_days("F P", 2, 0.5, configuration="Chrome", branch="dev")
    with histories.stored([*firefox, *passes]):
        (row,) = retired_cases(filters)
        name = Configuration.objects.get(pk=row.configuration).name
        assert (name, row.branch, row.streak) == ("Firefox", "main", 3)
        # No series that is run fails: it is fixed.
        assert len(status_transitions(filters, window, NOW - DAY).fixed) == 1


def said(row: FailingCase) -> oracle.Failing:
    return oracle.Failing(row.case, row.since, row.since_run, row.streak)


def stretched(history: list[histories.RunPlan], factor: int) -> list[histories.RunPlan]:
    """The same over more days, so that series fall silent; the last hours stay."""
    return [
        replace(plan, hours=histories.HOURS - (histories.HOURS - plan.hours) * factor)
        for plan in history
    ]


FACTORS = st.sampled_from([1, 5, 10, 15])


@histories.some(40)
@given(histories.long_histories(), FACTORS, histories.CHOICES, st.integers(0, 30))
def test_random_cases_fail_now_or_failed_when_last_run(history, factor, chosen, later):
    until = NOW + timedelta(hours=later)
    filters = Filters(
        since=until - 50 * DAY,
        until=until,
        **{name: (value,) for name, value in chosen.items()},
    )
    with histories.stored(stretched(history, factor)):
        wanted = {name: {value} for name, value in chosen.items()}
        agree_over(filters, wanted)


def agree_over(filters: Filters, wanted: dict[str, set[object]]) -> None:
    rows, window = oracle.load(), filters.window()

    def failing_until(moment: datetime) -> list[oracle.Failing]:
        span = moment - (window.until - window.since), moment
        ends = newest_finals(oracle.executions(rows, *span))
        return oracle.failing(oracle.executions(rows, *span, **wanted), ends)

    span = window.since, window.until
    found = oracle.executions(rows, *span, **wanted)
    ends = newest_finals(oracle.executions(rows, *span))
    now, since = failing_until(window.until), window.until - 20 * DAY
    assert list(map(said, failing_cases(filters))) == now
    assert list(map(said, retired_cases(filters))) == failing_when_last_run(found, ends)
    assert sum(failing_by_project(filters).values()) == len(now)
    told = failing_history(filters)
    assert sum(told.previous.values()) == len(failing_until(window.since))
    began = [row for row in now if row.since >= window.until - LATELY]
    assert sum(told.began.values()) == len(began)
    assert list(told.by_day) == [len(failing_until(day)) for day in day_ends(window)]
    assert sum(told.now.values()) == len(now)
    turned = status_transitions(filters, Window(since=span[0], until=span[1]), since)
    assert of_rows(turned) == (
        newly_failing(found, since, ends),
        fixed(found, since, ends),
    )


@histories.some(8)
@given(histories.long_histories(), FACTORS, st.sampled_from([14, 30, 90]))
def test_what_was_kept_tells_retired_series_too(history, factor, days):
    with histories.stored(stretched(history, factor)):
        asked_at = NOW + DAY
        precompute(asked_at)
        filters = Filters(window_days=days, now=asked_at)
        agree_over(filters, {})
