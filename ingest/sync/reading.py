"""Runs read whole from a vendor, each with what became of it; knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from ingest.contract import (
    Connector,
    Detail,
    PayloadError,
    Reject,
    ResultRecord,
    RetryableError,
    RunRecord,
)
from ingest.http import MissingError
from ingest.upsert import Batch, fingerprint


@dataclass(frozen=True, slots=True)
class Settled:
    """A listed run that is stored whole and whose record says nothing new."""

    record: RunRecord


@dataclass(frozen=True, slots=True)
class Fetched:
    batch: Batch


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
    seen: set[str] = set()
    for item in connector.runs(project, since=since, settled=settled.keys()):
        if isinstance(item, Reject):
            yield item
            continue
        if item.external_id in seen:
            continue
        if since and item.started_at and item.started_at < since:
            continue
        seen.add(item.external_id)
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
        return Fetched(_fetch(connector, project, record))
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


def _fetch(connector: Connector, project: str, record: RunRecord) -> Batch:
    batch = Batch(record=record)
    if connector.capabilities.threads:
        for thread in connector.threads(project, record):
            if isinstance(thread, Reject):
                batch.rejects.append(thread)
            else:
                batch.threads.append(thread)
    if record.detail is Detail.COUNTS:
        return batch
    for result in connector.results(project, record):
        if isinstance(result, Reject):
            batch.rejects.append(result)
            continue
        batch.results.append(result)
        if result.oddity:
            batch.rejects.append(_oddity(record, result))
    return batch


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
