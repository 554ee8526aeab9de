"""Testably's rows as records: both vocabularies, every spelling of a duration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.connectors.reading import named_text
from ingest.contract import (
    Counts,
    MilestoneRecord,
    MilestoneState,
    ProjectRecord,
    ResultRecord,
    RunRecord,
    RunStatus,
    Status,
)
from ingest.parse import (
    Row,
    RowError,
    duration_ms,
    identifier,
    moment,
    optional_identifier,
    optional_text,
    required_text,
    status_of,
    whole_number,
)

STATUSES = {
    "passed": Status.PASSED,
    "failed": Status.FAILED,
    "blocked": Status.BLOCKED,
    "retest": Status.BLOCKED,
    "not_tested": Status.UNTESTED,
    "untested": Status.UNTESTED,
}
OPEN_WORDS = {"active", "in_progress", "new", "paused", "under_review", "pending"}
ENDED_WORDS = {"closed", "completed"}
VERDICTS = {
    "passed": RunStatus.PASSED,
    "failed": RunStatus.FAILED,
    "cancelled": RunStatus.CANCELLED,
    "canceled": RunStatus.CANCELLED,
    "aborted": RunStatus.CANCELLED,
}
COUNTERS = ("passed", "failed", "blocked", "retest", "not_tested", "untested")
CLOSED_MILESTONES = {"completed", "archived"}
# Minutes may pass 59 unless hours stand before them: "90:00" is an hour and a half.
CLOCK = re.compile(r"(?:(\d{1,9}):(?=[0-5]\d:))?(\d{1,9}):([0-5]\d(?:\.\d{1,9})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReader:
    """How this connection's rows are read: unit of `elapsed`, mapped words, fields."""

    elapsed_unit_ms: float
    status_map: Mapping[str, Status]
    branch_field: str
    commit_field: str

    def run(self, row: Row) -> RunRecord:
        raw_status = required_text(row, "status")
        finished_at = moment(row, "closed_at")
        counts = _counts(row)
        milestone_id = optional_identifier(row, "milestone_id")
        return RunRecord(
            external_id=identifier(row, "id"),
            name=required_text(row, "name"),
            status=_run_status(raw_status),
            raw_status=raw_status,
            is_open=_is_open(raw_status, finished_at, counts),
            milestones=(milestone_id,) if milestone_id else (),
            branch=named_text(row, self.branch_field),
            commit=named_text(row, self.commit_field),
            started_at=moment(row, "created_at"),
            finished_at=finished_at,
            vendor_counts=counts,
            status_from_results=raw_status in ENDED_WORDS,
        )

    def result(self, row: Row) -> ResultRecord:
        raw_status = required_text(row, "status")
        elapsed_ms, oddity = self._elapsed_ms(row)
        return ResultRecord(
            key=identifier(row, "test_case_id"),
            name=required_text(row, "test_case_title"),
            status=status_of(raw_status, STATUSES, self.status_map),
            raw_status=raw_status,
            executed_at=moment(row, "tested_at"),
            duration_ms=elapsed_ms,
            message=optional_text(row, "note"),
            oddity=oddity,
        )

    def _elapsed_ms(self, row: Row) -> tuple[int | None, str]:
        """A number in the declared unit, or "MM:SS" as Testably's own pages write it."""
        value = row.get("elapsed")
        if not isinstance(value, str) or not value.strip():
            return duration_ms(row, "elapsed", unit_ms=self.elapsed_unit_ms)
        seconds = _clock_seconds(value.strip())
        if seconds is not None:
            return duration_ms({"elapsed": seconds}, "elapsed", unit_ms=1000.0)
        try:
            number = float(value)
        except ValueError:
            raise RowError(f"elapsed is {value[:40]!r}, not a duration") from None
        return duration_ms({"elapsed": number}, "elapsed", unit_ms=self.elapsed_unit_ms)


def unwrapped(answer: Any) -> Any:
    """A single object, which this API sends bare or inside `data`."""
    is_wrapped = isinstance(answer, dict) and isinstance(answer.get("data"), dict)
    return answer["data"] if is_wrapped else answer


def project(row: Row) -> ProjectRecord:
    return ProjectRecord(
        external_id=identifier(row, "id"), name=required_text(row, "name")
    )


def milestone(row: Row) -> MilestoneRecord:
    # Documented as parent_milestone_id, sent as parent_id in every sample.
    parent_key = "parent_milestone_id"
    parent_key = parent_key if row.get(parent_key) is not None else "parent_id"
    is_closed = optional_text(row, "status") in CLOSED_MILESTONES
    return MilestoneRecord(
        external_id=identifier(row, "id"),
        name=required_text(row, "name"),
        state=MilestoneState.COMPLETED if is_closed else MilestoneState.OPEN,
        starts_at=moment(row, "start_date"),
        due_at=moment(row, "due_date"),
        parent_external_id=optional_identifier(row, parent_key),
    )


def created_at(row: Any) -> datetime | None:
    inner = unwrapped(row)
    try:
        return moment(inner, "created_at") if isinstance(inner, dict) else None
    except RowError:
        return None


def _run_status(raw_status: str) -> RunStatus:
    if raw_status in OPEN_WORDS:
        return RunStatus.RUNNING
    return VERDICTS.get(raw_status, RunStatus.UNKNOWN)


def _is_open(
    raw_status: str, finished_at: datetime | None, counts: Counts | None
) -> bool:
    if raw_status in OPEN_WORDS:
        return True
    if raw_status in ENDED_WORDS or raw_status in VERDICTS or finished_at:
        return False
    # A word we do not know: asking again costs a request of sixty a minute, so only
    # a run with cases left to test is worth it.
    return counts is None or counts.untested > 0


def _counts(row: Row) -> Counts | None:
    """The vendor's counters; their `total` is only ever their sum."""
    if all(row.get(key) is None for key in COUNTERS):
        return None
    found = {key: whole_number(row, key, default=0) for key in COUNTERS}
    return Counts(
        passed=found["passed"],
        failed=found["failed"],
        blocked=found["blocked"] + found["retest"],
        untested=found["not_tested"] + found["untested"],
    )


def _clock_seconds(value: str) -> float | None:
    match = CLOCK.fullmatch(value)
    if match is None:
        return None
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
