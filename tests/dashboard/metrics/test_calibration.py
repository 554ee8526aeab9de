"""Forecasts calibrated by how milestones ended before, and how often they then hold."""

from __future__ import annotations

import math
from datetime import UTC, date

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.made_up_releases import in_phases, interrupted, releases, uneven
from dashboard.filters import Filters
from dashboard.metrics.milestones.back_test import back_test, back_tested
from dashboard.metrics.milestones.calibration import (
    PRIOR,
    UNCALIBRATED,
    Calibration,
    EndedMilestone,
    calibration_on,
    ratio,
)
from dashboard.metrics.milestones.forecast import Change, forecast
from dashboard.metrics.milestones.past_forecasts import errors_of
from dashboard.precomputed.milestones import progress
from ingest.models import Milestone, MilestoneMember
from tests import factories
from tests.dashboard.releases import DAY, executed, growing, noon

PERCENTS = (10, 50, 85, 90, 95)
ON = date(2026, 3, 2)


def walked(days: list[int], ratios: tuple[float, ...]) -> list[int]:
    """The calibrated days of futures in the order of their days, one by one."""
    found = []
    for rank, simulated in enumerate(sorted(days), 1):
        percent = 100 * rank / len(days)
        place = sum(percent > known for known in PERCENTS)
        if place in (0, len(PERCENTS)):
            times = ratios[min(place, len(PERCENTS) - 1)]
        else:
            low, high = PERCENTS[place - 1], PERCENTS[place]
            part = (percent - low) / (high - low)
            times = math.exp(
                (1 - part) * math.log(ratios[place - 1])
                + part * math.log(ratios[place])
            )
        longer = 366 if simulated > 365 else round((simulated + 7) * times - 7)
        found.append(max(1, min(366, longer), *found[-1:]))
    return found


def test_each_future_takes_as_much_longer_as_ends_of_its_rank_did():
    rng = np.random.default_rng(4)
    ratios = (0.8, 1.1, 1.3, 1.2, 2.0)
    for spread in (1, 5, 300):
        days = rng.integers(1, 1 + spread, size=200)
        days[:3] = 366
        found = Calibration(ratios).calibrated(days, 365)
        assert sorted(found.tolist()) == walked(days.tolist(), ratios)
        order = np.argsort(days, kind="stable")
        assert (np.diff(found[order]) >= 0).all()
    assert (UNCALIBRATED.calibrated(days, 365) == days).all()


def test_ratios_are_quantiles_of_the_errors_with_one_milestone_worth_of_prior():
    first = [(0.5 + n / 10,) * 5 for n in range(10)]
    second = [(2.0,) * 5]
    found = Calibration.of([first, second])
    # Each milestone has half of the weight. Of two milestones a tenth becomes the share
    # 0.5 - 0.4 * 2.5 / 2 = 0; the half stays, and the other milestone follows it.
    errors = (0.5, 1.4, 2.0, 2.0, 2.0)
    expected = [
        math.exp((math.log(prior) + 2 * math.log(error)) / 3)
        for prior, error in zip(PRIOR, errors, strict=True)
    ]
    assert found.ratios == pytest.approx(expected)
    assert found.milestones == 2
    assert Calibration.of([]) == Calibration(PRIOR, 0)


def test_only_what_was_completed_before_in_the_same_projects_is_learnt_from():
    def ended(milestone, projects, days_ago, errors=((1.5,) * 5,)):
        return EndedMilestone(
            milestone=milestone,
            projects=frozenset(projects),
            completed_on=ON - days_ago * DAY,
            errors=errors,
        )

    others = [ended(1, {2}, 5), ended(2, {1, 2}, 5), ended(3, {1}, 0)]
    nothing = [ended(4, {1}, 5, errors=())]
    assert calibration_on(ON, {1}, [*others, *nothing]) == Calibration()
    own = [ended(10 + n, {1}, 60 - n) for n in range(30)]
    assert calibration_on(ON, {1}, [*others, *own]).milestones == 24
    assert calibration_on(ON, {1, 2}, others).milestones == 2


def test_a_calibrated_chart_and_its_dates_agree():
    rng = np.random.default_rng(2)
    changes = [Change(passed=int(n), scope=0) for n in rng.integers(0, 12, 20)]
    found = forecast(
        changes,
        passed=40,
        scope=160,
        today=ON,
        due=ON + 25 * DAY,
        seed=1,
        calibration=Calibration((0.8, 1.2, 1.5, 1.7, 2.0), 9),
    )
    assert found.milestones == 9
    done = {day.day for day in found.band if day.low >= day.scope}
    # The band is drawn every second day, and rounded to whole tests.
    assert abs(min(done) - found.p90) <= 2 * DAY
    assert all(day.low <= day.middle <= day.high <= day.scope for day in found.band)


@pytest.mark.parametrize("draw", [uneven, interrupted, in_phases])
def test_calibrated_forecasts_hold_the_ends_of_made_up_releases_more_often(draw):
    past = releases(draw, seed=21, number=16)
    raw = back_tested(past, is_calibrated=False, most=5)
    found = back_tested(past, most=5)
    assert len(found.tried) > 50
    assert raw.coverage < 0.7
    assert raw.coverage + 0.05 < found.coverage < 0.92


def test_nothing_that_came_later_enters_into_a_forecast():
    past = releases(uneven, seed=3, number=5)
    told = {
        (one.milestone, one.made_on): one.forecast
        for one in back_tested(past, most=3).tried
    }
    early = back_tested(past[:3], most=3).tried
    assert early
    assert all(told[one.milestone, one.made_on] == one.forecast for one in early)


def stubborn(project, name, *, ended_days_ago):
    """30 tests, two a day, of which the last waits for a week."""
    milestone = factories.make_milestone(project, name)
    names = [f"case {n}" for n in range(30)]
    executed(project, milestone, "U" * 30, days_ago=ended_days_ago + 22, cases=names)
    for day in range(15):
        cases = names[2 * day : 2 * day + 2 - (day == 14)]
        executed(
            project,
            milestone,
            "P" * len(cases),
            days_ago=ended_days_ago + 22 - day,
            cases=cases,
        )
    executed(project, milestone, "P", days_ago=ended_days_ago, cases=names[29:])
    return completed(milestone, ended_days_ago)


def completed(milestone, days_ago):
    MilestoneMember.objects.filter(milestone=milestone).update(
        completed_at=noon(days_ago), state="completed"
    )
    Milestone.objects.filter(pk=milestone.pk).update(state="completed")
    return milestone


@pytest.mark.django_db
def test_a_milestone_learns_from_those_of_its_projects_that_ended_before():
    project, other = factories.make_project(), factories.make_project()
    now = factories.make_milestone(project, "now", due_at=noon(-20))
    growing(project, now, passed_a_day=3)
    alone = factories.make_milestone(other, "now elsewhere")
    growing(other, alone, passed_a_day=3)
    before = progress(now.pk, Filters()).forecast
    assert before.milestones == 0
    old = stubborn(project, "old", ended_days_ago=40)
    stubborn(project, "last", ended_days_ago=3)
    unfinished = factories.make_milestone(project, "given up")
    growing(project, unfinished, passed_a_day=1)
    completed(unfinished, 2)
    Milestone.objects.filter(pk=now.pk).update(due_at=noon(-21))
    found = progress(now.pk, Filters()).forecast
    assert found.milestones == 2
    assert found.p90 > before.p90
    assert progress(alone.pk, Filters()).forecast.milestones == 0
    # With filters, as far as they choose the projects.
    narrowed = progress(now.pk, Filters(project=(project.pk,))).forecast
    assert (narrowed.milestones, narrowed.p90) == (2, found.p90)
    errors = progress(old.pk, Filters()).errors
    assert errors == errors_of(progress(old.pk, Filters()).burn_up, milestone=old.pk)
    assert max(errors)[0] == pytest.approx(ratio(9, 1))


@pytest.mark.django_db
def test_what_ended_today_is_learnt_from_tomorrow():
    project = factories.make_project()
    now = factories.make_milestone(project, "now")
    growing(project, now, passed_a_day=3)
    stubborn(project, "last", ended_days_ago=0)
    assert progress(now.pk, Filters()).forecast.milestones == 0
    tomorrow = Filters(now=noon(-1).astimezone(UTC))
    assert progress(now.pk, tomorrow).forecast.milestones == 1


@pytest.mark.django_db
def test_a_forecast_that_is_kept_asks_for_no_other_milestone():
    project = factories.make_project()
    now = factories.make_milestone(project, "now")
    growing(project, now, passed_a_day=3)
    for number in range(3):
        stubborn(project, f"old {number}", ended_days_ago=20 + number)
    first = progress(now.pk, Filters())
    assert first.forecast.milestones == 3
    with CaptureQueriesContext(connection) as queries:
        assert progress(now.pk, Filters()) == first
    assert len(queries) == 2


@pytest.mark.django_db
def test_the_back_test_learns_as_the_forecasts_do():
    project = factories.make_project()
    for number in range(3):
        stubborn(project, f"old {number}", ended_days_ago=90 - 30 * number)
    found = back_test(Filters())
    assert (found.milestones, found.finished) == (3, 3)
    assert {one.forecast.milestones for one in found.tried} == {0, 1, 2}
