"""A run's own columns: set from its record and rows, and kept when they change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from ingest.contract import Counts, Detail, ResultRecord, RunRecord, RunStatus, Status
from ingest.models import Run
from ingest.series import attempt_counts, is_outage, verdict
from ingest.upsert.batch import Batch


class Placed(NamedTuple):
    """For each row of a run: its case, time, attempt number, and whether final."""

    cases: list[int]
    times: list[datetime]
    numbers: list[int]
    finals: list[bool]


# Copied as they are; their names are the same in the record and in the table.
_COPIED = (
    "name",
    "raw_status",
    "is_open",
    "branch",
    "commit",
    "started_at",
    "finished_at",
    "duration_ms",
    "vendor_counts_are_coarse",
    "vendor_url",
    "ref",
)
_TRACKED = (
    *_COPIED,
    "kind",
    "status",
    "detail",
    "source_id",
    "configuration_id",
    "vendor_counts",
    "removed_at",
    "thread_count",
    "attempts_passed",
    "attempts_not_passed",
    "attempts_other",
    "is_outage",
    "unknown_words",
    *map(str, Status),
)


_HISTORY = """
INSERT INTO ingest_runchange (run_id, recorded_from, recorded_to, "values")
SELECT %s, coalesce((SELECT max(recorded_to) FROM ingest_runchange WHERE run_id = %s),
                    %s), %s, %s::jsonb
"""


def apply(
    run: Run, record: RunRecord, batch: Batch, placed: Placed, quiet: Container[str]
) -> None:
    """Set the run's columns that follow from its record and rows.

    `quiet` are raw statuses that are unknown by the vendor's design.
    """
    for name in _COPIED:
        setattr(run, name, getattr(record, name))
    for name in ("kind", "status", "detail"):
        setattr(run, name, str(getattr(record, name)))
    run.vendor_counts = record.vendor_counts and asdict(record.vendor_counts)
    run.removed_at = None
    run.thread_count = len({thread.external_id for thread in batch.threads})
    counts = final_counts(record, batch.results, placed)
    for status in Status:
        setattr(run, status, getattr(counts, status))
    statuses = [result.status for result in batch.results]
    passed, not_passed, other = attempt_counts(statuses)
    run.attempts_passed, run.attempts_not_passed = passed, not_passed
    run.attempts_other = other
    run.is_outage = is_outage(counts)
    if record.status_from_results:
        run.status = str(RunStatus.RUNNING if record.is_open else verdict(counts))
    run.unknown_words = _unknown_words(batch.results, quiet)


def _unknown_words(
    results: Sequence[ResultRecord], quiet: Container[str]
) -> dict[str, int] | None:
    words = Counter(
        result.raw_status
        for result in results
        if result.status is Status.UNKNOWN and result.raw_status not in quiet
    )
    return dict(sorted(words.items())) or None


def final_counts(
    record: RunRecord, results: Sequence[ResultRecord], placed: Placed
) -> Counts:
    if record.detail is Detail.COUNTS:
        return record.vendor_counts or Counts()
    finals = zip(results, placed.finals, strict=True)
    found = Counter(result.status for result, is_final in finals if is_final)
    return Counts(**{str(status): count for status, count in found.items()})


def last_sign_of_life(record: RunRecord, results: Sequence[ResultRecord]) -> datetime:
    """When a run that is met for the first time last did anything, as far as it says."""
    times = [result.executed_at for result in results if result.executed_at]
    last = max(times, default=None) or record.started_at
    return record.finished_at or last or datetime.now(UTC)


def save_changes(
    run: Run, before: dict[str, Any], now: datetime, *, has_other_rows: bool = False
) -> bool:
    """Save what differs from `before` and keep the old values with their period.

    With `has_other_rows` that is noted where nothing differs, too: by the changes of
    runs it is known since when the days of a run are as they are.
    """
    old = changed(run, before)
    if old or has_other_rows:
        keep_old(run, old, now)
    if old:
        run.save(update_fields=list(old))
    return bool(old)


def changed(run: Run, before: dict[str, Any]) -> dict[str, Any]:
    """What of `before` is not so any more, as it was."""
    after = snapshot(run)
    return {name: value for name, value in before.items() if after[name] != value}


def snapshot(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in _TRACKED}


def keep_old(run: Run, old: dict[str, Any], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(*history(run, old, now))


def history(run: Run, old: dict[str, Any], now: datetime) -> tuple[str, list[Any]]:
    """The statement that keeps what it said until now, with its parameters."""
    values = json.dumps(old, default=str)
    return _HISTORY, [run.pk, run.pk, run.recorded_at, now, values]
