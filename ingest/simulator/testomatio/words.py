"""Testomat.io's ids and statuses, and a project's runs, groups and suites in them."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from ingest.simulator.moments import rows_at, to_milliseconds
from ingest.simulator.testomatio.pushed import PushedCase, PushedResult, PushedRun
from ingest.simulator.world import SimCase, SimProject, SimResult, SimRun

Body = dict[str, Any]

# The words of a testrun are three and pending; the rest is a free substatus.
STATUS_OF = {
    "passed": "passed",
    "failed": "failed",
    "error": "failed",
    "skipped": "skipped",
    "blocked": "skipped",
    "untested": "pending",
    "running": "pending",
}
SUBSTATUS_OF = {"blocked": "blocked by environment"}
TERMINATED_EVERY = 61


@dataclass(frozen=True, slots=True)
class RowOfRun:
    """One testrun; `result` is None while it is pending."""

    case: SimCase
    status: str
    substatus: str
    result: SimResult | None
    number: int


@dataclass(frozen=True, slots=True)
class Group:
    """A rungroup; `label` is the first tag of the runs in it, `parent` its id or ""."""

    group_id: str
    title: str
    label: str
    parent: str = ""


def slug(project: SimProject) -> str:
    return project.name.lower().replace(" ", "-")


@lru_cache(maxsize=10_000)
def run_id(number: int) -> str:
    """8 hex digits that say nothing about the order."""
    return hashlib.sha256(f"run {number}".encode()).hexdigest()[:8]


@lru_cache(maxsize=100_000)
def short_id(kind: str, project: int, name: str | int) -> str:
    """8 lower-case letters and digits, as suites and tests have."""
    digest = hashlib.sha256(f"{kind} {project} {name}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:8]


def test_id(project: SimProject, case: SimCase) -> str:
    if isinstance(case, PushedCase) and case.uid:
        return case.uid
    return short_id("test", project.number, case.number)


def suite_id(project: SimProject, path: str) -> str:
    return short_id("suite", project.number, path)


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else to_milliseconds(moment)


def testruns(run: SimRun, now: datetime, *, attempts: bool) -> list[RowOfRun]:
    """A run's testruns in the order of execution; `attempts` gives each its own.

    A pending testrun has the number that it will keep when its result comes in.
    """
    first: dict[int, int] = {}
    for result in run.results:
        first.setdefault(result.case.number, result.number)
    if attempts:
        rows = [_row(r.case, r.outcome, r, r.number) for r in run.results_at(now)]
        for case in run.pending_at(now):
            rows.append(_row(case, "untested", None, first[case.number]))
        return rows
    rows = [
        _row(row.case, row.state, row.result, first[row.case.number])
        for row in rows_at(run, now)
    ]
    return sorted(rows, key=lambda row: row.number)


def _row(
    case: SimCase, outcome: str, result: SimResult | None, number: int
) -> RowOfRun:
    status = STATUS_OF[outcome]
    done = None if status == "pending" else result
    return RowOfRun(case, status, SUBSTATUS_OF.get(outcome, ""), done, number)


def counters(rows: Sequence[RowOfRun]) -> Counter[str]:
    return Counter(row.status for row in rows)


def run_status(run: SimRun, counted: Counter[str], now: datetime) -> str:
    word = run.word if isinstance(run, PushedRun) else ""
    if run.is_open_at(now):
        return word or "running"
    if word:
        return word
    if run.kind != "automated":
        return "finished"
    if run.number % TERMINATED_EVERY == 0 and not isinstance(run, PushedRun):
        return "terminated"
    return "failed" if counted["failed"] else "passed"


def launched_at(run: SimRun) -> datetime | None:
    return run.launched_at if isinstance(run, PushedRun) else run.started_at


def duration_s(run: SimRun, now: datetime) -> float:
    """What a reporter told, else from start to end; 0 until the run is finished."""
    finished_at = run.finished_by(now)
    if finished_at is None:
        return 0
    if isinstance(run, PushedRun) and run.duration_s is not None:
        return run.duration_s
    return (finished_at - (launched_at(run) or run.started_at)).total_seconds()


def run_time(result: SimResult) -> float | None:
    """In milliseconds."""
    if isinstance(result, PushedResult):
        return result.run_time
    return result.duration_ms


def message_and_stack(result: SimResult) -> tuple[str, str]:
    if isinstance(result, PushedResult):
        return result.message, result.stack
    message, _, stack = result.message.partition("\n")
    return message, stack


def example(case: SimCase) -> list[str]:
    return list(case.example) if isinstance(case, PushedCase) else []


def environments(run: SimRun) -> list[str]:
    if isinstance(run, PushedRun):
        return list(run.environments)
    if not run.configuration:
        return []
    browser = run.configuration.startswith(("Chrome", "Firefox"))
    return [run.configuration, "Windows 11"] if browser else [run.configuration]


def build_url(run: SimRun) -> str | None:
    if isinstance(run, PushedRun):
        return run.build_url
    if run.kind == "manual":
        return None
    return f"https://ci.example.com/{run.branch}/builds/{run.number}"


def groups(project: SimProject) -> list[Group]:
    """Nightly and smoke runs have a group, manual ones a group within a group."""
    made = [
        Group(short_id("group", project.number, label), title, label)
        for label, title in (
            ("nightly", "Nightly builds"),
            ("smoke", "Smoke checks"),
            ("", "By hand"),
        )
    ]
    inner = short_id("group", project.number, "manual-regression")
    title, label = "Regression by hand", "manual-regression"
    return [*made, Group(inner, title, label, made[-1].group_id)]


def group_of(project: SimProject, run: SimRun) -> Group | None:
    for group in groups(project):
        if group.label and group.label in run.tags[:1]:
            return group
    return None


def suite_paths(project: SimProject) -> list[str]:
    """The whole paths of all suites, parents before children."""
    paths: dict[str, None] = {}
    for case in project.cases:
        parts = case.folder.split(" / ")
        for depth in range(1, len(parts) + 1):
            paths[" / ".join(parts[:depth])] = None
    return list(paths)


def child_suites(paths: Sequence[str], parent: str) -> list[str]:
    return [path for path in paths if path.rpartition(" / ")[0] == parent]


def plans(project: SimProject) -> list[tuple[str, str, list[SimCase]]]:
    """(id, title, cases) of the test plans."""
    automated = [c for c in project.cases if not c.folder.startswith("Manual")]
    return [
        (short_id("plan", project.number, "smoke"), "Smoke", automated[::4]),
        (short_id("plan", project.number, "all"), "Whole regression", automated),
    ]
