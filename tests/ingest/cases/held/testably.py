"""Small worlds of Testably's: what it holds in one phase."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from tests.ingest.cases.inputs import World, ago
from tests.ingest.cases.server import Row

PROJECT = "6ef9da5a-4d03-7c4e-5ef7-26a436af020a"
STATUSES = ("passed", "failed", "blocked", "retest", "not_tested")


def world(*runs: Row, **parts: Any) -> World:
    """One project with these runs."""
    runs = deepcopy(runs)
    return {
        "token": "testably_0123456789abcdef0123456789abcdef",
        "projects": [project()],
        "milestones": [],
        **parts,
        "results": {run["id"]: run.pop("rows") for run in runs},
        "runs": [*runs],
    }


def project(name: str = "Harbour", pk: str = PROJECT) -> Row:
    return {
        "id": pk,
        "name": name,
        "prefix": "HB",
        "description": "",
        "test_case_count": 1,
        "run_count": 1,
        "member_count": 1,
        "created_at": ago(days=400, fraction=False),
        "updated_at": ago(days=400, fraction=False),
    }


def milestone(number: int, name: str, *, is_done: bool = False, **fields: Any) -> Row:
    return {
        "project_id": PROJECT,
        "id": uuid(f"milestone {number}"),
        "name": name,
        "description": "",
        "start_date": None,
        "due_date": None,
        "status": "completed" if is_done else "started",
        "progress": 0,
        "parent_id": None,
        "created_at": ago(days=400, fraction=False),
        "updated_at": ago(days=400, fraction=False),
        **fields,
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
    """A run of nine minutes, its rows in `rows`: `outcomes` by test case's title."""
    began = ago(hours=hours_ago, fraction=False)
    ended = ago(hours=hours_ago - 0.15, fraction=False)
    words = ["not_tested" if w == "running" else w for w in outcomes.values()]
    return {
        "project_id": PROJECT,
        "id": uuid(f"run {number}"),
        "name": name or f"Run {number}",
        "status": "active" if is_open else "closed",
        "total": len(outcomes),
        **{word: words.count(word) for word in STATUSES},
        "milestone_id": None if milestone is None else uuid(f"milestone {milestone}"),
        "created_by": "u1",
        "created_at": began,
        "updated_at": began if is_open else ended,
        "pass_rate": None if is_open else 50.0,
        "closed_at": None if is_open else ended,
        "rows": [
            result(f"{number} {title}", title, word, began)
            for title, word in zip(outcomes, words, strict=True)
        ],
        **fields,
    }


def result(seed: str, title: str, word: str, at: Any, **fields: Any) -> Row:
    is_done = word != "not_tested"
    return {
        "id": uuid(f"result {seed}"),
        "test_case_id": uuid(f"case {title}"),
        "test_case_title": title,
        "status": word,
        "note": None,
        "elapsed": 5 if is_done else None,
        "tested_by": "u1" if is_done else None,
        "tested_at": at if is_done else None,
        **fields,
    }


def uuid(seed: str) -> str:
    return str(uuid5(NAMESPACE_DNS, seed))


def asked_for_rows(number: int) -> str:
    """What requests for the rows of this run look like."""
    return rf"/runs/{uuid(f'run {number}')}"
