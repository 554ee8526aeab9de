"""Runs of Testably that clients make or upload to: one row for each test case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from ingest.simulator.world import SimCase, SimResult, SimRun

FIRST_RUN = 800_001
# When a row that nobody has tested yet is going to be.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
# What the product stores says of each word; others break the table's rule.
OUTCOMES = {
    "passed": "passed",
    "failed": "failed",
    "blocked": "blocked",
    "retest": "failed",
    "untested": "untested",
}
COUNTED = ("passed", "failed", "blocked", "untested")


@dataclass(frozen=True, slots=True)
class PushedResult(SimResult):
    """`word` and `elapsed` are stored as they were sent, whatever their unit."""

    word: str = ""
    elapsed: Any = None
    author: str = ""


@dataclass(slots=True)
class PushedRun(SimRun):
    """`stored` are the counters that the last upload left behind, if there was one."""

    touched_at: datetime | None = None
    stored: dict[str, int] | None = None


def adopted(run: SimRun) -> PushedRun:
    """The run as one that may be written; it looks the same until it is."""
    if isinstance(run, PushedRun):
        return run
    copied = {one.name: getattr(run, one.name) for one in fields(SimRun)}
    return PushedRun(**copied | {"results": list(run.results)})


def waiting(number: int, case: SimCase) -> SimResult:
    return SimResult(number, case, "untested", 1, 0, NEVER, 0)


def upsert(run: PushedRun, results: Iterable[PushedResult], now: datetime) -> None:
    """Each result in place of all earlier ones of its case."""
    rows = {result.case.number: result for result in run.results}
    for result in results:
        before = rows.get(result.case.number)
        number = before.number if before else result.number
        rows[result.case.number] = replace(result, number=number)
    run.results, run.touched_at = list(rows.values()), now
