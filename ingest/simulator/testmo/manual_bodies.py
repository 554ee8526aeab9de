"""Testmo's manual runs and their results, as objects."""

from __future__ import annotations

from datetime import datetime

from ingest.simulator.moments import changed_at, latest_of
from ingest.simulator.testmo.bodies import TESTER, case_id, iso
from ingest.simulator.testmo.statuses import STATUS_OF, Body, counts
from ingest.simulator.world import SimProject, SimResult, SimRun


def manual_run_body(
    project: SimProject,
    run: SimRun,
    number: int,
    configs: dict[str, int],
    now: datetime,
) -> Body:
    results = run.results_at(now)
    # A test counts by its latest result, however often it was tested.
    outcomes = [result.outcome for result in latest_of(results).values()]
    pending = ["untested"] * len(run.pending_at(now))
    closed = iso(run.finished_by(now))
    cases = (result.case for result in latest_of(run.results).values())
    forecast = sum(case.typical_ms for case in cases) * 1000
    elapsed = sum(result.duration_ms for result in results) * 1000
    return {
        "id": number,
        "project_id": project.number,
        "name": run.name,
        "config_id": configs.get(run.configuration),
        "milestone_id": run.milestone.number if run.milestone else None,
        "state_id": 4 if closed else 2,
        "forecast": forecast,
        "forecast_completed": min(forecast, elapsed),
        "elapsed": elapsed,
        "is_started": True,
        "is_closed": closed is not None,
        "issues": [],
        "links": [],
        "tags": list(run.tags),
        **counts(outcomes + pending),
        "started_at": iso(run.started_at),
        "created_at": iso(run.started_at),
        "created_by": TESTER,
        "updated_at": iso(changed_at(run, now)),
        "updated_by": TESTER,
        "closed_at": closed,
        "closed_by": TESTER if closed else None,
    }


def manual_result_bodies(
    project: SimProject, run: SimRun, run_number: int, now: datetime
) -> list[Body]:
    """Every result of a manual run, oldest first; an untested test has none.

    Now and then a tester corrects herself: the first result stays, no longer latest.
    """
    rows: list[Body] = []
    results = run.results_at(now)
    latest = latest_of(results)
    for result in results:
        if result.outcome == "untested":
            continue
        row = _manual_result(project, run_number, result)
        row["is_latest"] = latest[result.case.number] is result
        if result.number % 13 == 0 and result.outcome == "passed":
            rows.append(_corrected(row, result))
        rows.append(row)
    return rows


def _manual_result(project: SimProject, run_number: int, result: SimResult) -> Body:
    return {
        "id": (project.number * 10_000_000 + result.number) * 2,
        "project_id": project.number,
        "run_id": run_number,
        "test_id": run_number * 1000 + result.case.number,
        "case_id": case_id(project, result.case.number),
        "status_id": STATUS_OF[result.outcome],
        "is_latest": True,
        "note": result.message or None,
        "elapsed": result.duration_ms * 1000 if result.duration_ms else None,
        "assignee_id": TESTER,
        "issues": [],
        "created_at": iso(result.finished_at),
        "created_by": TESTER,
        "updated_at": None,
        "updated_by": None,
        "deleted_at": None,
        "deleted_by": None,
    }


def _corrected(row: Body, result: SimResult) -> Body:
    return row | {
        "id": row["id"] - 1,
        "status_id": STATUS_OF["failed"],
        "is_latest": False,
        "note": "Clicked the wrong button; see the next result.",
        "created_at": iso(result.started_at),
    }
