"""A run as it was read, before it meets the tables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ingest.contract import Reject, ResultRecord, RunRecord, ThreadRecord
from ingest.models.runs import NAME_LENGTH, key_hash, label
from ingest.upsert.times import impossible_time, with_possible_times


@dataclass(slots=True)
class Batch:
    """A run as it was read: the record and everything that hangs on it.

    `is_whole`: every row was read, so that what is absent was removed at the vendor.
    """

    record: RunRecord
    threads: list[ThreadRecord] = field(default_factory=list)
    results: list[ResultRecord] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """What storing a run changed: whether the run itself, and how many results.

    `is_left`: it was not stored now, and is to be read again.
    """

    run: bool
    results: int
    unknown_statuses: int
    is_left: bool = False


def fingerprint(record: RunRecord) -> UUID:
    """Equal for two readings of a run's record that say the same, or for two listings
    where the vendor's list has a version of its own.
    """
    return (
        listed_fingerprint(record.version) if record.version else key_hash(repr(record))
    )


def listed_fingerprint(version: str) -> UUID:
    return key_hash(version)


def with_possible_values(batch: Batch, now: datetime) -> RunRecord:
    """The run's record with times and names that can be. What was left out of it, its
    threads and results is noted among the batch's rejects, once however often the run
    is stored.
    """
    record = with_possible_times(batch.record, batch.results, now)
    where = f"run {record.external_id}"
    if record.oddity:
        said = {"name": record.name, "status": record.raw_status}
        _note(batch, where, record.oddity, said)
    for thread in batch.threads:
        if thread.oddity:
            place = f"{where}, thread {thread.external_id}"
            _note(batch, place, thread.oddity, {"name": thread.name})
    for number, result in enumerate(batch.results):
        if note := impossible_time(result, record):
            batch.results[number] = replace(result, executed_at=None)
            _note(batch, f"{where}, {result.key}", note, {"name": result.name})
    return _with_labels(batch, record)


def _with_labels(batch: Batch, record: RunRecord) -> RunRecord:
    """The record with names that an index can hold; what is longer is noted whole."""
    labels: dict[str, Any] = {}
    for name in ("source", "configuration", "branch"):
        whole = getattr(record, name)
        labels[name] = label(whole)
        if labels[name] != whole:
            reason = f"{name} is longer than {NAME_LENGTH} letters: shown cut"
            _note(batch, f"run {record.external_id}", reason, {name: whole})
    return replace(record, **labels)


def _note(batch: Batch, where: str, reason: str, payload: Any) -> None:
    # Noted twice it is stored once.
    kept = Reject(where=where, reason=reason, payload=payload, is_stored=True)
    batch.rejects.append(kept)
