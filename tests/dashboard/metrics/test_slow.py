"""How long tests take: medians and 95th percentiles, drawn by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.metrics.slow import SlowCase
from dashboard.precomputed.slow import slow_cases
from ingest.models import Case, Configuration
from tests import factories
from tests.dashboard.api.client import csv_rows, every_page, problem, read
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


@pytest.fixture
def project():
    return factories.make_project(factories.make_connection("Testmo"))


def timed(project, *durations_ms, case="case 1", letter="P", days_ago=1.0, **values):
    """One run for each duration, an hour apart, the last so many days ago."""
    for place, duration_ms in enumerate(reversed(durations_ms)):
        started_at = NOW - timedelta(days=days_ago, hours=place)
        run = factories.make_run(project, started_at=started_at, **values)
        factories.make_results(run, letter, cases=[case], duration_ms=duration_ms)


def slow(**values) -> list[SlowCase]:
    return list(slow_cases(Filters(**values)))


def only(**values) -> SlowCase:
    (found,) = slow(**values)
    return found


def test_the_median_of_an_odd_number_is_the_one_in_the_middle(project):
    timed(project, 900, 100, 500)
    found = only()
    assert (found.p50_ms, found.n) == (500, 3)
    assert found.case == Case.objects.get().pk
    assert found.project == project.pk


def test_the_median_of_an_even_number_lies_between_and_is_rounded_half_up(project):
    timed(project, 100, 101)
    assert only().p50_ms == 101
    timed(project, 2, 3, 4, 5, case="other")
    assert [(row.p50_ms, row.n) for row in slow()] == [(101, 2), (4, 4)]


def test_the_95th_percentile_is_interpolated_between_its_neighbours(project):
    timed(project, *range(1000, 22_000, 1000))
    # 95 % of the way from the first to the 21st is the 20th exactly.
    assert only().p95_ms == 20_000
    timed(project, 100, 200, case="two")
    assert next(row for row in slow() if row.n == 2).p95_ms == 195


def test_only_results_that_passed_count(project):
    timed(project, 1000, 3000)
    for letter in "FESBUR?":
        timed(project, 90_000, letter=letter)
    assert (only().p50_ms, only().n) == (2000, 2)


def test_only_the_last_attempt_counts(project):
    run = factories.make_run(project)
    at = [run.at, run.at + timedelta(minutes=1)]
    first, _ = factories.make_results(run, "PP", cases=["a", "a"], at=at)
    type(first).objects.filter(pk=first.pk).update(duration_ms=77_000)
    assert (only().p50_ms, only().n) == (1000, 1)


def test_unknown_durations_are_left_out_but_their_results_counted_as_passed(project):
    timed(project, 1000, None, 3000)
    assert (only().p50_ms, only().n, only().passed) == (2000, 2, 3)


def test_a_case_without_any_known_duration_is_not_listed(project):
    timed(project, None, None)
    timed(project, 500, days_ago=40)
    assert slow() == []


def test_a_duration_of_nothing_is_a_duration(project):
    timed(project, 0)
    assert (only().p50_ms, only().p95_ms, only().n) == (0, 0, 1)


def test_outages_and_manual_runs_count(project):
    run = factories.make_run(project)
    factories.make_results(run, "P" + "F" * 29)
    timed(project, 3000, kind="manual")
    assert (only().p50_ms, only().n) == (2000, 2)


def test_removed_results_and_runs_do_not_count(project):
    run = factories.make_run(project)
    factories.remove(factories.make_results(run, "P", duration_ms=9000))
    timed(project, 1000)
    gone = factories.make_run(project)
    factories.make_results(gone, "P", duration_ms=9000)
    type(gone).objects.filter(pk=gone.pk).update(removed_at=NOW)
    assert only().p50_ms == 1000


def test_the_window_is_half_open_and_goes_by_the_time_of_the_result(project):
    since, until = NOW - timedelta(days=2), NOW - timedelta(days=1)
    for duration_ms, at in ((1, since), (500, until), (700, since - timedelta(1))):
        run = factories.make_run(project, started_at=at)
        factories.make_results(run, "P", cases=["case 1"], duration_ms=duration_ms)
    assert (only(since=since, until=until).p50_ms) == 1
    assert only(since=since, until=until).previous_p50_ms == 700


def test_the_window_before_has_a_median_of_its_own(project):
    timed(project, 100, 200, 300, days_ago=5)
    timed(project, 1000, 3000, days_ago=10)
    timed(project, 88_000, days_ago=20)
    found = only(window_days=7)
    assert (found.p50_ms, found.n, found.previous_p50_ms) == (200, 3, 2000)
    assert only(window_days=30).previous_p50_ms is None


def test_the_slowest_stand_first_and_equal_ones_by_id(project):
    for name, duration_ms in (("a", 10), ("b", 30), ("c", 10), ("d", 20)):
        timed(project, duration_ms, case=name)
    names = dict(Case.objects.values_list("pk", "name"))
    assert "".join(names[row.case] for row in slow()) == "bdac"


def test_configurations_of_a_case_are_taken_together_and_can_be_told_apart(project):
    timed(project, 1000, configuration="Chrome")
    timed(project, 3000, configuration="Firefox")
    assert only().p50_ms == 2000
    assert only(configuration=("Chrome",)).p50_ms == 1000
    chrome = Configuration.objects.get(name="Chrome")
    Configuration.objects.filter(name="Firefox").update(alias_of=chrome)
    assert only(configuration=("Chrome",)).p50_ms == 2000


def test_another_window_can_be_asked_for(project):
    timed(project, 1000)
    timed(project, 5000, days_ago=40)
    filters = Filters()
    (before,) = slow_cases(filters, filters.window().previous)
    assert (before.p50_ms, before.previous_p50_ms) == (5000, None)


def test_more_cases_need_no_more_queries(project):
    run = factories.make_run(project)
    counts = []
    for cases in (5, 40):
        names = [f"{cases}, {number}" for number in range(cases)]
        factories.make_results(run, "P" * cases, cases=names)
        with CaptureQueriesContext(connection) as captured:
            slow()
        counts.append(len(captured))
    # What is kept; where nothing is, the runs, the project's version and its months.
    assert counts[0] == counts[1] <= 4
    assert len(slow()) == 45


def test_the_api_gives_each_case_with_its_numbers_and_strip(project, settings):
    settings.PUBLIC_READ = True
    timed(project, 1000, 3000)
    timed(project, 400, days_ago=35)
    timed(project, 90_000, letter="F", days_ago=0.5)
    answer = read("metrics/slow/")
    case = Case.objects.get()
    assert answer["results"] == [
        {
            "case": {
                "id": case.pk,
                "key": "case 1",
                "name": "case 1",
                "folder": "checkout",
                "project": project.pk,
            },
            "p50_ms": 2000,
            "p95_ms": 2900,
            "n": 2,
            "previous_p50_ms": 400,
            "strip": "PPF",
        }
    ]
    assert "/metrics/slow/explain/?" in answer["meta"]["explain"]
    (row,) = csv_rows("metrics/slow/?format=csv")
    assert (row["p50_ms"], row["case.name"]) == ("2000", "case 1")


def test_the_api_pages_through_equal_medians_without_losing_any(project, settings):
    settings.PUBLIC_READ = True
    run = factories.make_run(project)
    factories.make_results(run, "P" * 9)
    rows = every_page("metrics/slow/?limit=2")
    assert [row["case"]["id"] for row in rows] == [row.case for row in slow()]


def test_the_api_refuses_a_status(project, settings):
    settings.PUBLIC_READ = True
    assert "status" in problem("metrics/slow/?status=failed")
