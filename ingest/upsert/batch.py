"""A run as it was read, before it meets the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from ingest.contract import Reject, ResultRecord, RunRecord, ThreadRecord
from ingest.models.runs import NAME_LENGTH, key_hash, label


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
    """What storing a run changed: whether the run itself, and how many results."""

    run: bool
    results: int
    unknown_statuses: int


def fingerprint(record: RunRecord) -> UUID:
    """Equal for two readings of a run's record that say the same, or for two listings
    where the vendor's list has a version of its own.
    """
    return (
        listed_fingerprint(record.version) if record.version else key_hash(repr(record))
    )


def listed_fingerprint(version: str) -> UUID:
    return key_hash(version)


def with_derived_times(record: RunRecord, results: Sequence[ResultRecord]) -> RunRecord:
    """The record, with start and end from its results where the vendor gives neither.

    QA.tech states no times of a run and Testifly no end; an open run has no end.
    """
    own = [r for r in results if r.executed_at is not None]
    if not own or (record.started_at and (record.finished_at or record.is_open)):
        return record
    first = min(r.executed_at for r in own if r.executed_at)
    last = max(_end_of(r.executed_at, r.duration_ms) for r in own if r.executed_at)
    started_at = record.started_at or first
    finished_at = record.finished_at or (None if record.is_open else last)
    duration_ms = record.duration_ms
    if duration_ms is None and finished_at and finished_at >= started_at:
        duration_ms = round((finished_at - started_at) / timedelta(milliseconds=1))
    return replace(
        record,
        started_at=started_at,
        finished_at=finished_at,
        duration_ms=duration_ms,
    )


def with_labels(record: RunRecord, rejects: list[Reject]) -> RunRecord:
    """The record with names that an index can hold; what is longer is kept whole among
    the `rejects`, once however often the run is stored.
    """
    labels: dict[str, Any] = {}
    for name in ("source", "configuration", "branch"):
        whole = getattr(record, name)
        labels[name] = label(whole)
        if labels[name] == whole:
            continue
        kept = Reject(
            where=f"run {record.external_id}",
            reason=f"{name} is longer than {NAME_LENGTH} letters: shown cut",
            payload={name: whole},
            is_stored=True,
        )
        if kept not in rejects:
            rejects.append(kept)
    return replace(record, **labels)


def _end_of(executed_at: datetime, duration_ms: int | None) -> datetime:
    spent = timedelta(milliseconds=min(duration_ms or 0, _ONE_YEAR_MS))
    # The calendar ends with the year 9999, which vendors write for "never".
    return executed_at + min(spent, _LAST_MOMENT - executed_at)


_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)
# A longer duration is a slip of the vendor's and must not push the end out of reach.
_ONE_YEAR_MS = 366 * 24 * 3600 * 1000
