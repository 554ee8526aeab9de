"""Testably's rows as records: both vocabularies, every spelling of a duration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.connectors.reading import message_of
from ingest.contract import (
    CaseRecord,
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
    identifier,
    moment,
    required_text,
    status_of,
    whole_number,
)
from ingest.side_fields import SideFields

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
        run_id, side = identifier(row, "id"), SideFields(row)
        finished_at = side.moment("closed_at")
        counts = side.attempt("totals", lambda: _counts(row), None, "totals unknown")
        milestone_id = side.identifier("milestone_id")
        return RunRecord(
            external_id=run_id,
            name=side.name("name", f"Run {run_id}"),
            status=_run_status(raw_status),
            raw_status=raw_status,
            is_open=_is_open(raw_status, row.get("closed_at") is not None, counts),
            milestones=(milestone_id,) if milestone_id else (),
            branch=side.named_text(self.branch_field),
            commit=side.named_text(self.commit_field),
            started_at=side.moment("created_at"),
            finished_at=finished_at,
            vendor_counts=counts,
            status_from_results=raw_status in ENDED_WORDS,
            oddity=side.oddity,
        )

    def result(self, row: Row) -> ResultRecord:
        raw_status = required_text(row, "status")
        side = SideFields(row)
        return ResultRecord(
            key=identifier(row, "test_case_id"),
            name=side.name("test_case_title"),
            status=status_of(raw_status, STATUSES, self.status_map),
            raw_status=raw_status,
            executed_at=side.moment("tested_at"),
            duration_ms=self._elapsed_ms(row, side),
            message=message_of(row.get("note")),
            oddity=side.oddity,
        )

    def _elapsed_ms(self, row: Row, side: SideFields) -> int | None:
        """A number in the declared unit, or "MM:SS" as Testably's own pages write it."""
        value = row.get("elapsed")
        seconds = _clock_seconds(value.strip()) if isinstance(value, str) else None
        if seconds is None:
            return side.duration_ms("elapsed", unit_ms=self.elapsed_unit_ms)
        return side.of("elapsed", seconds).duration_ms("elapsed", unit_ms=1000.0)


def unwrapped(answer: Any) -> Any:
    """A single object, which this API sends bare or inside `data`."""
    is_wrapped = isinstance(answer, dict) and isinstance(answer.get("data"), dict)
    return answer["data"] if is_wrapped else answer


def case(row: Row) -> CaseRecord:
    """A test case. Its folder is an id of which no list tells the name, and results name
    none either.
    """
    return CaseRecord(key=identifier(row, "id"), name=SideFields(row).name("title"))


def project(row: Row) -> ProjectRecord:
    project_id = identifier(row, "id")
    name = SideFields(row).name("name", project_id)
    return ProjectRecord(external_id=project_id, name=name)


def milestone(row: Row) -> MilestoneRecord:
    # Documented as parent_milestone_id, sent as parent_id in every sample.
    parent_key = "parent_milestone_id"
    parent_key = parent_key if row.get(parent_key) is not None else "parent_id"
    side = SideFields(row)
    is_closed = side.text("status") in CLOSED_MILESTONES
    return MilestoneRecord(
        external_id=identifier(row, "id"),
        name=side.name("name"),
        state=MilestoneState.COMPLETED if is_closed else MilestoneState.OPEN,
        starts_at=side.plan("start_date"),
        due_at=side.plan("due_date"),
        parent_external_id=side.identifier(parent_key),
        oddity=side.oddity,
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


def _is_open(raw_status: str, has_end: bool, counts: Counts | None) -> bool:
    if raw_status in OPEN_WORDS:
        return True
    if raw_status in ENDED_WORDS or raw_status in VERDICTS or has_end:
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
