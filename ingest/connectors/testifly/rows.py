"""Testifly's reports as records: open status labels, and titles for keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.connectors.reading import Titles, message_of
from ingest.contract import Counts, ResultRecord, RunRecord, RunStatus, Status
from ingest.parse import (
    Row,
    RowError,
    identifier,
    listing,
    mapping,
    required_text,
    status_of,
    whole_number,
)
from ingest.side_fields import SideFields

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
        side = SideFields(report)
        return RunRecord(
            external_id=run_id,
            name=side.name("title", f"Run {run_id}"),
            status=RunStatus.RUNNING if is_open else RunStatus.UNKNOWN,
            raw_status=raw_status,
            is_open=is_open,
            branch=side.named_text(self.branch_field),
            commit=side.named_text(self.commit_field),
            started_at=side.moment("startTime"),
            vendor_counts=side.attempt(
                "statuses", lambda: self._counts(report), None, "totals unknown"
            ),
            status_from_results=not is_open,
            oddity=side.oddity,
        )

    def titles(self, rows: Iterable[Any]) -> Titles:
        """The tests of a report, told apart where several bear one title."""
        titles = Titles()
        for row in rows:
            if isinstance(row, dict):
                side = SideFields(row)
                titles.add(side.text("title"), _id_of(row), side.moment("startTime"))
        return titles

    def result(self, row: Row, *, titles: Titles) -> ResultRecord:
        title, raw_status = required_text(row, "title"), required_text(row, "status")
        key = titles.key(title, _id_of(row))
        side = SideFields(row)
        return ResultRecord(
            key=key,
            name=key,
            status=self._status(raw_status),
            raw_status=raw_status,
            executed_at=side.moment("startTime"),
            duration_ms=side.duration_ms("duration", unit_ms=self.duration_unit_ms),
            message=message_of(row.get("error")),
            vendor_url=side.web_address("videoLink"),
            oddity=side.oddity,
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


def _id_of(row: Row) -> str:
    """What tells a test of a report from others: it is another one in each report."""
    value = row.get("_id")
    return "" if value is None else str(value)
