"""Testmo's objects: what a project, milestone, source, run, thread or test looks like."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache

from ingest.simulator.moments import changed_at, to_milliseconds
from ingest.simulator.testmo.pushed import (
    PushedResult,
    PushedRun,
    elapsed_of,
    is_pushed,
)
from ingest.simulator.testmo.statuses import (
    Body,
    automation_status,
    counts,
    run_status,
)
from ingest.simulator.world import SimMilestone, SimProject, SimResult, SimRun

API_USER, TESTER = 2, 3
USERS: list[Body] = [
    {"id": 1, "name": "Ada Admin"},
    {"id": API_USER, "name": "CI user"},
    {"id": TESTER, "name": "Tomke Tester"},
]
MICROSECONDS = timedelta(microseconds=1)


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, as the reference writes it."""
    return None if moment is None else to_milliseconds(moment)


def case_id(project: SimProject, number: int) -> int:
    return project.number * 100_000 + number


def source_ids(project: SimProject) -> dict[str, int]:
    """Source ids by name."""
    return {s: project.number * 100 + n for n, s in enumerate(sources(project))}


def source_id(project: SimProject, source: str) -> int:
    return source_ids(project)[source]


def sources(project: SimProject) -> list[str]:
    """The sources of automation runs, in the order in which they first ran.

    By number: a run that is pushed between those of the world changes no other's id.
    """
    runs = sorted(project.runs, key=lambda run: run.number)
    named = (run.source for run in runs if run.kind == "automated")
    return list(dict.fromkeys(named))


@lru_cache(maxsize=100_000)
def test_key(folder: str, name: str) -> str:
    """64 lower-case hex digits, as the command-line client makes them."""
    return hashlib.sha256(f"{folder}.{name}".encode()).hexdigest()


def case_numbers(project: SimProject) -> dict[str, int]:
    """The numbers of the project's cases by their keys."""
    return {test_key(c.folder, c.name): c.number for c in project.cases}


def project_body(project: SimProject, now: datetime) -> Body:
    runs = project.runs_at(now)
    automated = [run for run in runs if run.kind == "automated"]
    manual = [run for run in runs if run.kind == "manual"]
    active = sum(run.is_open_at(now) for run in automated)
    closed = sum(not run.is_open_at(now) for run in manual)
    completed = sum(m.completed_at is not None for m in project.milestones)
    first = iso(project.milestones[0].starts_at) if project.milestones else iso(now)
    return {
        "id": project.number,
        "name": project.name,
        "is_completed": False,
        "milestone_count": len(project.milestones),
        "milestone_active_count": len(project.milestones) - completed,
        "milestone_completed_count": completed,
        "automation_source_count": len(sources(project)),
        "automation_source_active_count": len(sources(project)),
        "automation_source_retired_count": 0,
        "automation_run_count": len(automated),
        "automation_run_active_count": active,
        "automation_run_completed_count": len(automated) - active,
        "run_count": len(manual),
        "run_active_count": len(manual) - closed,
        "run_closed_count": closed,
        "session_count": 0,
        "session_active_count": 0,
        "session_closed_count": 0,
        "created_at": first,
        "created_by": 1,
        "updated_at": None,
        "updated_by": None,
        "completed_at": None,
    }


def created_at(milestone: SimMilestone) -> datetime:
    return milestone.starts_at - timedelta(days=30)


def milestone_body(project: SimProject, milestone: SimMilestone, now: datetime) -> Body:
    started = milestone.starts_at <= now
    completed = iso(milestone.completed_at)
    return {
        "id": milestone.number,
        "project_id": project.number,
        "root_id": milestone.number,
        "parent_id": None,
        "type_id": 1,
        "name": milestone.name,
        "note": None,
        "is_started": started,
        "is_completed": completed is not None,
        "start_date": milestone.starts_at.date().isoformat(),
        "due_date": milestone.due_at.date().isoformat(),
        "automation_tags": [milestone.tag] if milestone.tag else [],
        "issues": [],
        "links": [],
        "started_at": iso(milestone.starts_at) if started else None,
        "created_at": iso(created_at(milestone)),
        "created_by": 1,
        "updated_at": completed,
        "updated_by": 1 if completed else None,
        "completed_at": completed,
    }


def source_body(project: SimProject, source: str, now: datetime) -> Body:
    runs = [
        run
        for run in project.runs_at(now)
        if run.source == source and run.kind == "automated"
    ]
    ended = [r for r in runs if r.finished_at and not r.is_open_at(now)]
    tests = [len(run.results) for run in ended]
    took = [_elapsed(run, now) or 0 for run in ended]
    failed = bool(ended) and any(r.outcome == "failed" for r in ended[-1].results)
    return {
        "id": source_id(project, source),
        "project_id": project.number,
        "name": source,
        "status": (3 if failed else 2) if ended else 1,
        "is_retired": False,
        "run_count": len(runs),
        "test_count_average": sum(tests) // max(1, len(tests)),
        "elapsed_average": sum(took) // max(1, len(took)),
        "ran_at": iso(runs[-1].started_at) if runs else None,
        "created_at": iso(runs[0].started_at) if runs else None,
        "created_by": API_USER,
        "updated_at": None,
        "updated_by": None,
        "retired_at": None,
        "retired_by": None,
    }


def automation_run_body(
    project: SimProject,
    run: SimRun,
    source_ids: dict[str, int],
    configs: dict[str, int],
    now: datetime,
) -> Body:
    results = run.results_at(now)
    is_open = run.is_open_at(now)
    counted = counts(result.outcome for result in results)
    completed = iso(run.finished_by(now))
    threads = [_thread_body(run, index, results, now) for index in range(run.threads)]
    active = sum(not thread["is_completed"] for thread in threads)
    return {
        "id": run.number,
        "project_id": project.number,
        "source_id": source_ids[run.source],
        "name": run.name,
        "status": run_status(counted, is_open=is_open),
        "config_id": configs.get(run.configuration),
        "milestone_id": run.milestone.number if run.milestone else None,
        "elapsed": _elapsed(run, now),
        "is_completed": not is_open,
        **_extras(run),
        "tags": list(run.tags),
        "threads": threads,
        **counted,
        "thread_count": run.threads,
        "thread_active_count": active,
        "thread_completed_count": run.threads - active,
        "created_at": iso(run.started_at),
        "created_by": API_USER,
        "updated_at": iso(_updated_at(run, now)),
        "updated_by": API_USER,
        "completed_at": completed,
        "completed_by": API_USER if completed else None,
    }


def _thread_body(
    run: SimRun, index: int, results: list[SimResult], now: datetime
) -> Body:
    own = [result for result in results if result.thread == index]
    counted = counts(result.outcome for result in own)
    lane = run.lanes[index] if isinstance(run, PushedRun) else None
    completed_at = lane.completed_at if lane else run.finished_by(now)
    completed = iso(completed_at)
    took = sum(elapsed_of(result) or 0 for result in own)
    return {
        "id": thread_id(run, index),
        "index": index + 1,
        "name": None,
        "status": run_status(counted, is_open=completed_at is None),
        "elapsed": lane.elapsed_us(own) if lane else took,
        "is_completed": completed_at is not None,
        "artifacts": lane.artifacts if lane else [],
        "fields": lane.fields if lane else [],
        **counted,
        "created_at": iso(lane.started_at if lane else run.started_at),
        "created_by": API_USER,
        "completed_at": completed,
        "completed_by": API_USER if completed else None,
    }


def thread_id(run: SimRun, index: int) -> int:
    if isinstance(run, PushedRun):
        return run.lanes[index].thread_id
    return run.number * 100 + index


def automation_test_body(project: SimProject, run: SimRun, result: SimResult) -> Body:
    """One row of …/tests. It has no message: none is readable in any type found."""
    case = result.case
    linked = [case.number] if case.number % 4 == 0 and not is_pushed(case) else []
    own_key = result.key if isinstance(result, PushedResult) else ""
    return {
        "automation_test_id": project.number * 10_000_000 + result.number,
        "automation_case_id": (
            case.number if is_pushed(case) else case_id(project, case.number)
        ),
        "repository_case_id": linked[0] if linked else None,
        "repository_case_ids": linked,
        "key": own_key or test_key(case.folder, case.name),
        "name": case.name,
        "folder": case.folder,
        "status": automation_status(result.outcome),
        "elapsed": elapsed_of(result),
        "thread_id": thread_id(run, result.thread),
        "created_at": iso(result.finished_at),
    }


def _elapsed(run: SimRun, now: datetime) -> int | None:
    """Microseconds from start to end; none while the run is open."""
    if isinstance(run, PushedRun):
        return run.elapsed_us
    finished_at = run.finished_by(now)
    return (
        None if finished_at is None else (finished_at - run.started_at) // MICROSECONDS
    )


def _updated_at(run: SimRun, now: datetime) -> datetime:
    pushed_at = run.touched_at if isinstance(run, PushedRun) else None
    return pushed_at or changed_at(run, now)


def _extras(run: SimRun) -> Body:
    if isinstance(run, PushedRun):
        return {"artifacts": run.artifacts, "fields": run.fields, "links": run.links}
    fields = [_field("Branch", run.branch), _field("Commit", run.commit)]
    return {"artifacts": [], "fields": fields, "links": [_build_link(run)]}


def _field(name: str, value: str) -> Body:
    return {"type": 1, "name": name, "value": value, "meta": {}, "is_highlight": False}


def _build_link(run: SimRun) -> Body:
    url = f"https://ci.example.com/builds/{run.number}"
    return {"name": f"Build {run.number}", "url": url, "note": None}
