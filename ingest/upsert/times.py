"""When a run and its results took place: as stated, derived, or unknown where it cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ingest.contract import ResultRecord, RunRecord
from ingest.parse import CLOCKS_DIFFER, LONGEST, LONGEST_MS


def with_possible_times(
    record: RunRecord, results: Sequence[ResultRecord], now: datetime
) -> RunRecord:
    """The record, with start and end from its results where the vendor gives neither.

    QA.tech states no times of a run and Testifly no end; an open run has no end. No run
    ends before it began or after `now`, or lasts for years.
    """
    record = _without_end_before_start(record)
    if record.started_at and (record.finished_at or record.is_open):
        return record
    known = sorted(
        (r.executed_at, r.duration_ms or 0) for r in results if r.executed_at
    )
    # A single clock that is years behind must not make the run last for years.
    own = [(at, ms) for at, ms in known if at >= known[-1][0] - LONGEST]
    if not own:
        return record
    started_at, oddity = _start(record, own[0][0])
    finished_at = record.finished_at
    if finished_at is None and not record.is_open:
        ends = [_end_of(at, ms, now) for at, ms in own]
        finished_at = max(started_at, *ends)
    return replace(
        record,
        started_at=started_at,
        finished_at=finished_at,
        duration_ms=_duration_ms(record, started_at, finished_at),
        oddity=oddity,
    )


def impossible_time(result: ResultRecord, run: RunRecord) -> str:
    """What is to be noted of a result's time that cannot be, else ""."""
    at, started_at = result.executed_at, run.started_at
    if at is None or started_at is None or at >= started_at - LONGEST:
        return ""
    return f"its time '{at:%Y-%m-%d}' lies years before its run: time unknown"


def _without_end_before_start(record: RunRecord) -> RunRecord:
    start, end = record.started_at, record.finished_at
    if start is None or end is None or end >= start - CLOCKS_DIFFER:
        return record
    note = f"its end '{end:%Y-%m-%d %H:%M}' lies before its start: time unknown"
    return replace(record, finished_at=None, oddity=_joined(record.oddity, note))


def _start(record: RunRecord, first: datetime) -> tuple[datetime, str]:
    """The start of a run whose first result was at `first`, and what was odd."""
    stated = record.started_at
    if stated is None or first - stated <= LONGEST:
        return stated or first, record.oddity
    note = f"its start '{stated:%Y-%m-%d}' lies years before its results: left out"
    return first, _joined(record.oddity, note)


def _end_of(executed_at: datetime, duration_ms: int, now: datetime) -> datetime:
    end = executed_at + timedelta(milliseconds=duration_ms)
    # It may be later than now by the vendor's clock, but not by its duration.
    return executed_at if end > now + CLOCKS_DIFFER else end


def _duration_ms(
    record: RunRecord, started_at: datetime, finished_at: datetime | None
) -> int | None:
    if record.duration_ms is not None or finished_at is None:
        return record.duration_ms
    between_ms = round((finished_at - started_at) / timedelta(milliseconds=1))
    return between_ms if 0 <= between_ms <= LONGEST_MS else None


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))
