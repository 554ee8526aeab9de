"""One run with all that belongs to it, stored in one short transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from ingest.contract import (
    Counts,
    Detail,
    Reject,
    ResultRecord,
    RunRecord,
    RunStatus,
    Status,
    ThreadRecord,
)
from ingest.models import STATUS_CODES, Project, Run, RunChange, Thread
from ingest.models.runs import key_hash
from ingest.partitions import ensure_partition, existing_months, partition_on
from ingest.rollups import rebuild_run_days
from ingest.series import attempt_counts, attempts, is_outage, verdict
from ingest.upsert import rows
from ingest.upsert.belongings import Belongings, link_milestones
from ingest.upsert.cases import CaseIndex
from ingest.upsert.rejects import store_run_rejects


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


class _Placed(NamedTuple):
    """For each row of a run: its case, time, attempt number, and whether final."""

    cases: list[int]
    times: list[datetime]
    numbers: list[int]
    finals: list[bool]


class ProjectStore:
    """Stores one project's runs; keeps its look-ups between them.

    `quiet_words` are raw statuses that are unknown by the vendor's design and need
    nobody's attention.
    """

    def __init__(self, project: Project, quiet_words: Container[str] = ()) -> None:
        self.project = project
        self.cases = CaseIndex(project)
        self._belongings = Belongings(project)
        self._quiet_words = quiet_words
        self._months: set[date] = set()

    def store(self, batch: Batch, *, sync_id: int | None = None) -> Written:
        """Write a run and its rows, or nothing when nothing differs.

        Call it in a transaction, and roll that back when this raises. A run whose
        month was dropped stays as it is: what differs becomes rejects in `batch`.
        """
        seen = self.cases.seen()
        try:
            return self._store(batch, sync_id)
        except BaseException:
            self.cases.forget()
            self.cases.restore(seen)
            self._belongings.forget()
            raise

    def _store(self, batch: Batch, sync_id: int | None) -> Written:
        now = _transaction_time()
        record = with_derived_times(batch.record, batch.results)
        run = self._stored_run(record.external_id)
        is_new = run is None
        if run is None:
            run = self._new_run(record, now)
            ensure_partition(run.partition_on)
        elif self._is_frozen(run):
            return _refuse(run, record, batch, sync_id, now)
        before = _snapshot(run)
        placed = self._place(run, record, batch.results)
        self._apply(run, record, batch, placed)
        if is_new:
            run.save()
        threads = self._store_threads(run, batch.threads)
        rows_wanted = _rows(batch.results, placed, threads)
        if is_new:
            written = rows.write_new(run, rows_wanted, now)
        else:
            written = rows.merge(run, rows_wanted, now, is_whole=batch.is_whole)
        members = self._belongings.member_ids(record.milestones)
        relinked = link_milestones(run, members, now)
        changed = is_new or self._save_changes(run, before, now)
        store_run_rejects(run, batch.rejects, sync_id, now)
        Run.objects.filter(pk=run.pk).update(
            read_at=now,
            must_be_read=False,
            is_clean=run.is_clean,
            fingerprint=fingerprint(batch.record),
        )
        if changed or written:
            rebuild_run_days([run.pk])
        return Written(
            run=bool(changed or relinked or written),
            results=written,
            unknown_statuses=sum((run.unknown_words or {}).values()),
        )

    def _is_frozen(self, run: Run) -> bool:
        """Whether the run's rows went with their month."""
        month = run.partition_on.replace(day=1)
        if month not in self._months:
            self._months = existing_months()
        return month not in self._months

    def _stored_run(self, external_id: str) -> Run | None:
        return (
            Run.objects.select_for_update()
            .filter(project=self.project, external_id=external_id)
            .first()
        )

    def _new_run(self, record: RunRecord, now: datetime) -> Run:
        return Run(
            project=self.project,
            external_id=record.external_id,
            partition_on=partition_on(record.started_at, now),
            recorded_at=now,
        )

    def _apply(
        self,
        run: Run,
        record: RunRecord,
        batch: Batch,
        placed: _Placed,
    ) -> None:
        """Set the run's columns from its record and rows."""
        for name in _COPIED:
            setattr(run, name, getattr(record, name))
        for name in ("kind", "status", "detail"):
            setattr(run, name, str(getattr(record, name)))
        run.source_id = self._belongings.source_id(record.source)
        run.configuration_id = self._belongings.configuration_id(record.configuration)
        run.vendor_counts = record.vendor_counts and asdict(record.vendor_counts)
        run.removed_at = None
        run.thread_count = len(_once(batch.threads))
        run.is_clean = all(reject.is_stored for reject in batch.rejects)
        counts = _final_counts(record, batch.results, placed)
        for status in Status:
            setattr(run, status, getattr(counts, status))
        statuses = [result.status for result in batch.results]
        passed, not_passed, other = attempt_counts(statuses)
        run.attempts_passed, run.attempts_not_passed = passed, not_passed
        run.attempts_other = other
        run.is_outage = is_outage(counts)
        if record.status_from_results:
            run.status = str(RunStatus.RUNNING if record.is_open else verdict(counts))
        run.unknown_words = self._unknown_words(batch.results)

    def _unknown_words(self, results: Sequence[ResultRecord]) -> dict[str, int] | None:
        words = Counter(
            result.raw_status
            for result in results
            if result.status is Status.UNKNOWN
            and result.raw_status not in self._quiet_words
        )
        return dict(sorted(words.items())) or None

    def _store_threads(
        self, run: Run, records: Sequence[ThreadRecord]
    ) -> dict[str, int]:
        """Our id of each thread by the vendor's."""
        if not records:
            return {}
        stored = Thread.objects.bulk_create(
            (_thread(run, record) for record in _once(records)),
            update_conflicts=True,
            unique_fields=["run", "external_id"],
            update_fields=[
                "name",
                "status",
                "started_at",
                "duration_ms",
                *map(str, Status),
            ],
        )
        return {thread.external_id: thread.pk for thread in stored}

    def _place(
        self, run: Run, record: RunRecord, results: Sequence[ResultRecord]
    ) -> _Placed:
        fallback = record.started_at or run.recorded_at
        times = [result.executed_at or fallback for result in results]
        cases = self.cases.ids(results, times)
        return _Placed(cases, times, *attempts(cases, times))

    def _save_changes(self, run: Run, before: dict[str, Any], now: datetime) -> bool:
        """Save what differs and keep the old values with their period."""
        after = _snapshot(run)
        old = {name: value for name, value in before.items() if after[name] != value}
        if not old:
            return False
        _keep_old(run, old, now)
        run.save(update_fields=list(old))
        return True


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


def mark_run_removed(run: Run) -> int:
    """Mark a run that its vendor no longer has, with its rows; gives their number."""
    now = _transaction_time()
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.removed_at:
        return 0
    if run.partition_on.replace(day=1) not in existing_months():
        # Its days are all that is left of it, and they are kept for ever.
        return 0
    _keep_old(run, {"removed_at": None, "is_open": run.is_open}, now)
    run.removed_at, run.is_open, run.must_be_read = now, False, False
    run.save(update_fields=["removed_at", "is_open", "must_be_read"])
    removed = rows.mark_all_removed(run, now)
    rebuild_run_days([run.pk])
    return removed


def _refuse(
    run: Run, record: RunRecord, batch: Batch, sync_id: int | None, now: datetime
) -> Written:
    """Leave a run whose month was dropped alone; what says otherwise is rejected."""
    if _says_otherwise(run, record, batch.results):
        batch.rejects.extend(_late(record, result) for result in batch.results)
        if not batch.results:
            batch.rejects.append(_late(record, None))
    store_run_rejects(run, batch.rejects, sync_id, now)
    # Settled again, so that it is not read with every sync from now on.
    Run.objects.filter(pk=run.pk).update(
        read_at=now, must_be_read=False, fingerprint=fingerprint(batch.record)
    )
    return Written(run=False, results=0, unknown_statuses=0)


def _says_otherwise(
    run: Run, record: RunRecord, results: Sequence[ResultRecord]
) -> bool:
    fallback = record.started_at or run.recorded_at
    times = [result.executed_at or fallback for result in results]
    placed = _Placed([], times, *attempts([r.key for r in results], times))
    told = attempt_counts([result.status for result in results])
    stored = run.attempts_passed, run.attempts_not_passed, run.attempts_other
    return (_final_counts(record, results, placed), told) != (run.counts, stored)


def _late(record: RunRecord, result: ResultRecord | None) -> Reject:
    what = f", {result.key}" if result else ""
    return Reject(
        where=f"run {record.external_id}{what}",
        reason=(
            "the rows of its month were dropped after RETENTION_DAYS: the run stays "
            "as it was"
        ),
        payload=asdict(result or record),
    )


def fingerprint(record: RunRecord) -> UUID:
    """Equal for two readings of a run's record that say the same."""
    return key_hash(repr(record))


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


def _end_of(executed_at: datetime, duration_ms: int | None) -> datetime:
    spent = timedelta(milliseconds=min(duration_ms or 0, _ONE_YEAR_MS))
    # The calendar ends with the year 9999, which vendors write for "never".
    return executed_at + min(spent, _LAST_MOMENT - executed_at)


_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)
# A longer duration is a slip of the vendor's and must not push the end out of reach.
_ONE_YEAR_MS = 366 * 24 * 3600 * 1000


def _final_counts(
    record: RunRecord, results: Sequence[ResultRecord], placed: _Placed
) -> Counts:
    if record.detail is Detail.COUNTS:
        return record.vendor_counts or Counts()
    finals = zip(results, placed.finals, strict=True)
    found = Counter(result.status for result, is_final in finals if is_final)
    return Counts(**{str(status): count for status, count in found.items()})


def _rows(
    results: Sequence[ResultRecord], placed: _Placed, threads: dict[str, int]
) -> list[rows.Row]:
    return [
        rows.Row(
            case_id,
            attempt,
            rows.Values(
                at,
                r.duration_ms,
                threads.get(r.thread),
                STATUS_CODES[r.status],
                is_final,
                r.is_marked_retry,
                r.executed_at is not None,
                r.raw_status,
                r.message,
                r.vendor_url,
            ),
        )
        for r, case_id, at, attempt, is_final in zip(
            results,
            placed.cases,
            placed.times,
            placed.numbers,
            placed.finals,
            strict=True,
        )
    ]


def _snapshot(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in _TRACKED}


def _keep_old(run: Run, old: dict[str, Any], now: datetime) -> None:
    last = run.changes.order_by("-recorded_to").first()
    RunChange.objects.create(
        run=run,
        recorded_from=last.recorded_to if last else run.recorded_at,
        recorded_to=now,
        values=json.loads(json.dumps(old, default=str)),
    )


def _once(records: Sequence[ThreadRecord]) -> list[ThreadRecord]:
    """Threads without repeats of an id; the last one said wins."""
    return list({record.external_id: record for record in records}.values())


def _thread(run: Run, record: ThreadRecord) -> Thread:
    return Thread(
        run=run,
        external_id=record.external_id,
        name=record.name,
        status=str(record.status),
        started_at=record.started_at,
        duration_ms=record.duration_ms,
        **asdict(record.counts),
    )


def _transaction_time() -> datetime:
    """The start of the open transaction by the database's clock.

    All that one run's storing records bears this one time, so that a look at an
    earlier state sees the whole of it or nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
    return now
