"""One run with all that belongs to it, stored in one short transaction."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.db import connection

from ingest.columns import Columns
from ingest.contract import ResultRecord, RunRecord
from ingest.models import STATUS_CODES, Project, Run
from ingest.models.results import raw_status_of
from ingest.partitions import ensure_partition, existing_months, partition_on
from ingest.recording import recording_time
from ingest.rollups import rebuild_run_days
from ingest.series import attempts
from ingest.upsert import facts, rows
from ingest.upsert.batch import (
    Batch,
    Written,
    fingerprint,
    with_possible_values,
)
from ingest.upsert.cases import CaseIndex
from ingest.upsert.expired_months import refuse
from ingest.upsert.gone import mark_back, mark_gone
from ingest.upsert.rejects import store_run_rejects
from ingest.upsert.related import Related, link_milestones
from ingest.upsert.threads import upsert_threads

# What a read notes down even where nothing changed.
READ = ["read_at", "must_be_read", "is_clean", "fingerprint", "active_at"]

_runs = Columns(Run, "r")
_LOCK = (
    f"SELECT {_runs.sql} FROM ingest_run r "
    "WHERE r.project_id = %s AND r.external_id = %s FOR UPDATE"
)


class ProjectStore:
    """Stores one project's runs; keeps its look-ups between them.

    `quiet_words` are raw statuses that are unknown by the vendor's design and need
    nobody's attention.
    """

    def __init__(self, project: Project, quiet_words: Container[str] = ()) -> None:
        self.project = project
        self.cases = CaseIndex(project)
        self.related = Related(project)
        self.quiet_words = quiet_words
        self._months: set[date] = set()

    def store(self, batch: Batch, *, sync_id: int | None = None) -> Written:
        """Write a run and its rows, or nothing when nothing differs.

        Call it in a transaction, and roll that back when this raises. A run whose
        month was dropped stays as it is: what differs becomes rejects in `batch`.
        """
        with self.undone_together():
            return self._store(batch, sync_id)

    @contextmanager
    def undone_together(self) -> Iterator[None]:
        """Inside, what is looked up goes with the transaction that is rolled back."""
        seen = self.cases.seen()
        try:
            yield
        except BaseException:
            self.cases.forget()
            self.cases.restore(seen)
            self.related.forget()
            raise

    def _store(self, batch: Batch, sync_id: int | None) -> Written:
        run = self._stored_run(batch.record.external_id)
        now = recording_time()
        record = with_possible_values(batch, now)
        is_new = run is None
        if run is None:
            run = self._new_run(record, now)
            self._ensure_month(run.partition_on)
        elif self.is_frozen(run):
            return refuse(run, record, batch, sync_id, now)
        before = facts.snapshot(run)
        was_clean = run.is_clean
        # First: a source that was renamed takes the keys of its cases along.
        self._relate(run, record)
        placed = self._place(run, record, batch.results)
        self._apply(run, record, batch, placed, now)
        if run.active_at is None:
            last = facts.last_sign_of_life(record, batch.results)
            run.active_at = min(now, last) if run.is_clean else now
        if is_new:
            run.save()
        threads = upsert_threads(run, batch.threads)
        wanted = _rows(batch.results, placed, threads)
        members = self.related.member_ids(record.milestones)
        if is_new:
            written = rows.write_new(run, wanted, None)
            changed = True
        else:
            written = rows.merge(run, wanted, now, is_whole=batch.is_whole)
            changed = facts.save_changes(run, before, now, has_other_rows=bool(written))
            if changed or written or (was_clean and not run.is_clean):
                run.active_at = now
            run.save(update_fields=READ)
        changed |= link_milestones(run, members, now, is_new=is_new)
        store_run_rejects(run, batch.rejects, sync_id, now, is_new=is_new)
        if written:
            mark_back(run.project_id, placed.cases)
            if not is_new:
                mark_gone(run, now)
        if changed or written:
            rebuild_run_days([run.pk])
        return Written(
            run=bool(changed or written),
            results=written,
            unknown_statuses=sum((run.unknown_words or {}).values()),
        )

    def _relate(self, run: Run, record: RunRecord) -> None:
        run.source_id = self.related.source_id(record.source, record.source_id)
        run.configuration_id = self.related.configuration_id(
            record.configuration, record.configuration_id
        )

    def _apply(
        self,
        run: Run,
        record: RunRecord,
        batch: Batch,
        placed: facts.Placed,
        now: datetime,
    ) -> None:
        facts.apply(run, record, batch, placed, self.quiet_words)
        run.is_clean = all(reject.is_stored for reject in batch.rejects)
        run.read_at, run.must_be_read = now, False
        run.fingerprint = fingerprint(batch.record)

    def _ensure_month(self, day: date) -> None:
        if day.replace(day=1) not in self._months:
            ensure_partition(day)
            self._months = existing_months()

    def is_frozen(self, run: Run) -> bool:
        """Whether the run's rows went with their month."""
        month = run.partition_on.replace(day=1)
        if month not in self._months:
            self._months = existing_months()
        return month not in self._months

    def _stored_run(self, external_id: str) -> Run | None:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [self.project.pk, external_id])
            found = cursor.fetchone()
        return found and _runs.made(iter(found))

    def _new_run(self, record: RunRecord, now: datetime) -> Run:
        return Run(
            project=self.project,
            external_id=record.external_id,
            partition_on=partition_on(record.started_at, now),
            recorded_at=now,
        )

    def _place(
        self, run: Run, record: RunRecord, results: Sequence[ResultRecord]
    ) -> facts.Placed:
        fallback = record.started_at or run.recorded_at
        times = [result.executed_at or fallback for result in results]
        cases = self.cases.ids(results, times)
        return facts.Placed(cases, times, *attempts(cases, times))


def mark_run_removed(run: Run) -> int:
    """Mark a run that its vendor no longer has, with its rows; gives their number."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    now = recording_time()
    if run.removed_at:
        return 0
    if run.partition_on.replace(day=1) not in existing_months():
        # Its days are all that is left of it, and they are kept for ever.
        return 0
    facts.keep_old(run, {"removed_at": None, "is_open": run.is_open}, now)
    run.removed_at, run.is_open, run.must_be_read = now, False, False
    run.save(update_fields=["removed_at", "is_open", "must_be_read"])
    removed = rows.mark_all_removed(run, now)
    mark_gone(run, now)
    rebuild_run_days([run.pk])
    return removed


def _rows(
    results: Sequence[ResultRecord], placed: facts.Placed, threads: dict[str, int]
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
                raw_status_of(r.status, r.raw_status),
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
