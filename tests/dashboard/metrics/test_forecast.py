"""When milestones will be done, and how often that would have held."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import numpy as np
import pytest
from django.core.cache import cache

from dashboard.filters import Filters
from dashboard.metrics.milestones.back_test import back_test
from dashboard.metrics.milestones.burn_up import BurnUpDay
from dashboard.metrics.milestones.calibration import UNCALIBRATED
from dashboard.metrics.milestones.forecast import Change, forecast
from dashboard.metrics.milestones.past_forecasts import finishing_day
from dashboard.precomputed.milestones import at_risk_milestones, progress
from ingest.models import Milestone
from tests import factories
from tests.dashboard.releases import (
    DAY,
    TODAY,
    executed,
    growing,
    noon,
)

# The day is part of the seed: a fixed one, so that the draws are the same on every day.
ON = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


@pytest.fixture
def project():
    return factories.make_project()


@pytest.fixture
def milestone(project):
    return factories.make_milestone(project, due_at=noon(-20))


def steady(days: int, *, passed: int = 10, scope: int = 0) -> list[Change]:
    return [Change(passed=passed, scope=scope)] * days


def foreseen(changes, *, passed, scope, today=ON, **values):
    """As the futures are drawn, unless a calibration is given."""
    known = {"due": None, "seed": 1, "calibration": UNCALIBRATED} | values
    return forecast(changes, passed=passed, scope=scope, today=today, **known)


def test_a_steady_pace_ends_on_the_day_that_it_says():
    found = foreseen(steady(20), passed=100, scope=195)
    assert {found.p10, found.p50, found.p85, found.p90, found.p95} == {ON + 10 * DAY}


def test_scope_that_grows_as_fast_as_tests_pass_is_never_done():
    assert foreseen(steady(20, passed=5, scope=5), passed=100, scope=195) is None


def test_what_takes_more_than_a_year_is_not_foreseen():
    assert foreseen(steady(20, passed=1), passed=0, scope=365)
    assert foreseen(steady(20, passed=1), passed=0, scope=366) is None


def test_a_forecast_is_the_same_again_and_another_on_another_day():
    uneven = [Change(passed=n * n % 17, scope=0) for n in range(20)]
    first = foreseen(uneven, passed=0, scope=300)
    assert foreseen(uneven, passed=0, scope=300) == first
    assert foreseen(uneven, passed=0, scope=300, seed=2) != first
    tomorrow = foreseen(uneven, passed=0, scope=300, today=ON + DAY)
    assert tomorrow.on_time_probability is None
    assert [day.low for day in tomorrow.band] != [day.low for day in first.band]


def test_the_chance_to_be_in_time_is_the_share_of_futures_until_the_due_day():
    # A block has its one day with passes somewhere, so the end is equally likely on
    # each of the seven days to come.
    weekly = [Change(passed=7 if day == 0 else 0, scope=0) for day in range(7)]
    chances = [
        foreseen(weekly, passed=0, scope=7, due=ON + n * DAY).on_time_probability
        for n in range(9)
    ]
    expected = [min(n, 7) / 7 for n in range(9)]
    assert chances == pytest.approx(expected, abs=0.02)


def test_futures_hold_what_single_steps_say():
    """The same futures walked day by day in plain Python."""
    rng = np.random.default_rng(5)
    changes = [
        Change(passed=int(rng.integers(-3, 12)), scope=int(rng.integers(0, 3)))
        for _ in range(15)
    ]
    found = foreseen(changes, passed=40, scope=160, seed=3)
    starts = np.random.default_rng([3, ON.toordinal()]).integers(
        0, 15, size=(10_000, 53)
    )
    ends, after_ten = [], []
    for future in starts:
        passed, scope, day = 40, 160, 0
        while passed < scope and day < 365:
            change = changes[(future[day // 7] + day % 7) % 15]
            passed, scope, day = passed + change.passed, scope + change.scope, day + 1
            if day == 10:
                after_ten.append(max(0, scope - passed))
        ends.append(day)
    assert len(after_ten) == 10_000, "a future ended before the tenth day"
    for percent in (10, 50, 90):
        walked = int(np.percentile(ends, percent, method="inverted_cdf"))
        assert getattr(found, f"p{percent}") == ON + walked * DAY
    band = next(day for day in found.band if day.day == ON + 10 * DAY)
    # Both are rounded to whole tests.
    assert band.scope - band.middle == pytest.approx(np.median(after_ten), abs=1)
    assert band.low <= band.middle <= band.high <= band.scope


def test_a_forecast_takes_less_than_a_tenth_of_a_second():
    rng = np.random.default_rng(1)
    changes = [Change(passed=int(n), scope=0) for n in rng.integers(0, 60, 60)]
    times = []
    for _ in range(5):
        began = time.process_time()
        assert foreseen(changes, passed=1500, scope=2140)
        times.append(time.process_time() - began)
    assert min(times) < 0.1


@pytest.mark.django_db
def test_nine_days_with_results_are_too_few_and_ten_enough(project, milestone):
    everything = [f"case {n}" for n in range(40)]
    for n in range(9):
        letters = "P" * (n + 1) + "U" * (39 - n)
        executed(project, milestone, letters, days_ago=20 - n, cases=everything)
    found = progress(milestone.pk, Filters())
    assert found.forecast is None
    assert found.reason == "9 days with results so far; a forecast needs 10."
    executed(project, milestone, "P" * 10, days_ago=1, cases=everything[:10])
    found = progress(milestone.pk, Filters())
    assert found.reason == ""
    assert found.forecast.p10 <= found.forecast.p50 <= found.forecast.p95
    assert found.forecast.p10 > TODAY.date()


@pytest.mark.django_db
def test_what_has_all_passed_is_done(project, milestone):
    executed(project, milestone, "FP", days_ago=2)
    executed(project, milestone, "P", days_ago=1)
    found = progress(milestone.pk, Filters())
    assert found.is_done
    assert (found.forecast, found.reason) == (
        None,
        "Every test in scope has passed.",
    )


@pytest.mark.django_db
def test_a_skipped_test_is_not_done(project, milestone):
    executed(project, milestone, "PS", days_ago=2)
    assert not progress(milestone.pk, Filters()).is_done


@pytest.mark.django_db
def test_no_progress_is_told_in_words(project, milestone):
    for days_ago in range(14, 0, -1):
        executed(project, milestone, "PPF", days_ago=days_ago)
    found = progress(milestone.pk, Filters())
    assert found.forecast is None
    assert found.reason == "At the pace so far it would take more than a year."


@pytest.mark.django_db
def test_the_scope_of_the_first_day_is_no_growth(project, milestone):
    growing(project, milestone, passed_a_day=3)
    found = progress(milestone.pk, Filters())
    # 60 in scope at once, 3 a day: 42 passed by yesterday, 18 are left.
    assert found.forecast.p50 == TODAY.date() + 6 * DAY


@pytest.mark.django_db
def test_at_risk_is_what_ends_after_its_due_day_in_one_future_of_ten(
    project, milestone
):
    growing(project, milestone, passed_a_day=3)
    ends = progress(milestone.pk, Filters()).forecast.p90
    for due, is_at_risk in ((ends, False), (ends - DAY, True)):
        at = datetime.combine(due, datetime.min.time(), UTC)
        Milestone.objects.filter(pk=milestone.pk).update(due_at=at)
        rows = at_risk_milestones(Filters())
        assert [row.milestone for row in rows] == [milestone.pk] * is_at_risk
    (row,) = rows
    assert (row.name, row.left, row.passed_share) == ("v1", 18, 42 / 60)
    assert row.counts.untested == 18


@pytest.mark.django_db
def test_completed_milestones_and_other_projects_are_not_at_risk(project, milestone):
    growing(project, milestone, passed_a_day=3)
    late = {"due_at": noon(3)}
    Milestone.objects.filter(pk=milestone.pk).update(**late)
    assert at_risk_milestones(Filters(project=(project.pk,)))
    assert not at_risk_milestones(Filters(project=(project.pk + 1,)))
    Milestone.objects.filter(pk=milestone.pk).update(state="completed")
    assert not at_risk_milestones(Filters())


def test_a_release_finishes_when_the_last_test_passes_for_good():
    def day(number, scope, passed):
        on = date(2026, 1, 1) + number * DAY
        return BurnUpDay(day=on, scope=scope, decided=passed, passed=passed)

    states = [day(0, 3, 1), day(1, 3, 3), day(2, 5, 3), day(3, 5, 5), day(4, 5, 5)]
    assert finishing_day(states) == date(2026, 1, 4)
    assert finishing_day(states[:3]) is None


@pytest.mark.django_db
def test_the_back_test_looks_at_completed_milestones(project, milestone):
    growing(project, milestone, passed_a_day=3, tests=60, days=20)
    assert back_test(Filters()).milestones == 0
    Milestone.objects.filter(pk=milestone.pk).update(state="completed")
    found = back_test(Filters())
    assert (found.milestones, found.finished, found.coverage) == (1, 1, 1.0)
    # Forecasts from the tenth day with results until the day before the last.
    assert len(found.tried) == 10
    assert {one.finished_on for one in found.tried} == {noon(1).date()}
