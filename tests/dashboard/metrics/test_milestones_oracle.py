"""Progress of milestones against its plain-Python twin; forecasts by their properties."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics.milestones.calibration import UNCALIBRATED, Calibration
from dashboard.metrics.milestones.forecast import Change, forecast
from dashboard.metrics.milestones.scope import Part, cases_in_scope, ruling_statuses
from dashboard.precomputed.milestones import progress
from ingest.contract import Status
from ingest.models import Case, Milestone, MilestoneCase, Project
from tests import clock, factories
from tests.dashboard.metrics import histories, oracle
from tests.dashboard.metrics.histories import SINCE, Row, RunPlan, drawn
from tests.dashboard.metrics.oracle.milestones import (
    Day,
    Progress,
    groups,
    planned,
)
from tests.dashboard.metrics.oracle.milestones import progress as twin_of

pytestmark = pytest.mark.django_db
V1 = frozenset({0})
TODAY = date(2026, 11, 20)


def milestone(key: str = "1") -> int:
    """Ours of the name; "v1" is one milestone of both projects."""
    return Milestone.objects.get(name_key=key).pk


def agree(key: str, filters: Filters, **wanted: set[object]) -> None:
    number = milestone(key)
    runs = oracle.chosen(oracle.load(), milestone={number}, **wanted)
    found = progress(number, filters)
    # What was assigned has no run that filters could choose by.
    assigned = planned(number, runs) if wanted.keys() <= {"project"} else []
    if "project" in wanted:
        assigned = [one for one in assigned if one.project in wanted["project"]]
    twin = twin_of(runs, groups(), clock.today(), assigned)
    counts = {str(s): getattr(found.counts, s) for s in Status}
    assert {word: n for word, n in counts.items() if n} == twin.counts
    assert {
        project: {str(s): getattr(own, s) for s in Status if getattr(own, s)}
        for project, own in found.by_project.items()
    } == twin.by_project
    assert found.by_run == twin.by_run
    assert list(found.runs_without_rows) == twin.runs_without_rows
    lists_agree(replace(filters, milestone=(number,)), twin)
    assert [Day(d.day, d.scope, d.decided, d.passed) for d in found.burn_up] == (
        twin.burn_up
    )


def lists_agree(filters: Filters, twin: Progress) -> None:
    """The lists behind the numbers hold each test once, by the case that rules."""
    cases = cases_in_scope(filters, Part())
    assert sorted(case.pk for case in cases) == sorted(twin.ruling_cases)
    assert ruling_statuses(filters, Part(), list(twin.ruling_cases)) == {
        case: Status(status) for case, status in twin.ruling_cases.items()
    }
    for run, n in twin.by_run.items():
        assert len(cases_in_scope(filters, Part(run=run))) == n
    for project, counts in twin.by_project.items():
        part = Part(projects=(project,))
        assert len(cases_in_scope(filters, part)) == sum(counts.values())


# In both tools the first two cases are joined to one test.
JOINED = [{(0, 0), (1, 0)}]
CROSSED = [{(0, 0), (1, 1)}, {(0, 1), (1, 0)}]


@histories.some(25)
@given(
    histories.long_histories(
        project=[(0,), (0, 1)],
        milestones=[(V1, frozenset()), (V1, frozenset({1}), frozenset({0, 1, 2}))],
        left_milestones=[(frozenset(), frozenset({0, 1}))],
    ),
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from([[], JOINED, CROSSED]),
)
def test_random_milestones_are_as_far_as_their_rows_say(history, key, joined):
    with histories.stored(history, joined):
        agree(key, Filters())


@histories.some(12)
@given(
    histories.long_histories(project=[(0, 1)], milestones=[(V1,)]),
    st.sampled_from(
        [
            {"configuration": "Chrome"},
            {"source": "backend"},
            {"branch": "main"},
            {"tool": "testmo"},
        ]
    ),
)
def test_filters_choose_among_a_milestones_runs(history, chosen):
    with histories.stored(history, JOINED):
        filters = Filters(**{name: (value,) for name, value in chosen.items()})
        agree("1", filters, **{name: {value} for name, value in chosen.items()})


@dataclass(frozen=True)
class Assigned:
    """A case that a tool assigned to v1 so many days ago; `number` chooses one that ran,
    or one that never did; `is_first`: when the list was read for the first time.
    """

    project: int
    number: int
    days_ago: int
    is_first: bool
    is_gone: bool
    is_removed: bool


def assign(projects: list[Project], plans: list[Assigned], *, ended: bool) -> None:
    """`ended`: the parts of the milestone were completed two days ago."""
    now = clock.now()
    first_read_at = now - timedelta(hours=24 * 20)
    for project in projects:
        cases = list(Case.objects.filter(project=project).order_by("pk"))
        member = project.milestone_members.get(milestone__name_key="1")
        member.cases_first_read_at = first_read_at
        member.completed_at = now - timedelta(days=2) if ended else None
        member.save()
        met = set()
        for plan in plans:
            if projects[plan.project] != project or plan.number in met:
                continue
            met.add(plan.number)
            known = plan.number < len(cases)
            case = cases[plan.number] if known else never_ran(project, plan)
            at = first_read_at if plan.is_first else now - timedelta(plan.days_ago)
            MilestoneCase.objects.create(
                member=member,
                case=case,
                recorded_at=at,
                removed_at=now if plan.is_removed else None,
            )


def never_ran(project: Project, plan: Assigned) -> Case:
    case = factories.make_case(project, f"never {plan.number}")
    case.declared_at = clock.now()
    case.gone_at = clock.now() if plan.is_gone else None
    case.save()
    return case


assignments = st.lists(
    st.builds(
        Assigned,
        project=st.sampled_from([0, 1]),
        number=st.integers(0, 7),
        days_ago=st.integers(0, 40),
        is_first=st.booleans(),
        is_gone=st.sampled_from([False, False, True]),
        is_removed=st.sampled_from([False, False, True]),
    ),
    max_size=10,
)


@histories.some(25)
@given(
    histories.long_histories(
        project=[(0, 1)], milestones=[(V1, frozenset()), (V1, frozenset({1}))]
    ),
    assignments,
    st.sampled_from([[], JOINED, CROSSED]),
    st.booleans(),
)
def test_what_tools_assigned_is_in_scope_until_it_has_a_result(
    history, plans, joined, ended
):
    with histories.stored(history, joined) as projects:
        assign(projects, plans, ended=ended)
        agree("1", Filters())
        own = projects[0].pk
        agree("1", Filters(project=(own,)), project={own})
        agree("1", Filters(configuration=("Chrome",)), configuration={"Chrome"})


def test_a_milestone_without_any_run_holds_what_its_tool_assigned():
    with histories.stored([]) as projects:
        plan = Assigned(0, 0, 3, is_first=False, is_gone=False, is_removed=False)
        assign(projects, [plan], ended=False)
        found = progress(milestone(), Filters())
        assert (found.counts.untested, found.scope, found.decided_share) == (1, 1, 0)
        assert [day.scope for day in found.burn_up] == [1, 1, 1, 1]
        agree("1", Filters())
        # It counts no more in a window, which is one of results.
        assert progress(milestone(), Filters(window_days=7)).scope == 0


@histories.some(8)
@given(histories.histories)
def test_totals_without_rows_are_named_and_not_counted(history):
    with histories.stored(history):
        agree("1", Filters())
        agree("2", Filters())


def day(days_ago: int, hour: int, letters: str, **values: object) -> RunPlan:
    """A run of v1 on a UTC day before today, a case for each letter; "." is none."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    began_at = midnight - timedelta(days=days_ago) + timedelta(hours=hour)
    return RunPlan(
        external_id=f"{days_ago:03}-{hour}",
        hours=(began_at - SINCE) / timedelta(hours=1),
        milestones=V1,
        rows=tuple(Row(n, letter) for n, letter in enumerate(letters) if letter != "."),
        **values,
    )


def test_a_hand_drawn_milestone_burns_up_as_worked_out_by_hand():
    history = [
        # A totals-only run is the first; its results count nowhere.
        day(6, 23, "", counts=(5, 0, 0, 0, 0, 0, 0, 0)),
        day(5, 10, "PFU"),
        # Nothing on the fourth day; on the third a fix, a skip, which changes nothing,
        # and a new test.
        day(3, 9, "SP.P"),
        day(3, 11, "..S"),
        day(1, 9, "F.P"),
    ]
    with histories.stored(history):
        found = progress(milestone(), Filters())
        assert [(d.scope, d.decided, d.passed) for d in found.burn_up] == [
            (0, 0, 0),
            (3, 2, 1),
            (3, 2, 1),
            (4, 3, 3),
            (4, 3, 3),
            (4, 4, 3),
            (4, 4, 3),
        ]
        assert (found.counts.passed, found.counts.failed) == (3, 1)
        assert len(found.runs_without_rows) == 1
        agree("1", Filters())


def test_the_newest_decided_result_rules_and_without_any_the_newest():
    history = [
        *drawn("F P S", milestones=V1),
        *drawn("S B", case=1, milestones=V1),
        *drawn("P SF", case=2, milestones=V1),
        *drawn("F FPU", case=3, milestones=V1),
    ]
    with histories.stored(history):
        counts = progress(milestone(), Filters()).counts
        assert (counts.passed, counts.failed, counts.blocked) == (1, 2, 1)
        assert counts.total == 4
        agree("1", Filters())


def test_a_test_that_a_person_joined_across_tools_counts_once():
    history = [
        *drawn("F", milestones=V1),
        *drawn("P P", project=1, milestones=V1),
        *drawn("F", case=1, project=1, milestones=V1),
    ]
    with histories.stored(history, JOINED):
        counts = progress(milestone(), Filters()).counts
        assert (counts.passed, counts.failed, counts.total) == (1, 1, 2)
    with histories.stored(history):
        assert progress(milestone(), Filters()).counts.total == 3


def test_what_left_the_milestone_counts_no_more():
    left = drawn("P", case=1, left_milestones=V1)
    with histories.stored([*drawn("F", milestones=V1), *left]):
        assert progress(milestone(), Filters()).counts.total == 1


@pytest.mark.parametrize(("days", "is_enough"), [(9, False), (10, True)])
def test_there_is_no_forecast_before_ten_days_with_activity(days, is_enough):
    history = [day(days - n, 12, "P" * (n + 1) + "U" * (20 - n)) for n in range(days)]
    with histories.stored(history):
        found = progress(milestone(), Filters())
        assert (found.forecast is not None) == is_enough
        assert bool(found.reason) != is_enough


changes = st.lists(
    st.builds(Change, passed=st.integers(-2, 9), scope=st.sampled_from([0, 0, 1, 3])),
    min_size=10,
    max_size=40,
)


ratios = st.floats(0.3, 3)
calibrations = st.builds(
    Calibration, st.tuples(ratios, ratios, ratios, ratios, ratios), st.just(4)
)


def dates(found: object) -> list[date]:
    return [getattr(found, name) for name in ("p10", "p50", "p85", "p90", "p95")]


@histories.some(12)
@given(
    changes, st.integers(1, 60), st.integers(1, 50), st.integers(0, 999), calibrations
)
def test_a_forecast_says_the_same_again_and_later_for_more(
    past, left, due_in, seed, calibration
):
    def ask(**others: int) -> object:
        values = {"passed": 40, "scope": 40 + left, "seed": seed} | others
        due = TODAY + timedelta(days=due_in)
        return forecast(past, today=TODAY, due=due, calibration=calibration, **values)

    found = ask()
    assert ask() == found
    if found is None:
        return
    ordered = dates(found)
    assert all(a <= b for a, b in pairwise([TODAY, *ordered]))
    share = found.on_time_probability
    due = TODAY + timedelta(days=due_in)
    for percent, end in zip((10, 50, 85, 90, 95), ordered, strict=True):
        assert (end <= due) == (share >= percent / 100 - 1e-9)
    fewer = ask(passed=41)
    if fewer:
        assert all(a <= b for a, b in zip(dates(fewer), ordered, strict=True))


def test_a_steady_past_has_one_future():
    steady = [Change(passed=5, scope=1)] * 14
    found = forecast(
        steady,
        passed=80,
        scope=99,
        today=TODAY,
        due=TODAY + timedelta(4),
        seed=1,
        calibration=UNCALIBRATED,
    )
    # 19 are left and become 4 fewer a day: done on the fifth day.
    assert set(dates(found)) == {TODAY + timedelta(days=5)}
    assert found.on_time_probability == 0


def test_a_scope_that_grows_as_fast_as_it_passes_has_no_forecast():
    vain = [Change(passed=2, scope=2)] * 14
    values = {"today": TODAY, "due": None, "seed": 1}
    for calibration in (UNCALIBRATED, Calibration()):
        found = forecast(vain, passed=8, scope=9, calibration=calibration, **values)
        assert found is None
