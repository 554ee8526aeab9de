"""Runs read whole from a vendor, each with what became of it; knows no database."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import TypeAlias
from uuid import UUID

from ingest.contract import (
    Connector,
    Detail,
    JsonText,
    PayloadError,
    Reject,
    ResultRecord,
    RetryableError,
    RunRecord,
    ThreadRecord,
)
from ingest.held import MB, Held
from ingest.http import MissingError
from ingest.seen import Seen
from ingest.upsert import Batch, fingerprint
from ingest.upsert.rejects import payload_text

# One run in memory while it is read and stored, and how long reading it may take.
MOST_ROWS = 100_000
MOST_BYTES = 48 * MB
RUN_LIMIT_S = 1800.0
HEAVY_ROWS = 10_000
HEAVY_BYTES = 8 * MB


@dataclass(frozen=True, slots=True)
class Settled:
    """A listed run that is stored whole and whose record says nothing new."""

    record: RunRecord


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
    error: PayloadError | RetryableError


Reading: TypeAlias = Reject | Settled | Fetched | Gone | Failed


def read_window(
    connector: Connector,
    project: str,
    since: datetime | None,
    settled: Mapping[str, UUID | None],
) -> Iterator[Reading]:
    """The runs that the vendor lists since then, each once, with all their rows.

    `settled` are the fingerprints of runs that need no reading while their record
    stays the same. Raises what listing raises, and ConfigError from anywhere.
    """
    seen = Seen()
    for item in connector.runs(project, since=since, settled=settled.keys()):
        if isinstance(item, Reject):
            yield item
            continue
        if since and item.started_at and item.started_at < since:
            continue
        if not seen.add(item.external_id):
            continue
        stored = settled.get(item.external_id)
        if stored is not None and stored == fingerprint(item):
            yield Settled(item)
        else:
            yield _read(connector, project, item)


def read_by_id(
    connector: Connector, project: str, runs: Iterable[tuple[str, str]]
) -> Iterator[Reading]:
    """Runs known by (id, name), with all their rows."""
    for run_id, name in runs:
        try:
            found = connector.run(project, run_id)
        except (PayloadError, RetryableError) as error:
            yield Failed(run_id, name, error)
            continue
        if found is None:
            yield Gone(run_id)
        elif isinstance(found, Reject):
            yield found
        else:
            yield _read(connector, project, found)


def _read(connector: Connector, project: str, record: RunRecord) -> Reading:
    try:
        return _fetch(connector, project, record)
    except MissingError:
        return _missing(connector, project, record)
    except (PayloadError, RetryableError) as error:
        return Failed(record.external_id, record.name, error)


def _missing(connector: Connector, project: str, record: RunRecord) -> Reading:
    """Deleted between the list and this request, or only its rows are not there."""
    try:
        if connector.run(project, record.external_id) is None:
            return Gone(record.external_id)
    except (PayloadError, RetryableError) as error:
        return Failed(record.external_id, record.name, error)
    no_rows = PayloadError("Its rows cannot be found (404).")
    return Failed(record.external_id, record.name, no_rows)


def _fetch(connector: Connector, project: str, record: RunRecord) -> Fetched:
    """All of a run, as long as it fits into memory and comes within RUN_LIMIT_S."""
    batch = Batch(record=record)
    held = Held("The run", most_rows=MOST_ROWS, most_bytes=MOST_BYTES)
    begun = time.monotonic()
    for item in _parts(connector, project, record):
        if time.monotonic() - begun > RUN_LIMIT_S:
            raise RetryableError(
                f"Its {held.rows:,} rows so far took more than "
                f"{RUN_LIMIT_S / 60:.0f} minutes. The next sync retries."
            )
        _take_in(batch, item, held)
    is_heavy = held.rows > HEAVY_ROWS or held.bytes > HEAVY_BYTES
    return Fetched(batch, is_heavy)


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
