"""Small worlds of Testomat.io's: what it holds in one phase."""

from __future__ import annotations

from copy import deepcopy
from hashlib import sha256
from typing import Any

from tests.ingest.cases.inputs import World, ago
from tests.ingest.cases.server import Row

PROJECT = "harbour"
SUITE = "e9626d1f"


def world(*runs: Row, suite: str = "Till", **parts: Any) -> World:
    """One project with one suite and these runs."""
    runs = deepcopy(runs)
    rows = [row for run in runs for row in run["rows"]]
    tests = {row["test_id"]: row["test_title"] for row in rows}
    return {
        "token": "testomat_EXAMPLEdouble",
        "project_token": "tstmt_EXAMPLEdouble",
        "email": "qa@example.com",
        "password": "Example-1!",
        "projects": [project()],
        "suites": [
            {
                "id": SUITE,
                "project": PROJECT,
                "title": suite,
                "tests": [{"id": pk, "title": name} for pk, name in tests.items()],
            }
        ],
        **parts,
        "testruns": {
            run["id"]: [
                row | {"run_id": run["id"], "suite_title": suite}
                for row in run.pop("rows")
            ]
            for run in runs
        },
        "runs": [*runs],
    }


def project(name: str = "Harbour", pk: str = PROJECT) -> Row:
    return {"id": pk, "title": name, "tests_count": 3}


def run(
    number: int,
    outcomes: dict[str, str],
    *,
    hours_ago: float = 48,
    name: str = "",
    is_open: bool = False,
    rows: list[Row] | None = None,
    **fields: Any,
) -> Row:
    """A run of nine minutes, its rows in `rows`: `outcomes` by test's title."""
    began = ago(hours=hours_ago)
    made = rows or [testrun(title, word) for title, word in outcomes.items()]
    words = [row["status"] for row in made]
    verdict = "failed" if "failed" in words else "passed"
    return {
        "id": f"{number:08x}",
        "project": PROJECT,
        "title": name or f"Run {number}",
        "status": "running" if is_open else verdict,
        "kind": "automated",
        "automated": True,
        "tests_count": len(made),
        **{word: words.count(word) for word in ("passed", "failed", "skipped")},
        "duration": 0 if is_open else 540,
        "created_at": began,
        "launched_at": began,
        "finished_at": None if is_open else ago(hours=hours_ago - 0.15),
        "ci_build_url": None,
        "env": [],
        "rungroup_id": None,
        "is_archived": False,
        "branch": "main",
        "rows": [{"id": number * 1000 + n} | row for n, row in enumerate(made)],
        **fields,
    }


def testrun(title: str, word: str, **fields: Any) -> Row:
    return {
        "test_id": sha256(title.encode()).hexdigest()[:8],
        "test_title": title,
        "suite_id": SUITE,
        "status": "pending" if word == "running" else word,
        "substatus": None,
        "message": "refused" if word == "failed" else None,
        "run_time": 900,
        **fields,
    }


def asked_for_rows(number: int) -> str:
    """What requests for the rows of this run look like."""
    return rf"testruns\?.*run_id={number:08x}"
