"""Tests without any result in what is in scope, against a plain-Python twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.lists import CASES
from dashboard.metrics.never_executed import never_executed
from dashboard.precomputed.summary import summary
from ingest.models import Case, Project
from tests import clock, factories
from tests.dashboard.metrics import histories, oracle

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Told:
    """A test that a tool told of `hours_ago` and that has no result."""

    project: int
    name: str
    hours_ago: int
    is_gone: bool = False


def tell(projects: Sequence[Project], tests: Sequence[Told]) -> None:
    for number, test in enumerate(tests):
        project = projects[test.project]
        case = factories.make_case(project, test.name, key=f"told {number}")
        case.declared_at = clock.now() - test.hours_ago * HOUR
        case.gone_at = clock.now() if test.is_gone else None
        case.save()


def twin(tests: Sequence[Told], until: Any, **wanted: Any) -> int:
    """By hand: those that are there and were told of before the end of the window."""
    return sum(
        not test.is_gone
        and clock.now() - test.hours_ago * HOUR < until
        and test.project in wanted.get("projects", (0, 1))
        and wanted.get("q", "") in test.name
        for test in tests
    )


told = st.lists(
    st.builds(
        Told,
        project=st.sampled_from([0, 1]),
        name=st.sampled_from(["pays", "logs in"]),
        hours_ago=st.integers(1, 24 * 60),
        is_gone=st.booleans(),
    ),
    max_size=8,
)


@histories.some(20)
@given(histories.histories, histories.windows(), told, st.sampled_from([0, 1, None]))
def test_completion_is_of_all_that_is_in_scope(history, window, tests, of_project):
    with histories.stored(history) as projects:
        tell(projects, tests)
        chosen = () if of_project is None else (projects[of_project].pk,)
        since, until = window
        found = summary(Filters(since=since, until=until, project=chosen))
        wanted = {} if of_project is None else {"projects": (of_project,)}
        own = {"project": set(chosen)} if chosen else {}
        for figures, span in (
            (found.now, window),
            (found.previous, (since - (until - since), since)),
        ):
            waiting = twin(tests, span[1], **wanted)
            counted = oracle.counts(*span, **own)
            decided = counted["passed"] + counted["failed"] + counted["error"]
            scope = sum(counted.values()) + waiting
            assert figures.never_executed == waiting
            assert figures.completion == (decided / scope if scope else None)
            passed = counted["passed"]
            assert figures.plan_pass_rate == (passed / scope if scope else None)
            # No result of theirs: the others stay as they are.
            assert figures.results == sum(counted.values())
            assert figures.pass_rate.n == decided


@histories.some(10)
@given(told, st.sampled_from(["", "pays", "nobody"]))
def test_the_list_holds_what_is_counted(tests, q):
    with histories.stored([]) as projects:
        tell(projects, tests)
        filters = Filters(q=q, never_executed=True)
        assert CASES.select(filters).count() == twin(tests, clock.now(), q=q)
        assert never_executed(filters, clock.now()).count() == twin(
            tests, clock.now(), q=q
        )


def test_a_choice_among_runs_leaves_them_out():
    project = factories.make_project()
    tell([project], [Told(0, "pays", 1)])
    for chosen in ({"source": ("a",)}, {"configuration": ("b",)}, {"branch": ("c",)}):
        assert summary(Filters(**chosen)).now.never_executed == 0
    tool = project.connection.vendor
    assert summary(Filters(tool=(tool,))).now.never_executed == 1
    assert summary(Filters(tool=("qatech",))).now.never_executed == 0
    Project.objects.update(removed_at=clock.now())
    assert summary(Filters()).now.never_executed == 0


def test_a_milestone_has_those_that_its_tool_assigned_to_it():
    project = factories.make_project()
    milestone = factories.make_milestone(project)
    tell([project], [Told(0, "pays", 1), Told(0, "logs in", 1)])
    filters = Filters(milestone=(milestone.pk,))
    assert summary(filters).now.never_executed == 0
    (member,) = milestone.members.all()
    member.case_links.create(
        case=Case.objects.get(name="pays"), recorded_at=clock.now()
    )
    assert summary(filters).now.never_executed == 1
