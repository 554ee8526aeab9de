"""How far a milestone is: distinct tests by status, and the same at each day's end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dashboard.models import GroupedCase
from ingest.models import MilestoneCase
from tests.dashboard.metrics.oracle.rows import Execution, RunRow, executions_of

# A case, or a group of cases that are one test.
Test = tuple[str, int]


@dataclass(frozen=True)
class Day:
    day: date
    scope: int
    decided: int
    passed: int


@dataclass(frozen=True)
class Planned:
    """A case that its tool assigned to the milestone, and since when it is in scope."""

    case: int
    project: int
    at: datetime


@dataclass(frozen=True)
class Progress:
    """`ruling_cases`: of each test the case whose result rules, with its status."""

    counts: dict[str, int]
    by_project: dict[int, dict[str, int]]
    by_run: dict[int, int]
    ruling_cases: dict[int, str]
    runs_without_rows: list[int]
    burn_up: list[Day]


def groups() -> dict[int, int]:
    """The group of each case that a person joined with others."""
    return dict(GroupedCase.objects.values_list("case_id", "group_id"))


def planned(milestone: int, runs: Iterable[RunRow]) -> list[Planned]:
    """What was there when the tests of a milestone were first asked for is in scope from
    its first run on; no test comes into scope after its end.
    """
    begins = [run.at for run in runs]
    found = []
    for link in MilestoneCase.objects.select_related("member", "case"):
        member = link.member
        if member.milestone_id != milestone or link.removed_at or link.case.gone_at:
            continue
        times = [link.recorded_at]
        if member.completed_at:
            times.append(member.completed_at)
        first_read_at = member.cases_first_read_at
        if begins and first_read_at and link.recorded_at <= first_read_at:
            times.append(min(begins))
        found.append(Planned(link.case_id, link.case.project_id, min(times)))
    return found


def progress(
    runs: Iterable[RunRow],
    group_of: dict[int, int],
    today: date,
    assigned: Iterable[Planned] = (),
) -> Progress:
    """Over the runs of one milestone, as they were chosen; a test that was assigned to it
    and has no result in them is untested.
    """
    chosen = list(runs)
    waiting: dict[Test, list[Planned]] = defaultdict(list)
    for one in assigned:
        waiting[_test(one.case, group_of)].append(one)
    by_test: dict[Test, list[Execution]] = defaultdict(list)
    for run in chosen:
        for execution in executions_of(run):
            by_test[_test(execution.case, group_of)].append(execution)
    ruling = [_ruling(own) for own in by_test.values()]
    by_project: dict[int, Counter[str]] = defaultdict(Counter)
    for execution in ruling:
        by_project[execution.run.project][execution.final.status] += 1
    untested = [
        max(own, key=lambda one: (one.at, one.project, one.case))
        for test, own in waiting.items()
        if test not in by_test
    ]
    for one in untested:
        by_project[one.project]["untested"] += 1
    counts = Counter(execution.final.status for execution in ruling)
    if untested:
        counts["untested"] += len(untested)
    entered = {test: min(_day(one.at) for one in own) for test, own in waiting.items()}
    for test, own in by_test.items():
        began = min(_day(execution.run.at) for execution in own)
        entered[test] = min(began, entered.get(test, began))
    return Progress(
        counts=dict(counts),
        by_project={project: dict(own) for project, own in by_project.items()},
        by_run=dict(Counter(execution.run.id for execution in ruling)),
        ruling_cases={e.case: e.final.status for e in ruling}
        | {one.case: "untested" for one in untested},
        runs_without_rows=sorted(r.id for r in chosen if r.detail == "counts"),
        burn_up=_burn_up(chosen, list(by_test.values()), list(entered.values()), today),
    )


def _test(case: int, group_of: dict[int, int]) -> Test:
    return ("group", group_of[case]) if case in group_of else ("case", case)


def _ruling(own: list[Execution]) -> Execution:
    """The newest decided final result, without any the newest."""
    decided = [e for e in own if e.is_decided]
    return max(decided or own, key=lambda e: e.order)


def _burn_up(
    runs: list[RunRow],
    tests: list[list[Execution]],
    entered: list[date],
    today: date,
) -> list[Day]:
    """`entered`: of each test in scope the day since when."""
    if not entered:
        return []
    first = min([*(_day(run.at) for run in runs), *entered])
    last = max([today, *(_day(e.at) for own in tests for e in own), *entered])
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [_state(day, tests, entered) for day in days]


def _state(day: date, tests: list[list[Execution]], entered: list[date]) -> Day:
    scope = [since for since in entered if since <= day]
    until = [[e for e in own if e.is_decided and _day(e.at) <= day] for own in tests]
    decided = [own for own in until if own]
    passed = [own for own in decided if not _ruling(own).is_bad]
    return Day(day, len(scope), len(decided), len(passed))


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
