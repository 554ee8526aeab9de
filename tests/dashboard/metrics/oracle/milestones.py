"""How far a milestone is: distinct tests by status, and the same at each day's end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dashboard.models import GroupedCase
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


def progress(runs: Iterable[RunRow], group_of: dict[int, int], today: date) -> Progress:
    """Over the runs of one milestone, as they were chosen."""
    chosen = list(runs)
    by_test: dict[Test, list[Execution]] = defaultdict(list)
    for run in chosen:
        for execution in executions_of(run):
            by_test[_test(execution.case, group_of)].append(execution)
    ruling = [_ruling(own) for own in by_test.values()]
    by_project: dict[int, Counter[str]] = defaultdict(Counter)
    for execution in ruling:
        by_project[execution.run.project][execution.final.status] += 1
    return Progress(
        counts=dict(Counter(execution.final.status for execution in ruling)),
        by_project={project: dict(own) for project, own in by_project.items()},
        by_run=dict(Counter(execution.run.id for execution in ruling)),
        ruling_cases={e.case: e.final.status for e in ruling},
        runs_without_rows=sorted(r.id for r in chosen if r.detail == "counts"),
        burn_up=_burn_up(chosen, list(by_test.values()), today),
    )


def _test(case: int, group_of: dict[int, int]) -> Test:
    return ("group", group_of[case]) if case in group_of else ("case", case)


def _ruling(own: list[Execution]) -> Execution:
    """The newest decided final result, without any the newest."""
    decided = [e for e in own if e.is_decided]
    return max(decided or own, key=lambda e: e.order)


def _burn_up(
    runs: list[RunRow], tests: list[list[Execution]], today: date
) -> list[Day]:
    if not tests:
        return []
    first = min(_day(run.at) for run in runs)
    last = max([today, *(_day(e.at) for own in tests for e in own)])
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [_state(day, tests) for day in days]


def _state(day: date, tests: list[list[Execution]]) -> Day:
    scope = [own for own in tests if any(_day(e.run.at) <= day for e in own)]
    until = [[e for e in own if e.is_decided and _day(e.at) <= day] for own in tests]
    decided = [own for own in until if own]
    passed = [own for own in decided if not _ruling(own).is_bad]
    return Day(day, len(scope), len(decided), len(passed))


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
