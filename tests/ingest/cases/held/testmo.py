"""Small worlds of Testmo's: what it holds in one phase."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any
from zlib import crc32

from tests.ingest.cases.inputs import World, ago
from tests.ingest.cases.server import Row

PROJECT = 7
STATUSES = {"passed": 2, "failed": 3, "running": 4}
COUNTS = [f"status{number}_count" for number in range(1, 25)]
WORDS = ["Untested", "Passed", "Failed", "Retest", "Blocked", "Skipped"]


def world(*runs: Row, **parts: Any) -> World:
    """One project with these runs."""
    runs = deepcopy(runs)
    return {
        "token": "testmo_api_EXAMPLEdouble",
        "user": {"id": 1, "name": "Bot", "timezone": "UTC"},
        "users": [{"id": 1, "name": "Bot"}],
        "statuses": [status(number, word) for number, word in enumerate(WORDS, 1)],
        "projects": [project()],
        "configs": [],
        "sources": [source()],
        "milestones": [],
        **parts,
        "tests": {str(run["id"]): run.pop("rows") for run in runs},
        "runs": [*runs],
    }


def project(name: str = "Harbour", pk: int = PROJECT) -> Row:
    return {
        "id": pk,
        "name": name,
        "is_completed": False,
        "automation_run_count": 1,
        "created_at": ago(days=700),
        "completed_at": None,
    }


def source(number: int = 1, name: str = "api-tests") -> Row:
    return {
        "id": number,
        "name": name,
        "project_id": PROJECT,
        "status": 1,
        "is_retired": False,
        "run_count": 0,
        "created_at": ago(days=700),
    }


def config(number: int, name: str) -> Row:
    return {"id": number, "name": name, "project_id": PROJECT}


def milestone(number: int, name: str, *, is_done: bool = False, **fields: Any) -> Row:
    return {
        "id": number,
        "project_id": PROJECT,
        "root_id": number,
        "parent_id": None,
        "type_id": 1,
        "name": name,
        "note": None,
        "is_started": True,
        "is_completed": is_done,
        "start_date": None,
        "due_date": None,
        "automation_tags": [],
        "started_at": None,
        "created_at": ago(days=700),
        "completed_at": ago(hours=1) if is_done else None,
        **fields,
    }


def status(number: int, word: str) -> Row:
    return {
        "id": number,
        "name": word,
        "system_name": word.lower(),
        "is_final": number > 1,
        "is_untested": number == 1,
        "is_passed": number == 2,
        "is_failed": number == 3,
        "aliases": [word.lower()],
    }


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
    """A run that took nine minutes, its rows in `rows`: `outcomes` by test's name."""
    began = ago(hours=hours_ago)
    verdict = "failed" if "failed" in outcomes.values() else "passed"
    return {
        "id": number,
        "project_id": PROJECT,
        "source_id": 1,
        "name": name or f"Run {number}",
        "status": STATUSES["running" if is_open else verdict],
        "config_id": None,
        "milestone_id": milestone,
        "elapsed": None if is_open else 540_000_000,
        "tags": [],
        "fields": [],
        "links": [],
        "artifacts": [],
        "threads": [],
        "is_completed": not is_open,
        "created_at": began,
        "created_by": 1,
        "completed_at": None if is_open else ago(hours=hours_ago - 0.15),
        "thread_count": 0,
        "thread_active_count": 0,
        "thread_completed_count": 0,
        "updated_at": None,
        **counted(outcomes.values()),
        "rows": [
            test(number * 1000 + place, name, word, began)
            for place, (name, word) in enumerate(outcomes.items())
        ],
        **fields,
    }


def counted(words: Iterable[str]) -> Row:
    listed = [*words]
    passed, failed = listed.count("passed"), listed.count("failed")
    return dict.fromkeys(COUNTS, 0) | {
        "untested_count": len(listed) - passed - failed,
        "status1_count": passed,
        "status2_count": failed,
        "success_count": passed,
        "failure_count": failed,
        "completed_count": passed + failed,
        "total_count": len(listed),
    }


def test(number: int, name: str, word: str, at: Any, **fields: Any) -> Row:
    return {
        "automation_test_id": number,
        "automation_case_id": crc32(name.encode()),
        "repository_case_id": None,
        "repository_case_ids": [],
        "key": name.replace(" ", "_"),
        "name": name,
        "folder": "suite",
        "status": STATUSES.get(word, STATUSES["running"]),
        "elapsed": 1_000_000,
        "thread_id": None,
        "created_at": at,
        **fields,
    }


def asked_for_rows(number: int) -> str:
    """What requests for the rows of this run look like."""
    return rf"/automation/runs/{number}/tests"
