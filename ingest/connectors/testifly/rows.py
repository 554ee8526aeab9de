"""Testifly's reports as records: open status labels, and titles for keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.connectors.reading import named_text, web_address
from ingest.contract import Counts, ResultRecord, RunRecord, RunStatus, Status
from ingest.parse import (
    Row,
    RowError,
    duration_ms,
    identifier,
    listing,
    mapping,
    moment,
    required_text,
    status_of,
    text_of,
    whole_number,
)

STATUSES = {
    "Passed": Status.PASSED,
    "Failed": Status.FAILED,
    "Skipped": Status.SKIPPED,
    "Running": Status.RUNNING,
    "Scheduled": Status.UNTESTED,
}
ENDED = "Completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReader:
    """How this connection's reports are read: unit, mapped words, named fields."""

    duration_unit_ms: float
    status_map: Mapping[str, Status]
    branch_field: str
    commit_field: str

    def run(self, report: Row, *, run_id: str, job_is_ended: bool) -> RunRecord:
        """The run of a report.

        Only "Completed" is documented, so a run is over when it says so or when its
        job is; which of the two verdicts of the job is meant for the tests, nobody
        says, and the outcome follows from the results.
        """
        if identifier(report, "runId") != run_id:
            raise RowError(f"runId is {report['runId']!r}, not the {run_id} asked for")
        raw_status = required_text(report, "status")
        is_open = raw_status != ENDED and not job_is_ended
        listing(report.get("tests"), "tests")
        return RunRecord(
            external_id=run_id,
            name=required_text(report, "title"),
            status=RunStatus.RUNNING if is_open else RunStatus.UNKNOWN,
            raw_status=raw_status,
            is_open=is_open,
            branch=named_text(report, self.branch_field),
            commit=named_text(report, self.commit_field),
            started_at=moment(report, "startTime"),
            vendor_counts=self._counts(report),
            status_from_results=not is_open,
        )

    def result(self, row: Row) -> ResultRecord:
        title, raw_status = required_text(row, "title"), required_text(row, "status")
        spent_ms, oddity = duration_ms(row, "duration", unit_ms=self.duration_unit_ms)
        return ResultRecord(
            key=title,
            name=title,
            status=self._status(raw_status),
            raw_status=raw_status,
            executed_at=moment(row, "startTime"),
            duration_ms=spent_ms,
            message=_message(row.get("error")),
            vendor_url=web_address(row, "videoLink"),
            oddity=oddity,
        )

    def _status(self, raw_status: str) -> Status:
        return status_of(raw_status, STATUSES, self.status_map)

    def _counts(self, report: Row) -> Counts | None:
        """The totals by label, whatever labels come: they need not fit the tests."""
        if report.get("statuses") is None:
            return None
        totals: Counter[str] = Counter()
        for entry in listing(report["statuses"], "statuses"):
            total = mapping(entry, "an entry of statuses")
            label = required_text(total, "label")
            totals[self._status(label)] += whole_number(total, "count")
        return Counts(**totals)


def _message(error: Any) -> str:
    """The text of an error, of which nobody documents whether it is text or object."""
    if not error:
        return ""
    if isinstance(error, str):
        return text_of(error)
    found = error.get("message") if isinstance(error, dict) else None
    if isinstance(found, str) and found:
        stack = error.get("stack")
        has_stack = isinstance(stack, str) and stack
        return text_of(f"{found}\n{stack}" if has_stack else found)
    return text_of(json.dumps(error, ensure_ascii=False))
