"""Runs read whole from a vendor, each with what became of it; knows no database."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import TypeAlias
from uuid import UUID

from ingest.contract import (
    ConfigError,
    Connector,
    Detail,
    IncompleteListError,
    JsonText,
    ListedRun,
    PayloadError,
    Reject,
    ResultRecord,
    RetryableError,
    RunRecord,
    ThreadRecord,
    VendorError,
)
from ingest.held import MB, Held
from ingest.http import LONGEST_PAUSE_S, MissingError
from ingest.seen import Seen
from ingest.upsert import Batch, fingerprint, listed_fingerprint
from ingest.upsert.rejects import payload_text

# One run in memory while it is read and stored, and how long reading it may take.
MOST_ROWS = 100_000
MOST_BYTES = 48 * MB
RUN_LIMIT_S = 1800.0
HEAVY_ROWS = 10_000
HEAVY_BYTES = 8 * MB
# After so many runs in a row that cannot be fetched, the vendor is asked whether it is up.
FAILURES_IN_A_ROW = 3
# All time for runs that fail in one sync: a vendor may take minutes to say each no.
FAILING_LIMIT_S = 900.0


@dataclass(frozen=True, slots=True)
class Settled:
    """A run that is stored whole and of which nothing new is said."""

    run_id: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A run read whole; while a heavy one is stored, no other is read."""

    batch: Batch
    is_heavy: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """A run that the vendor says does not exist."""

    run_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A run that could not be read; the others may still be."""

    run_id: str
    name: str
    error: VendorError


@dataclass(frozen=True, slots=True)
class Postponed:
    """A run that failed so often that it is not asked for this time."""

    run_id: str
    name: str


Reading: TypeAlias = Reject | Settled | Fetched | Gone | Failed | Postponed


class RunReader:
    """Reads the runs of one project, each with all its rows.

    `settled` are the fingerprints of runs that need no reading while what is listed of
    them stays the same, `postponed` the ids of runs that are not asked for this time.
    `is_look`: also runs of which the list says nothing are asked whether they changed.
    """

    def __init__(
        self,
        connector: Connector,
        project: str,
        settled: Mapping[str, UUID | None],
        postponed: Container[str] = (),
        *,
        is_look: bool = False,
    ) -> None:
        self._connector = connector
        self._project = project
        self._settled = settled
        self._postponed = postponed
        self._is_look = is_look
        self._failures_in_a_row = 0
        self._failing_s = 0.0

    def listed(self, since: datetime | None) -> Iterator[Reading]:
        """The runs that the vendor lists since then, each once.

        Raises what listing raises.
        """
        seen = Seen()
        for item in self._connector.runs(self._project, since=since):
            if isinstance(item, Reject):
                yield item
            elif _is_before(item, since) or not seen.add(item.external_id):
                continue
            elif isinstance(item, ListedRun):
                yield self._read_listed(item)
            else:
                yield self._read_record(item)

    def by_id(self, runs: Iterable[tuple[str, str]]) -> Iterator[Reading]:
        """Runs known by (id, name)."""
        for run_id, name in runs:
            yield self._read_by_id(run_id, name)

    def _read_listed(self, item: ListedRun) -> Reading:
        stored = self._settled.get(item.external_id)
        is_same = stored is not None and (
            stored == listed_fingerprint(item.version)
            if item.version
            else not self._is_look
        )
        if is_same:
            return Settled(item.external_id, None)
        return self._read_by_id(item.external_id, item.name)

    def _read_by_id(self, run_id: str, name: str) -> Reading:
        if run_id in self._postponed:
            return Postponed(run_id, name)
        begun = time.monotonic()
        try:
            record = self._connector.run(self._project, run_id)
        except VendorError as error:
            return self._failed(run_id, name, error, begun)
        if record is None:
            return Gone(run_id)
        return record if isinstance(record, Reject) else self._read_record(record)

    def _read_record(self, record: RunRecord) -> Reading:
        stored = self._settled.get(record.external_id)
        if stored is not None and stored == fingerprint(record):
            return Settled(record.external_id, record.started_at)
        if record.external_id in self._postponed:
            return Postponed(record.external_id, record.name)
        begun = time.monotonic()
        try:
            batch = _fetch(self._connector, self._project, record)
        except MissingError:
            return self._missing(record, begun)
        except VendorError as error:
            return self._failed(record.external_id, record.name, error, begun)
        self._failures_in_a_row = 0
        return batch

    def _missing(self, record: RunRecord, begun: float) -> Reading:
        """Deleted between the list and this request, or only its rows are not there."""
        run_id, name = record.external_id, record.name
        try:
            if self._connector.run(self._project, run_id) is None:
                return Gone(run_id)
        except VendorError as error:
            return self._failed(run_id, name, error, begun)
        no_rows = PayloadError("Its rows cannot be found (404).")
        return self._failed(run_id, name, no_rows, begun)

    def _failed(
        self,
        run_id: str,
        name: str,
        error: VendorError,
        begun: float,
    ) -> Failed:
        """A run that cannot be read costs itself; a vendor that is down ends the sync.

        Raises the error for the latter, and when failing takes too long.
        """
        if not isinstance(error, PayloadError):
            self._failures_in_a_row += 1
            self._failing_s += time.monotonic() - begun
            self._raise_if_down(error)
        return Failed(run_id, name, error)

    def _raise_if_down(self, error: VendorError) -> None:
        if (getattr(error, "retry_after_s", None) or 0) > LONGEST_PAUSE_S:
            # Not this run alone: the whole vendor wants to be left in peace.
            raise error
        is_refused = isinstance(error, ConfigError) and self._failures_in_a_row == 1
        if is_refused or self._failures_in_a_row % FAILURES_IN_A_ROW == 0:
            if not self._connector.capabilities.runs_are_listed:
                raise error
            # A list that answers shows that only these runs are broken.
            for _ in self._connector.runs(self._project):
                break
        if self._failing_s > FAILING_LIMIT_S:
            raise RetryableError(
                f"Runs that cannot be read took {FAILING_LIMIT_S / 60:.0f} minutes. The "
                f"next sync goes on with the others. The last one: {error}"
            )


def _is_before(item: RunRecord | ListedRun, since: datetime | None) -> bool:
    if since is None or isinstance(item, ListedRun):
        return False
    return item.started_at is not None and item.started_at < since


def _fetch(connector: Connector, project: str, record: RunRecord) -> Fetched:
    """All of a run, as long as it fits into memory and comes within RUN_LIMIT_S."""
    batch = Batch(record=record)
    held = Held("The run", most_rows=MOST_ROWS, most_bytes=MOST_BYTES)
    begun = time.monotonic()
    try:
        for item in _parts(connector, project, record):
            if time.monotonic() - begun > RUN_LIMIT_S:
                raise RetryableError(
                    f"Its {held.rows:,} rows so far took more than "
                    f"{RUN_LIMIT_S / 60:.0f} minutes. The next sync retries."
                )
            _take_in(batch, item, held)
    except IncompleteListError as lack:
        # Better these rows than none; the run stays one that is to be read again.
        batch.is_whole = False
        batch.rejects.append(_lack_of_rows(record, lack))
    is_heavy = held.rows > HEAVY_ROWS or held.bytes > HEAVY_BYTES
    return Fetched(batch, is_heavy)


def _lack_of_rows(record: RunRecord, lack: IncompleteListError) -> Reject:
    where = f"run {record.external_id}"
    return Reject(where=where, reason=lack.sentence, payload={"run": record.name})


def _parts(
    connector: Connector, project: str, record: RunRecord
) -> Iterator[ThreadRecord | ResultRecord | Reject]:
    if connector.capabilities.threads:
        yield from connector.threads(project, record)
    if record.detail is not Detail.COUNTS:
        yield from connector.results(project, record)


def _take_in(
    batch: Batch, item: ThreadRecord | ResultRecord | Reject, held: Held
) -> None:
    if isinstance(item, Reject):
        text = payload_text(item)
        held.add((text, item.reason, item.where))
        batch.rejects.append(replace(item, payload=JsonText(text)))
    elif isinstance(item, ThreadRecord):
        held.add((item.external_id, item.name))
        batch.threads.append(item)
    else:
        held.add(_texts(item))
        batch.results.append(item)
        if item.oddity:
            batch.rejects.append(_oddity(batch.record, item))


_texts = attrgetter(
    "key", "name", "folder", "name_key", "raw_status", "message", "vendor_url", "thread"
)


def _oddity(record: RunRecord, result: ResultRecord) -> Reject:
    row = {
        "key": result.key,
        "name": result.name,
        "status": result.raw_status,
        "executed_at": result.executed_at and result.executed_at.isoformat(),
    }
    return Reject(
        where=f"run {record.external_id}, {result.key}",
        reason=result.oddity,
        payload=row,
        is_stored=True,
    )
