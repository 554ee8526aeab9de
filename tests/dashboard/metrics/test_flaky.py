"""Flaky cases from rows: what is cut away, what they cost, and how they are asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from dashboard.filters import Filters, Window
from dashboard.metrics.flaky import FlakyTotals, flakiness_by_case, flaky_cases
from dashboard.metrics.histories import histories, read_in_parts
from dashboard.metrics.proof import proof_of_fix
from dashboard.metrics.time_lost import Cost, Prices, cost_of
from dashboard.models import RunJudgement, Verdict
from dashboard.precomputed.flaky import flaky_by_project
from ingest.models import Case, Configuration, Run
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def project():
    return factories.make_project()


def case_named(name: str) -> int:
    return Case.objects.get(name=name).pk


def flakiness(name: str = "case 1", **values):
    return flakiness_by_case(Filters(**values), [case_named(name)])[case_named(name)]


def judge(run: Run, verdict: Verdict) -> None:
    RunJudgement.objects.create(run=run, verdict=verdict, reason="x", by="ada")


def test_a_case_that_fails_twice_between_passes_is_flaky(project):
    factories.make_history(project, "PFPFP")
    (found,) = flaky_cases(Filters())
    assert (found.k, found.n, found.evidence, found.is_flaky) == (
        2,
        5,
        "suspected",
        True,
    )
    assert (found.flips, found.pairs, found.executions, found.not_passed) == (
        4,
        4,
        5,
        2,
    )
    assert found.flip_rate == 1
    assert found.upper_bound is None


# Attempts in each run, the commit of each; retries, commits, alternations, and how many
# runs passed on retry.
@pytest.mark.parametrize(
    ("runs", "commits", "events", "passed_on_retry"),
    [
        ("P FP P FP FFP P", "abcdef", (3, 0, 0), 3),
        ("P F P", "abc", (0, 0, 1), 0),
        ("P F", "aa", (0, 1, 0), 0),
        ("P PF P", "abc", (1, 0, 0), 0),
        ("P FPS P", "abc", (1, 0, 0), 0),
        # A commit that an event holds already is none of its own.
        ("P F P", "aab", (0, 0, 1), 0),
        ("P FP P F P P F", "abcdeff", (1, 1, 1), 1),
    ],
)
def test_events_are_told_by_what_shows_them(
    project, runs, commits, events, passed_on_retry
):
    told = list(zip(runs.split(), commits, strict=True))
    for place, (attempts, commit) in enumerate(told):
        began = NOW - (len(told) - place) * HOUR
        run = factories.make_run(project, started_at=began, commit=commit)
        factories.make_results(run, attempts, cases=["case 1"] * len(attempts))
    found = flakiness()
    counts = found.events
    assert (counts.retry, counts.same_commit, counts.alternating) == events
    assert sum(events) == found.k
    assert found.passed_on_retry == passed_on_retry


def test_a_case_that_never_flaked_has_a_bound_and_no_evidence(project):
    factories.make_history(project, "PPP")
    found = flakiness()
    assert (found.k, found.n, found.is_flaky, found.evidence) == (0, 3, False, None)
    assert found.upper_bound == pytest.approx(1 - 0.05 ** (1 / 3))
    assert found.first_event_at is None
    assert flaky_cases(Filters()) == []


def test_a_case_without_a_decided_result_has_no_flakiness(project):
    factories.make_history(project, "SS")
    assert flakiness_by_case(Filters(), [case_named("case 1")]) == {}


def test_retries_that_the_tool_marks_prove_flakiness(project):
    run = factories.make_run(project)
    factories.make_results(run, "FP", cases=["a", "a"], is_marked_retry=True)
    (found,) = flaky_cases(Filters())
    assert (found.k, found.n, found.evidence) == (1, 1, "proven")


def test_repeats_that_nobody_marked_are_an_event_and_no_proof(project):
    run = factories.make_run(project)
    factories.make_results(run, "FP", cases=["a", "a"])
    assert flaky_cases(Filters()) == []
    assert flakiness("a").evidence == "suspected"


def test_a_mixed_run_belongs_to_the_window_by_its_final_alone(project):
    run = factories.make_run(project, started_at=NOW - 40 * HOUR)
    times = [NOW - 30 * HOUR, NOW - 20 * HOUR]
    factories.make_results(run, "FP", cases=["a", "a"], at=times, duration_ms=700)
    inside = flakiness("a", since=NOW - 24 * HOUR)
    assert (inside.k, inside.n, inside.time_lost_ms) == (1, 1, 1400)
    before = Filters(until=NOW - 24 * HOUR)
    assert flakiness_by_case(before, [case_named("a")]) == {}


def test_a_mixed_run_that_ended_undecided_is_seen(project):
    run = factories.make_run(project)
    factories.make_results(run, "FPS", cases=["a"] * 3)
    found = flakiness("a")
    assert (found.k, found.n, found.executions) == (1, 1, 0)
    assert found.flip_rate is None


def test_a_removed_attempt_disagrees_with_nobody(project):
    run = factories.make_run(project)
    failed, _ = factories.make_results(run, "FP", cases=["a", "a"])
    factories.remove([failed])
    assert flakiness("a").k == 0


def test_manual_runs_and_outages_are_left_out_unless_put_back(project):
    runs = factories.make_history(project, "PFPFP")
    Run.objects.filter(pk=runs[1].pk).update(kind="manual")
    assert flakiness().n == 4
    Run.objects.filter(pk=runs[3].pk).update(is_outage=True)
    assert (flakiness().k, flakiness().n) == (0, 3)
    judge(runs[3], Verdict.KEPT)
    assert (flakiness().k, flakiness().n) == (1, 4)


def test_a_run_that_a_person_excluded_is_left_out(project):
    runs = factories.make_history(project, "PFPFP")
    judge(runs[1], Verdict.EXCLUDED)
    assert (flakiness().k, flakiness().n) == (1, 4)


def test_configurations_and_branches_are_series_of_their_own(project):
    factories.make_history(project, "PFP", configuration="Chrome")
    factories.make_history(project, "FFF", configuration="Firefox")
    factories.make_history(project, "PPP", branch="main")
    found = flakiness()
    assert (found.k, found.n, found.flips, found.pairs) == (1, 6, 2, 6)


def test_an_alias_counts_as_what_it_stands_for(project):
    factories.make_history(project, "PP", configuration="Chrome", until=NOW - 9 * HOUR)
    factories.make_history(project, "F", configuration="Chrome 2", until=NOW - 5 * HOUR)
    factories.make_history(project, "P", configuration="Chrome")
    assert flakiness().k == 0
    chrome = Configuration.objects.get(name="Chrome")
    Configuration.objects.filter(name="Chrome 2").update(alias_of=chrome)
    assert (flakiness().k, flakiness().n) == (1, 4)


def test_equal_times_are_ordered_by_the_tools_id_and_not_by_arrival(project):
    for external_id, letter in (("c", "P"), ("a", "P"), ("b", "F")):
        run = factories.make_run(project, external_id=external_id)
        factories.make_results(run, letter, cases=["a"])
    assert flakiness("a").k == 1


def test_time_lost_counts_failures_and_repeats_and_reports_unknown_durations(project):
    factories.make_history(project, "P", until=NOW - 9 * HOUR)
    bad = factories.make_run(project, started_at=NOW - 8 * HOUR)
    factories.make_results(bad, "FF", cases=["case 1"] * 2, duration_ms=300)
    factories.make_history(project, "P", until=NOW - 7 * HOUR)
    mixed = factories.make_run(project, started_at=NOW - 6 * HOUR)
    factories.make_results(mixed, "FP", cases=["case 1"] * 2, duration_ms=None)
    factories.make_history(project, "P")
    found = flakiness()
    assert found.k == 2
    assert (found.time_lost_ms, found.unknown_durations) == (600, 2)
    assert found.first_event_at == bad.at
    assert found.last_event_at == mixed.at


def test_a_breakage_costs_no_time(project):
    factories.make_history(project, "PFPFPFFF")
    assert flakiness().time_lost_ms == 2000


def test_totals_are_of_flaky_cases_by_project(project):
    factories.make_history(project, "PFPFP", case="flaky")
    factories.make_history(project, "PFP", case="once")
    other = factories.make_project()
    factories.make_history(other, "PPP")
    assert flaky_by_project(Filters()) == {
        project.pk: FlakyTotals(
            cases=1, events=2, time_lost_ms=2000, attempts=2, unknown_durations=0
        )
    }


def test_lists_are_ordered_by_the_lower_bound_then_events_then_name(project):
    factories.make_history(project, "PFPFPFP", case="often")
    factories.make_history(project, "PFPFPPP", case="b")
    factories.make_history(project, "PFPFPPP", case="a")
    assert [case.name for case in flaky_cases(Filters())] == ["often", "a", "b"]


def test_another_window_can_be_asked_for(project):
    factories.make_history(project, "PFPFP", every=HOUR, until=NOW - 40 * 24 * HOUR)
    filters = Filters(window_days=30)
    assert flaky_cases(filters) == []
    assert len(flaky_cases(filters, filters.window().previous)) == 1


def test_filters_cut_before_anything_is_counted(project):
    factories.make_history(project, "PFPFP", branch="main")
    factories.make_history(project, "PPPPP", branch="dev")
    factories.make_history(project, "PFPFP", case="other", branch="dev")
    assert [c.n for c in flaky_cases(Filters(branch=("main",)))] == [5]
    assert len(flaky_cases(Filters(q="OTHER"))) == 1
    assert len(flaky_cases(Filters(case=(case_named("case 1"),)))) == 1
    assert flaky_cases(Filters(source=("none",))) == []


def test_histories_read_once_are_cut_as_if_they_had_been_asked_for(
    project, django_assert_num_queries
):
    factories.make_history(project, "PFPFPFFPFP", every=30 * HOUR)
    filters, until = Filters(), NOW
    whole = Window(since=until - 500 * HOUR, until=until)
    part = Window(since=until - 200 * HOUR, until=until - 50 * HOUR)
    asked = histories(filters, part)
    read = read_in_parts(filters, whole)
    with django_assert_num_queries(0):
        (cut,) = read(filters, part)
    assert cut.series == asked[0].series
    # What lies outside of it or is chosen otherwise is read.
    earlier = Window(since=until - 600 * HOUR, until=until)
    assert len(read(filters, earlier)) == 1
    assert not read(Filters(branch=("dev",)), part)


def test_proof_of_a_fix_is_told_for_a_case(project):
    factories.make_history(project, "PFPFPPP")
    window = Filters().window()
    (history,) = histories(Filters(), window, [case_named("case 1")])
    proof = proof_of_fix(history)
    assert proof is not None
    assert (proof.passed, proof.needed) == (3, 7)
    assert not histories(Filters(branch=("dev",)), window, [case_named("case 1")])


def test_money_is_machine_time_and_peoples_time_once_there_are_prices():
    hour = 3_600_000
    assert cost_of(hour, 3, Prices()) is None
    assert cost_of(hour, 3, Prices(wage=60.0)) is None
    assert cost_of(hour, 3, Prices(machine=0.5)) == Cost(machine=0.5, triage=None)
    both = cost_of(hour, 3, Prices(machine=0.5, triage_minutes=10.0, wage=60.0))
    assert both is not None
    assert both.total == pytest.approx(30.5)


@pytest.mark.parametrize("many", [3, 30])
def test_queries_do_not_grow_with_flaky_cases(
    project, many, django_assert_max_num_queries
):
    for number in range(many):
        factories.make_history(project, "PFPFP", case=f"case {number}", every=HOUR)
    with django_assert_max_num_queries(6):
        assert len(flaky_cases(Filters())) == many


def test_a_tool_that_is_disconnected_in_mid_question_is_left_out(project):
    """Its runs go between the reading of results and that of the runs."""
    factories.make_history(project, "PFPFP")
    other = factories.make_project(factories.make_connection("QA.tech"))
    factories.make_history(other, "PFPFP", case="other")
    assert len(flaky_cases(Filters())) == 2

    def disconnect(execute, sql, params, many, context):
        if "coalesce(of.alias_of_id, of.id)" in sql:
            Run.objects.filter(project=other).delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(disconnect):
        found = flaky_cases(Filters())
    assert [case.project for case in found] == [project.pk]
