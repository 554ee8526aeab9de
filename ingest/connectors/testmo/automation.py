"""Testmo's automation runs: runs, their embedded threads and their per-test rows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ingest.connectors.reading import part, record
from ingest.connectors.testmo.api import Api, Expands, created_after, name_of
from ingest.connectors.testmo.milestones import Milestones
from ingest.connectors.testmo.probe import RowsProbe
from ingest.connectors.testmo.statuses import (
    ROW_STATUSES,
    RUN_STATUSES,
    StatusTable,
    counts_of,
)
from ingest.contract import (
    Counts,
    Detail,
    Reject,
    ResultRecord,
    RetryableError,
    RunRecord,
    RunStatus,
    Status,
    ThreadRecord,
)
from ingest.http import MissingError, UnsupportedError
from ingest.parse import (
    Row,
    RowError,
    identifier,
    listing,
    optional_identifier,
    status_of,
    text_of,
)
from ingest.side_fields import SideFields

EXPANDS = "automation_sources,configs,milestones,statuses"
ORDER = {"sort": "automation_runs:created_at", "order": "desc"}
ROWS_PAGE_SIZES = (1000, 500, 250)
# The newest page and the one before it: runs are read soon after they were listed.
RUNS_REMEMBERED = 200
MICROSECOND_MS = 0.001


class AutomationRuns:
    """What a project's automation tells; `fields` name where branch and commit stand."""

    def __init__(
        self,
        api: Api,
        probe: RowsProbe,
        milestones: Milestones,
        *,
        fields: Mapping[str, str],
        mapped: Mapping[str, Status],
    ) -> None:
        self._api = api
        self._probe = probe
        self._milestones = milestones
        self._fields = fields
        self._mapped = mapped
        self._sources: dict[str, str] = {}
        self._seen: OrderedDict[str, tuple[Row, Expands]] = OrderedDict()

    def list(
        self, project: str, since: datetime | None
    ) -> Iterator[RunRecord | Reject]:
        path = f"/projects/{part(project)}/automation/runs"
        # The server filters by creation only, and that time never changes.
        params = {**ORDER, "expands": EXPANDS, **created_after(since)}
        listed = enumerate(self._api.rows(path, params), start=1)
        for number, (row, expands) in listed:
            parse = self._parser(project, expands)
            yield record(row, f"{path[1:]} row {number}", parse)

    def one(self, project: str, run_id: str) -> RunRecord | Reject | None:
        path = f"/automation/runs/{part(run_id)}"
        try:
            row, expands = self._api.single(path, EXPANDS)
        except MissingError:
            return None
        # Ids are of the whole instance.
        if str(row.get("project_id", project)) != project:
            return None
        return record(row, path[1:], self._parser(project, expands))

    def threads(self, run: RunRecord) -> Iterator[ThreadRecord | Reject]:
        """Threads have no address of their own: they come inside the run."""
        row, expands = self._whole(run.external_id)
        statuses = StatusTable.of(expands, self._mapped)
        where = f"automation/runs/{run.external_id} threads"
        try:
            found = listing(row.get("threads") or [], "threads")
        except RowError as error:
            reason, payload = f"{error}: left out", row.get("threads")
            yield Reject(where=where, reason=reason, payload=payload, is_stored=True)
            return
        for number, thread in enumerate(found, start=1):
            yield record(
                thread, f"{where} row {number}", lambda row: parse_thread(row, statuses)
            )

    def results(self, project: str, run: RunRecord) -> Iterator[ResultRecord | Reject]:
        if run.detail is Detail.COUNTS:
            return
        path = f"/automation/runs/{part(run.external_id)}/tests"
        # Ids ascend as rows arrive, and attempts are told apart by arrival.
        order = {"sort": "automation_run_tests:id", "order": "asc"}
        rows = self._api.rows(
            path, order, sizes=ROWS_PAGE_SIZES, id_key="automation_test_id"
        )
        try:
            for number, (row, _) in enumerate(rows, start=1):
                yield record(row, f"{path[1:]} row {number}", self._row_parser(run))
        except (MissingError, UnsupportedError):
            raise self._lost(project, run) from None

    def _lost(self, project: str, run: RunRecord) -> Exception:
        if not self._probe.exists(run.external_id):
            return MissingError(
                f"Testmo no longer has the automation run {run.external_id} (404)."
            )
        self._probe.deny(project)
        return RetryableError(
            "Testmo no longer gives the rows of automation runs. The next sync "
            "stores their totals."
        )

    def _whole(self, run_id: str) -> tuple[Row, Expands]:
        row, expands = self._seen.pop(run_id, ({}, {}))
        if "threads" in row:
            return row, expands
        return self._api.single(f"/automation/runs/{part(run_id)}", EXPANDS)

    def _parser(self, project: str, expands: Expands) -> Callable[[Row], RunRecord]:
        statuses = StatusTable.of(expands, self._mapped)
        return lambda row: self._parse(project, row, expands, statuses)

    def _parse(
        self, project: str, row: Row, expands: Expands, statuses: StatusTable
    ) -> RunRecord:
        run_id = identifier(row, "id")
        raw_status = identifier(row, "status", longest=None)
        side = SideFields(row)
        finished_at = side.moment("completed_at")
        has_end = row.get("completed_at") is not None
        # A run may carry a verdict while it still takes results.
        is_open = not side.flag("is_completed", default=has_end)
        has_rows = self._probe.readable(project, run_id)
        counts = self._counts(row, statuses, side, are_needed=not has_rows)
        found = RunRecord(
            external_id=run_id,
            name=side.name("name", f"Run {run_id}"),
            status=RUN_STATUSES.get(raw_status, RunStatus.UNKNOWN),
            raw_status=raw_status,
            is_open=is_open,
            detail=Detail.ROWS if has_rows else Detail.COUNTS,
            source=self._source(row, expands),
            source_id=optional_identifier(row, "source_id"),
            configuration=configuration_of(side, expands),
            configuration_id=side.identifier("config_id"),
            milestones=self._milestones.of_run(project, side),
            branch=field_of(row, side, self._fields.get("branch", "")),
            commit=field_of(row, side, self._fields.get("commit", "")),
            started_at=side.moment("created_at"),
            finished_at=finished_at,
            duration_ms=side.duration_ms("elapsed", unit_ms=MICROSECOND_MS),
            vendor_counts=counts,
            # Totals go by test status; rows tell passed, failed and neutral only.
            vendor_counts_are_coarse=has_rows,
            oddity=side.oddity,
        )
        self._remember(run_id, row, expands)
        return found

    def _counts(
        self, row: Row, statuses: StatusTable, side: SideFields, *, are_needed: bool
    ) -> Counts | None:
        """A run's totals; where it has no rows, they are its outcome."""
        if not are_needed:
            return side.attempt(
                "totals", lambda: counts_of(row, statuses), None, "totals unknown"
            )
        counts = counts_of(row, statuses)
        if counts is None:
            raise RowError("untested_count and status1_count are missing")
        return counts

    def _remember(self, run_id: str, row: Row, expands: Expands) -> None:
        self._seen[run_id] = row, expands
        while len(self._seen) > RUNS_REMEMBERED:
            self._seen.popitem(last=False)

    def _source(self, row: Row, expands: Expands) -> str:
        source_id = optional_identifier(row, "source_id")
        if not source_id:
            return ""
        name = name_of(expands.get("automation_sources", {}).get(source_id))
        return text_of(name) or self._asked_source(source_id)

    def _asked_source(self, source_id: str) -> str:
        """The name of a source that the answer did not expand: keys depend on it."""
        if source_id not in self._sources:
            name = self._api.name(f"/automation/sources/{part(source_id)}")
            self._sources[source_id] = name or f"#{source_id}"
        return self._sources[source_id]

    def _row_parser(self, run: RunRecord) -> Callable[[Row], ResultRecord]:
        return lambda row: parse_row(row, run.source, self._mapped)


def parse_thread(row: Row, statuses: StatusTable) -> ThreadRecord:
    side = SideFields(row)
    raw_status = identifier(row, "status", longest=None)
    counts = side.attempt(
        "totals", lambda: counts_of(row, statuses), None, "totals unknown"
    )
    return ThreadRecord(
        external_id=identifier(row, "id"),
        name=side.text("name") or f"Thread {side.text('index')}".strip(),
        status=RUN_STATUSES.get(raw_status, RunStatus.UNKNOWN),
        started_at=side.moment("created_at"),
        duration_ms=side.duration_ms("elapsed", unit_ms=MICROSECOND_MS),
        counts=counts or Counts(),
        oddity=side.oddity,
    )


def parse_row(row: Row, source: str, mapped: Mapping[str, Status]) -> ResultRecord:
    """One test of an automation run; its key is unique within its source only.

    Names of sources hold letters, digits and hyphens, so that the colon parts them.
    """
    raw_status = identifier(row, "status", longest=None)
    side = SideFields(row)
    return ResultRecord(
        key=f"{source}:{identifier(row, 'key', longest=None)}",
        name=side.name("name"),
        status=status_of(raw_status, ROW_STATUSES, mapped),
        raw_status=raw_status,
        folder=side.text("folder"),
        thread=side.identifier("thread_id"),
        executed_at=side.moment("created_at"),
        duration_ms=side.duration_ms("elapsed", unit_ms=MICROSECOND_MS),
        oddity=side.oddity,
    )


def configuration_of(side: SideFields, expands: Expands) -> str:
    """A run's configuration; one that has no name must not mix with others."""
    config_id = side.identifier("config_id")
    if not config_id:
        return ""
    name = name_of(expands.get("configs", {}).get(config_id))
    return text_of(name) or f"#{config_id}"


def field_of(row: Row, side: SideFields, name: str) -> str:
    """What a run says under a name of a person's choice, "" where it says nothing.

    That is the value of the run's field of this name, or what follows the name in a
    tag, which Testmo allows to hold word characters and hyphens ("branch-main").
    """
    if not name:
        return ""
    fields: Any = row.get("fields")
    for one in fields if isinstance(fields, list) else ():
        if isinstance(one, dict) and one.get("name") == name:
            return side.of(name, one.get("value")).text(name)
    starts = (f"{name}-", f"{name}:")
    tags = (tag for tag in side.texts("tags") if tag.startswith(starts))
    return next((tag[len(name) + 1 :] for tag in tags), "")
