"""QA.tech's rows as records: a status and a result, two words read as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ingest.connectors.reading import Titles, message_of
from ingest.contract import ProjectRecord, ResultRecord, RunRecord, RunStatus, Status
from ingest.parse import (
    Row,
    identifier,
    listing,
    optional_identifier,
    optional_text,
    required_text,
    status_of,
)
from ingest.side_fields import SideFields

RESULTS = {
    "PASSED": Status.PASSED,
    "FAILED": Status.FAILED,
    "SKIPPED": Status.SKIPPED,
}
# What a test without a result comes to, by its status; COMPLETED tells nothing.
WITHOUT_RESULT = {
    "INITIATED": Status.RUNNING,
    "RUNNING": Status.RUNNING,
    "CANCELLED": Status.UNTESTED,
    "ERROR": Status.ERROR,
}
TERMINAL = {"COMPLETED", "ERROR", "CANCELLED"}
EXECUTION_TROUBLE = ("AGENT_", "PLATFORM_")
VERDICTS = {"PASSED": RunStatus.PASSED, "FAILED": RunStatus.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReader:
    """How this connection's rows are read: words that a person mapped, and fields."""

    status_map: Mapping[str, Status]
    branch_field: str
    commit_field: str

    def run(self, row: Row) -> RunRecord:
        run_id = identifier(row, "shortId")
        status = required_text(row, "status")
        result = optional_text(row, "result")
        tests = listing(row.get("runTestCases"), "runTestCases")
        side = SideFields(row)
        run = RunRecord(
            external_id=run_id,
            name=side.named_text("testPlan.name") or f"Run {run_id}",
            status=_run_status(status, result),
            raw_status=f"{status} {result}".strip(),
            is_open=status not in TERMINAL,
            branch=side.named_text(self.branch_field),
            commit=side.named_text(self.commit_field),
            status_from_results=status == "COMPLETED" and not result,
            vendor_url=side.web_address("url"),
            oddity=side.oddity,
        )
        return replace(run, version=_version(run, tests))

    def titles(self, rows: Iterable[Any]) -> Titles:
        """The tests of a run, told apart where several bear one name."""
        titles = Titles()
        for row in rows:
            if isinstance(row, dict):
                side = SideFields(row)
                titles.add(side.text("name"), side.text("shortId"), None)
        return titles

    def result(self, row: Row, detail: Row, titles: Titles) -> ResultRecord:
        """A test of a run; `detail` is its own route's answer, {} where there is none."""
        case_id = optional_identifier(detail, "projectTestCaseId")
        side = SideFields(detail)
        own = side.of("name", row.get("name"))
        name = own.name("name") if case_id else required_text(row, "name")
        key = titles.key(name, identifier(row, "shortId"))
        error_code = side.text("errorCode")
        status, raw_status = self._outcome(row, error_code)
        return ResultRecord(
            key=case_id or key,
            name=name if case_id else key,
            status=status,
            raw_status=raw_status,
            name_key=name if case_id else "",
            executed_at=side.moment("startedAt"),
            duration_ms=side.duration_ms("durationMs", unit_ms=1.0),
            message="" if status is Status.PASSED else _message(row, error_code),
            vendor_url=side.web_address("url"),
            oddity=side.oddity,
        )

    def _outcome(self, row: Row, error_code: str) -> tuple[Status, str]:
        """Our status and the vendor's word for it.

        A test whose agent or platform broke says FAILED too; only the code tells.
        """
        result = optional_text(row, "result")
        if not result:
            word = required_text(row, "status")
            return status_of(word, WITHOUT_RESULT, self.status_map), word
        if result == "FAILED" and error_code.startswith(EXECUTION_TROUBLE):
            return Status.ERROR, result
        return status_of(result, RESULTS, self.status_map), result


def project(row: Row) -> ProjectRecord:
    short_id = identifier(row, "shortId")
    name = SideFields(row).name("name", short_id)
    return ProjectRecord(external_id=short_id, name=name)


def last_run(row: Any) -> tuple[str, datetime | None]:
    """The id and end of a test case's last run; "" where none is told."""
    last = row.get("lastRun") if isinstance(row, dict) else None
    if not isinstance(last, dict):
        return "", None
    side = SideFields(last)
    return side.identifier("runShortId"), side.moment("completedAt")


def _version(run: RunRecord, tests: list[Any]) -> str:
    """What differs when the run or a test of it has changed; addresses may be signed
    anew with each answer.
    """
    keys = ("shortId", "name", "status", "result", "resultTitle", "evaluationThought")
    told = [[test.get(k) for k in keys] for test in tests if isinstance(test, dict)]
    return repr((replace(run, vendor_url=""), told))


def _run_status(status: str, result: str) -> RunStatus:
    """The verdict; any word that is not terminal means that the run goes on."""
    if status == "COMPLETED":
        return VERDICTS.get(result, RunStatus.UNKNOWN)
    if status == "ERROR":
        return RunStatus.FAILED
    return RunStatus.CANCELLED if status == "CANCELLED" else RunStatus.RUNNING


def _message(row: Row, error_code: str) -> str:
    title = message_of(row.get("resultTitle"))
    thought = message_of(row.get("evaluationThought"))
    first = f"{error_code}: {title}" if error_code and title else error_code or title
    return "\n".join(text for text in (first, thought) if text)
