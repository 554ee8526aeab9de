"""Small worlds of Testifly's: what it holds in one phase."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from hashlib import sha256
from typing import Any

from tests.ingest.cases.inputs import World, ago
from tests.ingest.cases.server import Row

PROJECT = "2ffa925a8fb444c53607975d"
LABELS = {"passed": "Passed", "failed": "Failed", "running": "Running"}


def world(*runs: Row, **parts: Any) -> World:
    """One project; `runs` are reports, each with its job in `job`."""
    runs = deepcopy(runs)
    return {
        "token": "testifly-EXAMPLE-key",
        "project": PROJECT,
        "jobs": [job for run in reversed(runs) if (job := run.pop("job"))],
        "runs": [*runs],
        **parts,
    }


def run(
    number: int,
    outcomes: dict[str, str],
    *,
    hours_ago: float = 48,
    name: str = "",
    is_open: bool = False,
    updated_at: str = "",
    rows: list[Row] | None = None,
    **fields: Any,
) -> Row:
    """A report and, in `job`, its job, which ended after nine minutes."""
    began = ago(hours=hours_ago)
    tests = rows or [
        test(title, LABELS[word], startTime=began) for title, word in outcomes.items()
    ]
    labels = Counter(test["status"] for test in tests)
    verdict = "Failed" if labels["Failed"] else "Success"
    job = {
        "jobId": oid(f"job {number}"),
        "status": "InProgress" if is_open else verdict,
        "updatedAt": updated_at or ago(hours=hours_ago - 0.15),
        "testRunId": oid(f"run {number}"),
    }
    return {
        "runId": oid(f"run {number}"),
        "projectId": PROJECT,
        "status": "Running" if is_open else "Completed",
        "startTime": began,
        "testsInProjectCount": len(tests),
        "title": name or f"Run {number}",
        "statuses": [{"label": word, "count": n} for word, n in labels.items()],
        "tests": tests,
        "job": job,
        **fields,
    }


def test(title: Any, word: str, **fields: Any) -> Row:
    error = {"error": "402"} if word == "Failed" else {}
    return {
        "_id": oid(f"test {title}"),
        "title": title,
        "status": word,
        "duration": 1200,
        "hasVideo": False,
        "timeline": [],
        **error,
        **fields,
    }


def oid(seed: str) -> str:
    return sha256(seed.encode()).hexdigest()[:24]


def asked_for_rows(number: int) -> str:
    """What requests for the rows of this run look like."""
    return rf"/testRun/\w+/{oid(f'run {number}')}"
