"""Milestones: distinct tests by status, burn-up, joins and splits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.annotations.milestones import CannotPlace, join, split
from dashboard.filters import Filters
from dashboard.metrics.milestones.scope import Part, cases_in_scope
from dashboard.models import (
    CaseGroup,
    GroupedCase,
    MilestoneFigure,
    MilestonePlacement,
)
from dashboard.precomputed.milestones import progress, progress_by_milestone
from ingest.contract import Counts
from ingest.models import Case, Milestone, MilestoneMember, Project, Run
from ingest.upsert import mark_milestones_removed, store_milestone_cases
from tests import clock, factories
from tests.dashboard.releases import (
    DAY,
    TODAY,
    counts_of,
    days_of,
    executed,
    growing,
    noon,
)


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


@pytest.fixture
def project():
    return factories.make_project()


@pytest.fixture
def milestone(project):
    return factories.make_milestone(project, due_at=noon(-20))


@pytest.mark.django_db
def test_a_test_counts_once_with_its_newest_result(project, milestone):
    executed(project, milestone, "FFPS", days_ago=3)
    executed(project, milestone, "PF", days_ago=1)
    assert counts_of(milestone) == {"passed": 2, "failed": 1, "skipped": 1}


@pytest.mark.django_db
def test_a_skip_does_not_hide_what_was_decided_before(project, milestone):
    executed(project, milestone, "FP", days_ago=3)
    executed(project, milestone, "SB", days_ago=1)
    assert counts_of(milestone) == {"passed": 1, "failed": 1}


@pytest.mark.django_db
def test_of_results_that_decide_nothing_the_newest_counts(project, milestone):
    executed(project, milestone, "UU", days_ago=3)
    executed(project, milestone, "BS", days_ago=1)
    assert counts_of(milestone) == {"blocked": 1, "skipped": 1}


@pytest.mark.django_db
def test_only_the_last_attempt_of_a_run_counts(project, milestone):
    run = executed(project, milestone, "", days_ago=1)
    times = [run.at + timedelta(minutes=minute) for minute in (1, 2, 3)]
    factories.make_results(run, "FPF", cases=["pays"] * 3, at=times)
    assert counts_of(milestone) == {"failed": 1}


@pytest.mark.django_db
def test_at_equal_times_the_later_id_of_the_run_decides(project, milestone):
    executed(project, milestone, "F", days_ago=1, external_id="b")
    executed(project, milestone, "P", days_ago=1, external_id="a")
    assert counts_of(milestone) == {"failed": 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("letters", "counts"), [("FP", {"passed": 1}), ("PF", {"failed": 1})]
)
def test_of_a_test_twice_in_a_run_at_one_time_the_later_row_decides(
    project, milestone, letters, counts
):
    run = executed(project, milestone, letters, days_ago=1, cases=["pays", "Pays"])
    group = CaseGroup.objects.create()
    for result in run.results.filter(project=project):
        assert result.at == run.at
        GroupedCase.objects.create(group=group, case=result.case, by="mara")
    assert counts_of(milestone) == counts


@pytest.mark.django_db
def test_tools_that_share_a_milestone_add_up(project, milestone):
    other = factories.make_project()
    factories.make_milestone(other, "V1")
    executed(project, milestone, "PF", days_ago=2)
    executed(other, milestone, "PP", days_ago=1)
    assert counts_of(milestone) == {"passed": 3, "failed": 1}


@pytest.mark.django_db
def test_cases_that_are_the_same_test_count_once(project, milestone):
    other = factories.make_project()
    factories.make_milestone(other, "V1")
    executed(project, milestone, "FF", days_ago=2, cases=["log in", "pay"])
    executed(other, milestone, "P", days_ago=1, cases=["Login"])
    group = CaseGroup.objects.create()
    for where, name in ((project, "log in"), (other, "Login")):
        case = factories.make_case(where, name)
        GroupedCase.objects.create(group=group, case=case, by="mara")
    assert counts_of(milestone) == {"passed": 1, "failed": 1}
    assert days_of(milestone)[-1] == (2, 2, 1)


@pytest.mark.django_db
def test_joined_tests_are_not_taken_for_the_test_of_the_same_number(project, milestone):
    executed(project, milestone, "PPP", days_ago=1)
    *joined, other = Case.objects.all()
    group = CaseGroup.objects.create(pk=other.pk)
    for case in joined:
        GroupedCase.objects.create(group=group, case=case, by="mara")
    assert counts_of(milestone) == {"passed": 2}


@pytest.mark.django_db
def test_a_run_of_two_joined_milestones_counts_once(project, milestone):
    run = executed(project, milestone, "P", days_ago=1)
    twin = factories.make_milestone(project, "v 1 beta")
    factories.link_milestone(run, twin)
    join(twin.pk, milestone.pk, by="mara")
    assert counts_of(milestone) == {"passed": 1}
    assert progress(milestone.pk, Filters()).n_rows == 1


@pytest.mark.django_db
def test_runs_with_totals_only_are_named_and_not_counted(project, milestone):
    executed(project, milestone, "P", days_ago=1)
    totals = factories.make_run(
        project, milestones=[milestone], counts=Counts(passed=90, failed=3)
    )
    found = progress(milestone.pk, Filters())
    assert found.runs_without_rows == (totals.pk,)
    assert found.counts.total == 1
    assert (found.n_rows, found.n_counts) == (1, 93)


@pytest.mark.django_db
def test_what_was_removed_counts_no_more(project, milestone):
    executed(project, milestone, "PP", days_ago=3)
    gone = executed(project, milestone, "FF", days_ago=2)
    last = executed(project, milestone, "FF", days_ago=1)
    Run.objects.filter(pk=gone.pk).update(removed_at=noon(1))
    factories.remove(list(last.results.filter(project=project, ordinal=0)))
    assert counts_of(milestone) == {"passed": 1, "failed": 1}


@pytest.mark.django_db
def test_filters_choose_among_the_runs(project, milestone):
    executed(project, milestone, "P", days_ago=2, configuration="Chrome")
    executed(project, milestone, "F", days_ago=1, configuration="Firefox")
    assert counts_of(milestone, configuration=("Chrome",)) == {"passed": 1}
    assert counts_of(milestone, project=(0,)) == {}
    assert counts_of(milestone, q="nothing of this name") == {}


@pytest.mark.django_db
def test_a_window_keeps_the_results_in_it(project, milestone):
    executed(project, milestone, "PP", days_ago=20)
    executed(project, milestone, "F", days_ago=1)
    assert counts_of(milestone, window_days=7) == {"failed": 1}


@pytest.mark.django_db
def test_each_day_has_its_state_without_gaps(project, milestone):
    executed(project, milestone, "PF", days_ago=4)
    executed(project, milestone, "FPU", days_ago=2)
    assert days_of(milestone) == [
        (2, 2, 1),
        (2, 2, 1),
        (3, 2, 1),
        (3, 2, 1),
        (3, 2, 1),
    ]


@pytest.mark.django_db
def test_the_last_result_of_a_day_is_its_state(project, milestone):
    run = factories.make_run(
        project, milestones=[milestone], started_at=noon(2) - timedelta(hours=6)
    )
    factories.make_results(run, "P")
    executed(project, milestone, "F", days_ago=2)
    executed(project, milestone, "P", days_ago=0)
    assert days_of(milestone) == [(1, 1, 0), (1, 1, 0), (1, 1, 1)]


@pytest.mark.django_db
def test_scope_grows_when_a_run_starts_and_not_when_it_ends(project, milestone):
    run = factories.make_run(project, milestones=[milestone], started_at=noon(3))
    factories.make_results(run, "PP", at=[noon(3), noon(1)])
    assert days_of(milestone) == [(2, 1, 1), (2, 1, 1), (2, 2, 2), (2, 2, 2)]


@pytest.mark.django_db
def test_days_are_utc_days(project, milestone):
    for minutes in (-1, 1):
        at = TODAY - 2 * DAY + timedelta(minutes=minutes)
        run = factories.make_run(project, milestones=[milestone], started_at=at)
        factories.make_results(run, "P", cases=[f"at {minutes}"])
    assert [scope for scope, *_ in days_of(milestone)] == [1, 2, 2, 2]


@pytest.mark.django_db
def test_a_result_timed_before_its_run_counts_with_the_run(project, milestone):
    run = factories.make_run(project, milestones=[milestone], started_at=noon(1))
    factories.make_results(run, "P", at=noon(5))
    assert days_of(milestone) == [(1, 1, 1), (1, 1, 1)]


@pytest.mark.django_db
def test_a_completed_milestone_ends_with_its_completion(project, milestone):
    executed(project, milestone, "PF", days_ago=9)
    member = MilestoneMember.objects.get(milestone=milestone)
    member.completed_at, member.state = noon(7), "completed"
    member.save()
    Milestone.objects.filter(pk=milestone.pk).update(state="completed")
    assert len(days_of(milestone)) == 3
    assert progress(milestone.pk, Filters()).reason == "It is completed."


@pytest.mark.django_db
def test_a_milestone_without_runs_has_no_day(milestone):
    found = progress(milestone.pk, Filters())
    assert (found.burn_up, found.scope, found.forecast) == ((), 0, None)
    assert found.reason == "None of its runs has results yet."


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow(project, milestone):
    def asked(wanted):
        MilestoneFigure.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            progress_by_milestone(wanted, Filters())
        return len(queries)

    executed(project, milestone, "PF", days_ago=2)
    few = asked([milestone])
    growing(project, milestone, passed_a_day=2)
    more = [factories.make_milestone(project, f"v{n}") for n in range(3, 9)]
    for one in more:
        executed(project, one, "PF" * 10, days_ago=2)
    # What is kept, its rows, what they come to in seven, and one to keep it between
    # savepoints; two look for milestones to learn from.
    assert asked([milestone, *more]) == few == 14
    with CaptureQueriesContext(connection) as queries:
        progress_by_milestone([milestone, *more], Filters())
    assert len(queries) == 1


@pytest.mark.django_db
def test_a_joined_milestone_counts_in_the_other_and_disappears(project, milestone):
    other = factories.make_project()
    sprint = factories.make_milestone(other, "Sprint 12")
    executed(project, milestone, "PF", days_ago=2)
    executed(other, sprint, "PP", days_ago=1)
    join(sprint.pk, milestone.pk, by="mara")
    assert not Milestone.objects.filter(pk=sprint.pk).exists()
    assert counts_of(milestone) == {"passed": 3, "failed": 1}
    placement = MilestonePlacement.objects.get()
    assert (placement.by, placement.member.name) == ("mara", "Sprint 12")
    assert placement.member.is_placed
    assert abs(clock.now() - placement.at) < timedelta(minutes=1)


@pytest.mark.django_db
def test_a_part_that_was_split_off_is_a_milestone_of_its_own(project, milestone):
    other = factories.make_project()
    factories.make_milestone(other, "V1")
    executed(project, milestone, "PF", days_ago=2)
    executed(other, milestone, "PP", days_ago=1)
    member = MilestoneMember.objects.get(project=other)
    new = split(milestone.pk, member.pk, by="mara")
    assert (new.name, new.pk != milestone.pk) == ("V1", True)
    assert counts_of(milestone) == {"passed": 1, "failed": 1}
    assert counts_of(new) == {"passed": 2}
    join(new.pk, milestone.pk, by="jo")
    assert counts_of(milestone) == {"passed": 3, "failed": 1}
    assert MilestonePlacement.objects.get().by == "jo"


@pytest.mark.django_db
def test_projects_on_both_sides_rise_in_version(project, milestone):
    other = factories.make_project()
    sprint = factories.make_milestone(other, "Sprint 12")
    before = dict(Project.objects.values_list("pk", "version"))
    join(sprint.pk, milestone.pk, by="mara")
    after = dict(Project.objects.values_list("pk", "version"))
    assert all(after[pk] == before[pk] + 1 for pk in (project.pk, other.pk))


@pytest.mark.django_db
def test_due_date_and_state_are_those_of_all_parts(project, milestone):
    sprint = factories.make_milestone(project, "Sprint 12")
    member = MilestoneMember.objects.get(milestone=sprint)
    member.due_at, member.state = noon(-3), "completed"
    member.save()
    join(sprint.pk, milestone.pk, by="mara")
    milestone.refresh_from_db()
    assert (milestone.due_at, milestone.state) == (noon(-3), "open")
    new = split(milestone.pk, member.pk, by="mara")
    assert (new.members.get(), Milestone.objects.get(pk=new.pk).state) == (
        member,
        "completed",
    )


@pytest.mark.django_db
def test_what_cannot_be_joined_or_split_says_why(project, milestone):
    member = MilestoneMember.objects.get()
    with pytest.raises(CannotPlace, match="to itself"):
        join(milestone.pk, milestone.pk, by="mara")
    with pytest.raises(CannotPlace, match="there no longer"):
        join(milestone.pk, milestone.pk + 99, by="mara")
    with pytest.raises(CannotPlace, match="one part only"):
        split(milestone.pk, member.pk, by="mara")
    with pytest.raises(CannotPlace, match="there no longer"):
        split(milestone.pk, member.pk + 99, by="mara")
    assert not MilestonePlacement.objects.exists()


# Tests that a tool assigned to the milestone


def assign(milestone: Milestone, *names: str, days_ago: int = 0) -> None:
    """As a look at the tool's list does; tests that there are not yet never ran."""
    (member,) = milestone.members.all()
    for name in names:
        new = not Case.objects.filter(project=member.project, name=name).exists()
        case = factories.make_case(member.project, name)
        if new:
            Case.objects.filter(pk=case.pk).update(declared_at=clock.now())
    at = clock.now() - days_ago * DAY
    store_milestone_cases(member, list(names), at, is_whole=True)


@pytest.mark.django_db
def test_assigned_tests_without_a_result_are_untested(project, milestone):
    executed(project, milestone, "PF", days_ago=3, cases=("case 0", "case 1"))
    before = progress(milestone.pk, Filters())
    assign(milestone, "case 0", "never ran")
    found = progress(milestone.pk, Filters())
    assert counts_of(milestone) == {"passed": 1, "failed": 1, "untested": 1}
    assert (before.decided_share, found.decided_share) == (1, 2 / 3)
    assert (before.n_rows, found.n_rows) == (2, 2)
    assert found.by_run == before.by_run
    # It was there when the list was read first: in scope from the first day on.
    assert [day.scope for day in found.burn_up] == [3] * 4
    assert [day.is_active for day in found.burn_up] == [True, False, False, False]
    assert found.starts_at == before.starts_at


@pytest.mark.django_db
def test_what_is_assigned_later_comes_into_scope_then(project, milestone):
    executed(project, milestone, "PF", days_ago=3)
    assign(milestone, days_ago=3)
    assign(milestone, "never ran", days_ago=1)
    found = progress(milestone.pk, Filters())
    assert [day.scope for day in found.burn_up] == [2, 2, 3, 3]
    executed(project, milestone, "", days_ago=0)
    assert progress(milestone.pk, Filters()).scope == 3


@pytest.mark.django_db
def test_what_is_assigned_to_a_completed_milestone_came_no_later_than_its_end(
    project, milestone
):
    executed(project, milestone, "P", days_ago=5)
    assign(milestone, days_ago=5)
    MilestoneMember.objects.update(completed_at=noon(3), state="completed")
    Milestone.objects.update(state="completed")
    assign(milestone, "never ran", days_ago=1)
    found = progress(milestone.pk, Filters())
    assert [day.scope for day in found.burn_up] == [1, 1, 2]


@pytest.mark.django_db
def test_a_result_of_the_milestone_rules_whatever_it_says(project, milestone):
    executed(project, milestone, "S", days_ago=3)
    (case,) = Case.objects.values_list("name", flat=True)
    assign(milestone, case)
    assert counts_of(milestone) == {"skipped": 1}


@pytest.mark.django_db
def test_a_test_that_ran_elsewhere_waits_in_the_milestone(project, milestone):
    run = factories.make_run(project)
    factories.make_results(run, "P", cases=["pays"])
    assign(milestone, "pays")
    assert counts_of(milestone) == {"untested": 1}


@pytest.mark.django_db
def test_what_is_taken_out_at_the_tool_counts_no_more(project, milestone):
    assign(milestone, "a", "b")
    assert counts_of(milestone) == {"untested": 2}
    assign(milestone, "b")
    assert counts_of(milestone) == {"untested": 1}
    Case.objects.filter(name="b").update(gone_at=clock.now())
    cache.clear()
    MilestoneFigure.objects.all().delete()
    assert counts_of(milestone) == {}


@pytest.mark.django_db
def test_the_list_behind_the_number_holds_the_assigned_tests(project, milestone):
    executed(project, milestone, "P", days_ago=3)
    assign(milestone, "never ran")
    filters = Filters(milestone=(milestone.pk,), status=("untested",))
    (case,) = cases_in_scope(filters, Part())
    assert case.name == "never ran"


@pytest.mark.django_db
def test_a_milestone_that_is_gone_at_the_tool_keeps_no_tests(project, milestone):
    assign(milestone, "a")
    mark_milestones_removed(list(milestone.members.all()))
    assert counts_of(milestone) == {}
