"""A run of the year as each system takes it: the same outcomes in two formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.contract import Status

if TYPE_CHECKING:
    from ingest.contract import ResultRecord
    from ingest.upsert import Batch

# SQUAD knows these; everything else is one that was skipped.
_WORDS = {Status.PASSED: "pass", Status.FAILED: "fail", Status.ERROR: "fail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SquadRun:
    """What one POST to /api/submit takes: a build, an environment, tests by name."""

    build: str
    environment: str
    tests: bytes
    metadata: bytes


def squad_run(batch: Batch) -> SquadRun:
    """The run as a build of its own, whose one test run has each test's last attempt.

    SQUAD has no place for what an attempt before the last said, how long a test took or
    when it ran, nor for milestones. Branch, commit and source go into the metadata.
    """
    record = batch.record
    assert record.started_at
    metadata = {
        "job_id": record.external_id,
        "datetime": record.started_at.isoformat(),
        "branch": record.branch,
        "commit": record.commit,
        "source": record.source,
    }
    return SquadRun(
        build=record.external_id,
        environment=str(record.configuration).lower(),
        tests=json.dumps(dict(_squad_tests(batch.results))).encode(),
        metadata=json.dumps(metadata).encode(),
    )


def _squad_tests(results: list[ResultRecord]) -> Iterator[tuple[str, Any]]:
    # Of equal names the last one counts, and attempts come in their order.
    for result in results:
        word = _WORDS.get(result.status, "skip")
        told = {"result": word, "log": result.message} if result.message else word
        yield squad_name(result), told


def squad_name(result: ResultRecord) -> str:
    """Suite and name. Suites are the 12 parts alone: SQUAD stores a row for each suite of
    each run, and all 120 folders would make it slower than it need be.
    """
    part, _, group = result.folder.partition(" / ")
    return f"{part.lower().replace(' ', '-')}/{group}: {result.name}"


def ctrf_report(batch: Batch) -> bytes:
    """The run as a CTRF report, with all attempts, their times and durations."""
    record = batch.record
    attempts: dict[str, list[ResultRecord]] = {}
    for result in batch.results:
        attempts.setdefault(result.key, []).append(result)
    results = {
        "tool": {"name": record.source},
        "summary": {
            "tests": len(attempts),
            "start": _milliseconds(record.started_at),
            "stop": _milliseconds(record.finished_at),
        },
        "environment": {
            "reportName": record.name,
            "branchName": record.branch,
            "commit": record.commit,
        },
        "tests": [_ctrf_test(of_one) for of_one in attempts.values()],
    }
    return json.dumps({"reportFormat": "CTRF", "results": results}).encode()


def _ctrf_test(attempts: list[ResultRecord]) -> dict[str, Any]:
    *earlier, final = attempts
    test = {
        "name": final.name,
        "suite": final.folder.split(" / "),
        **_ctrf_result(final),
    }
    if earlier:
        test["retries"] = len(earlier)
        test["retryAttempts"] = [
            {"attempt": number, **_ctrf_result(one)}
            for number, one in enumerate(earlier, 1)
        ]
    return test


def _ctrf_result(result: ResultRecord) -> dict[str, Any]:
    told = {
        "status": str(result.status),
        "start": _milliseconds(result.executed_at),
        "duration": result.duration_ms,
    }
    return told | ({"message": result.message} if result.message else {})


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000)
