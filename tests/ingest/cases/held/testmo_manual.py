"""Small worlds of Testmo's manual runs: what it holds in one phase."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from zlib import crc32

from tests.ingest.cases.held import testmo
from tests.ingest.cases.inputs import World, ago
from tests.ingest.cases.server import Row

# Ids of statuses: 1 untested, 2 passed, 3 failed.
STATUSES = {"running": 1, "passed": 2, "failed": 3}


def world(*runs: Row, **parts: Any) -> World:
    """One project with these runs, and the cases that they ran."""
    runs = deepcopy(runs)
    names = {name for run in runs for name in run["outcomes"]}
    return testmo.world(**parts) | {
        "cases": [case(name) for name in sorted(names)],
        "results": {str(run["id"]): run.pop("rows") for run in runs},
        "manual_runs": [
            {name: value for name, value in run.items() if name != "outcomes"}
            for run in runs
        ],
    }


def case(name: str) -> Row:
    return {
        "id": pk_of(name),
        "project_id": testmo.PROJECT,
        "key": pk_of(name),
        "name": name,
        "folder_id": None,
        "created_at": ago(days=700),
    }


def pk_of(name: str) -> int:
    return crc32(name.encode())


def run(
    number: int,
    outcomes: dict[str, str],
    *,
    hours_ago: float = 48,
    name: str = "",
    milestone: int | None = None,
    is_open: bool = False,
    **fields: Any,
) -> Row:
    """A run of nine minutes, its rows in `rows`: `outcomes` by the name of the case."""
    began = ago(hours=hours_ago)
    return {
        "id": number,
        "project_id": testmo.PROJECT,
        "name": name or f"Run {number}",
        "config_id": None,
        "milestone_id": milestone,
        "state_id": 1,
        "forecast": None,
        "forecast_completed": 0,
        "elapsed": 540_000_000,
        "is_started": True,
        "is_closed": not is_open,
        "issues": [],
        "links": [],
        "tags": [],
        "started_at": began,
        "created_at": began,
        "created_by": 1,
        "updated_at": None,
        "closed_at": None if is_open else ago(hours=hours_ago - 0.15),
        **testmo.counted(outcomes.values()),
        "outcomes": [*outcomes],
        "rows": [
            result(number, place, name, word, began)
            for place, (name, word) in enumerate(outcomes.items())
            if word != "running"
        ],
        **fields,
    }


def result(run: int, place: int, name: str, word: str, at: str) -> Row:
    return {
        "id": run * 1000 + place,
        "project_id": testmo.PROJECT,
        "run_id": run,
        "test_id": run * 1000 + place,
        "case_id": pk_of(name),
        "status_id": STATUSES[word],
        "is_latest": True,
        "note": None,
        "elapsed": 1_000_000,
        "assignee_id": None,
        "issues": [],
        "created_at": at,
        "created_by": 1,
        "updated_at": None,
        "deleted_at": None,
    }


def asked_for_rows(number: int) -> str:
    """What requests for the rows of this run look like."""
    return rf"/api/v1/runs/{number}/results"
