"""Testmo's manual runs and the results that people entered in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from ingest.connectors.reading import message_of, part, record
from ingest.connectors.testmo.api import Api, Expands, created_after
from ingest.connectors.testmo.automation import configuration_of
from ingest.connectors.testmo.cases import CaseNames
from ingest.connectors.testmo.statuses import StatusTable, counts_of
from ingest.contract import (
    Reject,
    ResultRecord,
    RunKind,
    RunRecord,
    RunStatus,
    Status,
)
from ingest.http import MissingError, UnsupportedError
from ingest.parse import (
    Row,
    identifier,
)
from ingest.side_fields import SideFields

# Manual and automation runs are numbered apart, so 17 may be one of each.
PREFIX = "manual-"
EXPANDS = "configs,milestones,statuses"
ORDER = {"sort": "runs:created_at", "order": "desc"}
# Nobody could confirm the unit of `elapsed` here, so a person has to name it.
ELAPSED_UNITS_MS = {"microseconds": 0.001, "milliseconds": 1.0, "seconds": 1000.0}


class ManualRuns:
    """What people tested by hand; `unit_ms` is None while its unit is not declared."""

    def __init__(
        self, api: Api, *, unit_ms: float | None, mapped: Mapping[str, Status]
    ) -> None:
        self._api = api
        self._unit_ms = unit_ms
        self._mapped = mapped
        self._names = CaseNames(api)
        self.notes: list[str] = []

    def list(
        self, project: str, since: datetime | None
    ) -> Iterator[RunRecord | Reject]:
        path = f"/projects/{part(project)}/runs"
        params = {**ORDER, "expands": EXPANDS, **created_after(since)}
        listed = enumerate(self._api.rows(path, params), start=1)
        try:
            for number, (row, expands) in listed:
                parse = self._parser(expands)
                yield record(row, f"{path[1:]} row {number}", parse)
        except (MissingError, UnsupportedError):
            self.notes.append("This Testmo does not give manual runs.")

    def one(self, run_id: str) -> RunRecord | Reject | None:
        path = f"/runs/{part(run_id.removeprefix(PREFIX))}"
        try:
            row, expands = self._api.single(path, EXPANDS)
        except MissingError:
            return None
        return record(row, path[1:], self._parser(expands))

    def results(self, project: str, run: RunRecord) -> Iterator[ResultRecord | Reject]:
        """Every result ever entered, oldest first: the last of a test is its final."""
        path = f"/runs/{part(run.external_id.removeprefix(PREFIX))}/results"
        order = {"sort": "run_results:created_at", "order": "asc"}
        params = {**order, "expands": "statuses", "get_latest_result": "0"}
        comments = 0
        for number, (row, expands) in enumerate(self._api.rows(path, params), start=1):
            if is_no_result(row):
                comments += row.get("deleted_at") is None
                continue
            parse = self._row_parser(project, expands)
            yield record(row, f"{path[1:]} row {number}", parse)
        if comments:
            entries = "entry" if comments == 1 else "entries"
            verb = "was" if comments == 1 else "were"
            self.notes.append(
                f"{run.name}: {comments} {entries} without a status {verb} left out."
            )

    def _parser(self, expands: Expands) -> Callable[[Row], RunRecord]:
        statuses = StatusTable.of(expands, self._mapped)
        return lambda row: parse_run(row, expands, statuses, self._unit_ms)

    def _row_parser(
        self, project: str, expands: Expands
    ) -> Callable[[Row], ResultRecord]:
        statuses = StatusTable.of(expands, self._mapped)
        return lambda row: self._result(project, row, statuses)

    def _result(self, project: str, row: Row, statuses: StatusTable) -> ResultRecord:
        case_id = identifier(row, "case_id")
        status, word = statuses.find(identifier(row, "status_id", longest=None))
        side = SideFields(row)
        name, folder = self._names.find(project, case_id)
        return ResultRecord(
            key=f"case:{case_id}",
            name=name,
            status=status,
            raw_status=word,
            folder=folder,
            executed_at=side.moment("created_at"),
            duration_ms=elapsed_ms(side, self._unit_ms),
            message=message_of(row.get("note")),
            oddity=side.oddity,
        )


def parse_run(
    row: Row, expands: Expands, statuses: StatusTable, unit_ms: float | None
) -> RunRecord:
    run_id, side = identifier(row, "id"), SideFields(row)
    closed_at = side.moment("closed_at")
    is_closed = side.flag("is_closed", default=row.get("closed_at") is not None)
    milestone = side.identifier("milestone_id")
    counts = side.attempt(
        "totals", lambda: counts_of(row, statuses), None, "totals unknown"
    )
    return RunRecord(
        external_id=f"{PREFIX}{run_id}",
        name=side.name("name", f"Run {run_id}"),
        kind=RunKind.MANUAL,
        status=RunStatus.UNKNOWN if is_closed else RunStatus.RUNNING,
        raw_status="closed" if is_closed else "open",
        is_open=not is_closed,
        configuration=configuration_of(side, expands),
        configuration_id=side.identifier("config_id"),
        milestones=(milestone,) if milestone else (),
        started_at=side.moment("started_at") or side.moment("created_at"),
        finished_at=closed_at,
        duration_ms=elapsed_ms(side, unit_ms),
        vendor_counts=counts,
        # Closing states no verdict.
        status_from_results=is_closed,
        oddity=side.oddity,
    )


def elapsed_ms(side: SideFields, unit_ms: float | None) -> int | None:
    """The duration of a manual row, unknown until its unit is declared."""
    return None if unit_ms is None else side.duration_ms("elapsed", unit_ms=unit_ms)


def is_no_result(row: object) -> bool:
    """Whether a row was taken back, or is a comment that sets no status."""
    if not isinstance(row, dict):
        return False
    is_comment = "status_id" in row and row["status_id"] is None
    return is_comment or row.get("deleted_at") is not None
