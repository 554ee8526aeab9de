"""The flat objects of Testomat.io's Public API v2, by newer and by older names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ingest.simulator.testomatio import words
from ingest.simulator.testomatio.classic_bodies import testrun_number
from ingest.simulator.testomatio.pushed import PushedRun
from ingest.simulator.testomatio.words import Body, Group, RowOfRun, iso
from ingest.simulator.world import SimCase, SimMilestone, SimProject, SimRun

RUN_COUNTERS = ("passed_count", "failed_count", "skipped_count", "tests_count")
RUN_TIMES = ("created_at", "launched_at", "finished_at")


def run_body(
    project: SimProject, run: SimRun, rows: Sequence[RowOfRun], now: datetime
) -> Body:
    counted = words.counters(rows)
    group = words.group_of(project, run)
    return {
        "id": words.run_id(run.number),
        "title": run.name,
        "clean_title": run.name,
        "status": words.run_status(run, counted, now),
        "kind": run.kind,
        "env": words.environments(run),
        "rungroup_id": group.group_id if group else None,
        "plans": [],
        "description": run.description if isinstance(run, PushedRun) else None,
        "created_at": iso(run.started_at),
        "launched_at": iso(words.launched_at(run)),
        "finished_at": iso(run.finished_by(now)),
        "passed_count": counted["passed"],
        "failed_count": counted["failed"],
        "skipped_count": counted["skipped"],
        "tests_count": len(rows),
        "ci_build_url": words.build_url(run),
    }


def old_run_body(project: SimProject, run: SimRun) -> Body:
    """By the March 2026 names: no status, no counters, no times."""
    group = words.group_of(project, run)
    return {
        "id": words.run_id(run.number),
        "type": "run",
        "cleanTitle": run.name,
        "kind": run.kind,
        "rungroupId": group.group_id if group else None,
        "assignedTo": None,
        "assign_strategy": None,
        "env": ", ".join(words.environments(run)),
        "description": None,
        "labels": [],
    }


def testrun_body(project: SimProject, run: SimRun, row: RowOfRun, naming: str) -> Body:
    """The time it took is in milliseconds; there is no time of day."""
    number = testrun_number(project, row)
    run_id, test_id = words.run_id(run.number), words.test_id(project, row.case)
    took = words.run_time(row.result) if row.result else None
    message, stack = words.message_and_stack(row.result) if row.result else ("", "")
    shared = {"status": row.status, "substatus": row.substatus or None}
    automated = run.kind == "automated"
    if naming == "old":
        return shared | {
            "id": number,
            "type": "testrun",
            "testTitle": row.case.name,
            "message": message or None,
            "runTime": took,
            "automated": automated,
            "assignedTo": None,
            "runId": run_id,
            "testId": test_id,
        }
    return shared | {
        "id": number,
        "test_title": row.case.name,
        "suite_title": row.case.folder.rpartition(" / ")[2],
        "test_id": test_id,
        "run_id": run_id,
        "message": message or None,
        "stack": stack or None,
        "run_time": took,
        "automated": automated,
        "assigned_to": None,
        "priority": "normal",
        "artifacts": [],
        "has_defect": False,
    }


def group_body(
    project: SimProject, group: Group, groups: Sequence[Group], runs: Sequence[SimRun]
) -> Body:
    own = [run for run in runs if words.group_of(project, run) == group]
    return {
        "id": group.group_id,
        "type": "rungroup",
        "cleanTitle": group.title,
        "emoji": None,
        "description": None,
        "kind": own[0].kind if own else "manual",
        "status": None,
        "pin": False,
        "runs_count": len(own),
        "tests_count": sum(len(run.results) for run in own),
        "finished_at": None,
        "archived_at": None,
        "updated_at": iso(own[0].started_at) if own else None,
        "parentId": group.parent or None,
        "children": [g.group_id for g in groups if g.parent == group.group_id],
    }


def plan_body(plan_id: str, title: str, cases: Sequence[SimCase]) -> Body:
    return {
        "id": plan_id,
        "type": "plan",
        "title": title,
        "kind": "automated",
        "tests_count": len(cases),
        "labels": [],
    }


def milestone_body(milestone: SimMilestone, now: datetime) -> Body:
    active = "active" if milestone.starts_at <= now else "created"
    return {
        "id": milestone.number,
        "type": "release",
        "title": milestone.name,
        "description": None,
        "status": "closed" if milestone.completed_at else active,
        "start_date": milestone.starts_at.date().isoformat(),
        "due_date": milestone.due_at.date().isoformat(),
        "closed_at": iso(milestone.completed_at),
        "created_at": iso(milestone.starts_at),
    }


def suite_body(project: SimProject, path: str) -> Body:
    parent = path.rpartition(" / ")[0]
    return {
        "id": words.suite_id(project, path),
        "type": "suite",
        "title": path.rpartition(" / ")[2],
        "description": None,
        "parent_id": words.suite_id(project, parent) if parent else None,
    }


def test_body(project: SimProject, case: SimCase) -> Body:
    return {
        "id": words.test_id(project, case),
        "type": "test",
        "title": case.name,
        "suite_id": words.suite_id(project, case.folder),
        "state": "manual" if case.folder.startswith("Manual") else "automated",
        "priority": "normal",
        "labels": [],
        "tags": [],
    }
