"""A run as a vendor without attempts shows it at a moment, and how a moment is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.simulator.world import SimCase, SimResult, SimRun

UNTESTED, RUNNING = "untested", "running"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case within a run. `state` is an outcome of `SimResult`, or running.

    result: what came in last (or runs); None while nothing has begun.
    """

    case: SimCase
    state: str
    result: SimResult | None


def rows_at(run: SimRun, now: datetime) -> list[CaseRow]:
    """One row for each case of the run, in planned order: the newest attempt counts."""
    rows: dict[int, CaseRow] = {}
    is_open = run.is_open_at(now)
    for result in run.results:
        came_in = not is_open or result.finished_at <= now
        row = rows.get(result.case.number)
        if came_in:
            rows[result.case.number] = CaseRow(result.case, result.outcome, result)
        elif row is None:
            rows[result.case.number] = _pending(result, now)
    return list(rows.values())


def latest_of(results: Sequence[SimResult]) -> dict[int, SimResult]:
    """The last result of each case, by its number."""
    return {result.case.number: result for result in results}


def changed_at(run: SimRun, now: datetime) -> datetime:
    """When the run last changed: its end, its newest result or its start."""
    finished_at = run.finished_by(now)
    if finished_at is not None:
        return finished_at
    came_in = [r.finished_at for r in run.results if r.finished_at <= now]
    return max(came_in, default=run.started_at)


def to_seconds(moment: datetime) -> str:
    """ISO 8601 in UTC with Z and no fraction."""
    return _iso(moment, "seconds")


def to_milliseconds(moment: datetime) -> str:
    """ISO 8601 in UTC with Z and three digits of fraction."""
    return _iso(moment, "milliseconds")


def _pending(result: SimResult, now: datetime) -> CaseRow:
    if result.started_at > now or result.outcome == UNTESTED:
        return CaseRow(result.case, UNTESTED, None)
    return CaseRow(result.case, RUNNING, result)


def _iso(moment: datetime, timespec: str) -> str:
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
