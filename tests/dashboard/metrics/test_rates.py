"""Rates, intervals and hand-drawn histories."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics.freshness import freshness
from dashboard.metrics.pass_rate import pass_rates
from dashboard.metrics.rates import Rate, wilson
from dashboard.metrics.reconciliation import differing_runs, reconcile
from dashboard.precomputed.failing import failing_cases, failing_now
from dashboard.precomputed.summary import summary
from ingest.contract import Counts
from ingest.models import Run
from tests import factories
from tests.dashboard.metrics import oracle
from tests.factories import NOW


@given(
    st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
)
def test_wilson_bounds_solve_the_equation_that_defines_them(pair):
    hits, n = pair
    assert wilson(hits, n) == pytest.approx(oracle.wilson(hits, n), abs=1e-9)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe 1998, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)],
)
def test_wilson_bounds_are_those_of_the_published_table(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_the_bounds_hold_every_rate_of_up_to_2000_results():
    astray = [
        (hits, n) for n in range(1, 2001) for hits in range(n + 1) if not holds(hits, n)
    ]
    assert astray == []


@given(
    st.integers(1, 10**15).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
)
def test_the_bounds_hold_every_rate_however_many_results_there_are(pair):
    assert holds(*pair)


def holds(hits: int, n: int) -> bool:
    """Whether low ≤ rate ≤ high, with 0 and 1 reached at no hit and at all alone."""
    low, high = wilson(hits, n)
    ends = (low == 0.0) == (hits == 0), (high == 1.0) == (hits == n)
    return 0 <= low <= hits / n <= high <= 1 and all(ends)


def test_a_rate_of_nothing_is_none():
    assert Rate.of(0, 0) == Rate(value=None, low=None, high=None, n=0)


@pytest.mark.django_db
def test_skipped_and_unknown_results_count_in_scope_but_not_in_the_pass_rate():
    factories.make_results(factories.make_run(), "PPPFESBU?R")
    found = summary(Filters()).now
    assert found.pass_rate.value == 3 / 5
    assert found.plan_pass_rate == 3 / 10
    assert found.completion == 5 / 10
    assert found.results == 10


@pytest.mark.django_db
def test_only_the_last_attempt_counts():
    run = factories.make_run()
    times = [run.at + timedelta(minutes=m) for m in (3, 1, 2)]
    factories.make_results(run, "PFF", cases=["pays"] * 3, at=times)
    found = summary(Filters()).now
    assert (found.counts.passed, found.results) == (1, 1)


@pytest.mark.django_db
def test_rates_are_pooled_and_never_means_of_percentages():
    project = factories.make_project()
    factories.make_results(factories.make_run(project), "P" * 98 + "FF")
    factories.make_results(factories.make_run(project), "FF", cases=["x", "y"])
    assert summary(Filters()).now.pass_rate.value == 98 / 102


@pytest.mark.django_db
def test_a_run_with_totals_only_counts_at_its_start_but_not_for_a_text():
    counts = Counts(passed=40, failed=10)
    factories.make_run(counts=counts, started_at=NOW - timedelta(days=2))
    found = summary(Filters()).now
    assert (found.n_rows, found.n_counts, found.pass_rate.value) == (0, 50, 0.8)
    assert summary(Filters(q="case")).now.results == 0


@pytest.mark.django_db
def test_a_result_after_midnight_belongs_to_the_next_day():
    midnight = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=3)
    run = factories.make_run(started_at=midnight - timedelta(minutes=10))
    at = [midnight - timedelta(seconds=1), midnight]
    factories.make_results(run, "PF", at=at)
    (series,) = pass_rates(Filters()).series
    assert [(p.t, p.counts.passed, p.counts.failed) for p in series.points] == [
        (midnight - timedelta(days=1), 1, 0),
        (midnight, 0, 1),
    ]


@pytest.mark.django_db
def test_a_window_is_half_open():
    since = NOW - timedelta(days=1)
    run = factories.make_run(started_at=since)
    factories.make_results(run, "PPP", at=[since, NOW, since - timedelta(seconds=1)])
    assert summary(Filters(since=since, until=NOW)).now.results == 1


@pytest.mark.django_db
def test_a_run_belongs_to_the_window_by_its_start_and_its_results_by_their_time():
    since = NOW - timedelta(days=1)
    run = factories.make_run(started_at=since - timedelta(hours=1))
    factories.make_results(run, "PP", at=[since + timedelta(hours=1), run.at])
    found = summary(Filters(since=since, until=NOW))
    assert (found.now.runs, found.now.results) == (0, 1)
    assert (found.previous.runs, found.previous.results) == (1, 1)


@pytest.mark.django_db
def test_removed_runs_and_results_are_left_out():
    run = factories.make_run()
    factories.remove(factories.make_results(run, "PPF")[:1])
    assert summary(Filters()).now.results == 2
    Run.objects.filter(pk=run.pk).update(removed_at=NOW)
    found = summary(Filters()).now
    assert (found.runs, found.results, found.failing_now) == (0, 0, 0)


@pytest.mark.django_db
def test_a_case_fails_since_the_first_run_of_its_last_streak():
    project = factories.make_project()
    runs = factories.make_history(project, "FPPFSEF")
    (row,) = failing_cases(Filters())
    assert (row.since, row.since_run, row.streak) == (runs[3].at, runs[3].pk, 3)


@pytest.mark.django_db
def test_a_pass_in_one_configuration_does_not_mend_another():
    project = factories.make_project()
    factories.make_history(project, "PPF", configuration="Chrome")
    factories.make_history(project, "PFP", configuration="Firefox")
    assert failing_now(Filters()) == 1
    assert failing_now(Filters(configuration=("Firefox",))) == 0


@pytest.mark.django_db
def test_an_alias_continues_the_series_of_what_it_stands_for():
    project = factories.make_project()
    old = factories.make_history(
        project, "F", configuration="Chrome 126", until=NOW - timedelta(days=1)
    )[0]
    new = factories.make_history(project, "P", configuration="Chrome 127")[0]
    assert failing_now(Filters()) == 1
    new.configuration.alias_of = old.configuration
    new.configuration.save()
    assert failing_now(Filters()) == 0
    for name in ("Chrome 126", "Chrome 127"):
        chosen = summary(Filters(configuration=(name,))).now
        assert chosen.results == 2
    (series,) = pass_rates(Filters(), by="configuration").series
    assert (series.key, series.counts.total) == ("Chrome 126", 2)


@pytest.mark.django_db
def test_results_at_one_time_are_ordered_by_the_vendors_id_of_the_run():
    project = factories.make_project()
    for external_id, letter in (("b", "P"), ("a", "F")):
        run = factories.make_run(project, external_id=external_id)
        factories.make_results(run, letter)
    assert failing_now(Filters()) == 0


@pytest.mark.django_db
def test_manual_runs_are_in_rates_but_not_in_what_fails():
    run = factories.make_run(kind="manual")
    factories.make_results(run, "F")
    found = summary(Filters()).now
    assert (found.counts.failed, found.failing_now) == (1, 0)


@pytest.mark.django_db
def test_a_run_of_two_milestones_counts_in_each_series_and_once_in_all():
    project = factories.make_project()
    first = factories.make_milestone(project, "v1")
    second = factories.make_milestone(project, "v2")
    factories.make_results(factories.make_run(project, milestones=[first, second]), "P")
    factories.make_results(factories.make_run(project), "F")
    found = pass_rates(Filters(), by="milestone")
    assert {s.key: s.counts.total for s in found.series} == {
        first.pk: 1,
        second.pk: 1,
        None: 1,
    }
    assert found.n_rows == 2


@pytest.mark.django_db
def test_freshness_names_the_oldest_success_of_the_connections_used():
    old, young = NOW - timedelta(hours=3), NOW - timedelta(minutes=2)
    stale = factories.make_connection(last_success_at=old)
    fresh = factories.make_connection(last_success_at=young)
    failing = factories.make_connection(last_success_at=young, last_error="Refused.")
    never = factories.make_connection(last_success_at=None)
    found = freshness(Filters(now=NOW))
    assert found.oldest_success_at == old
    assert found.stale == (stale.pk, never.pk)
    assert found.failing == (failing.pk,)
    project = factories.make_project(fresh)
    assert freshness(Filters(project=(project.pk,), now=NOW)).oldest_success_at == young


@pytest.mark.django_db
def test_fresh_means_within_twice_the_interval_and_at_least_a_quarter_of_an_hour():
    def is_fresh(minutes: float, interval: int) -> bool:
        factories.make_connection(
            name="one",
            interval_minutes=interval,
            last_success_at=NOW - timedelta(minutes=minutes),
        )
        found = freshness(Filters(connection=("one",), now=NOW))
        found_connection = factories.Connection.objects.get(name="one")
        found_connection.delete()
        return not found.stale

    assert is_fresh(15, interval=5)
    assert not is_fresh(15.1, interval=5)
    assert is_fresh(60, interval=30)
    assert not is_fresh(60.1, interval=30)


@pytest.mark.django_db
def test_totals_are_compared_by_status_or_over_attempts_where_the_vendor_is_coarse():
    project = factories.make_project()
    equal = factories.make_run(
        project, passed=2, failed=1, vendor_counts={"passed": 2, "failed": 1}
    )
    differing = factories.make_run(
        project, passed=2, failed=1, vendor_counts={"passed": 2, "error": 1}
    )
    coarse = factories.make_run(
        project,
        passed=2,
        failed=1,
        attempts_passed=2,
        attempts_not_passed=3,
        vendor_counts={"passed": 2, "failed": 3, "unknown": 1},
        vendor_counts_are_coarse=True,
    )
    factories.make_run(project, counts=Counts(passed=1), vendor_counts={"passed": 2})
    found = list(differing_runs(Filters(), Filters().window()))
    assert {run.pk for run in found} == {differing.pk, coarse.pk}
    rows = {row.run: row for row in reconcile([equal, differing, coarse])}
    assert rows[equal.pk].agrees
    assert rows[differing.pk].difference["error"] == -1
    assert rows[coarse.pk].difference == {"passed": 0, "not_passed": 0, "other": -1}


@pytest.mark.django_db
@pytest.mark.parametrize("many", [10, 50])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    many, django_assert_num_queries, django_assert_max_num_queries
):
    project = factories.make_project()
    for number in range(many):
        run = factories.make_run(
            project,
            source=f"source {number}",
            started_at=NOW - timedelta(days=number % 20, hours=1),
        )
        factories.make_results(run, "PF", cases=[f"a{number}", f"b{number}"])
    # One less where no run lies in the window before.
    with django_assert_max_num_queries(30):
        summary(Filters())
    with django_assert_num_queries(2):
        pass_rates(Filters(), by="source")
    with django_assert_num_queries(6):
        failing_cases(Filters())


@pytest.mark.django_db
def test_the_time_zone_of_the_display_never_moves_a_day(settings):
    midnight = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=3)
    run = factories.make_run(started_at=midnight - timedelta(hours=1))
    factories.make_results(run, "P", at=midnight - timedelta(minutes=1))
    settings.TIME_ZONE = "Asia/Tokyo"
    for filters in (Filters(), Filters(q="case")):
        (series,) = pass_rates(filters).series
        assert [point.t for point in series.points] == [midnight - timedelta(days=1)]
