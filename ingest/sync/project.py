"""One project's sync: claim, window, fetch, upsert, record."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db import DataError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ingest.contract import (
    Connector,
    MilestoneRecord,
    Reject,
    RetryableError,
    VendorError,
)
from ingest.held import MB, Held
from ingest.models import Project, Run, Sync, SyncStatus
from ingest.partitions import oldest_month
from ingest.rollups import rebuild_case_times
from ingest.seen import Seen
from ingest.sync.closing import close_child
from ingest.sync.lease import Lease, LeaseLostError
from ingest.sync.prefetch import prefetch
from ingest.sync.progress import Progress
from ingest.sync.reading import (
    Failed,
    Fetched,
    Gone,
    Reading,
    Settled,
    read_by_id,
    read_window,
)
from ingest.upsert import Batch, ProjectStore, mark_run_removed, upsert_milestones
from ingest.upsert.rejects import check_rejects, store_project_reject
from ingest.upsert.rows import TooManyRowsError

# Vendors' clocks and late rows: a window begins this long before the last success, and
# a run is read once more when this long has passed since its end.
OVERLAP = timedelta(minutes=15)
SETTLE = timedelta(minutes=15)
CLOCKS_DIFFER = timedelta(days=1)
# After so many runs in a row that cannot be fetched the vendor is taken to be down.
FAILURES_IN_A_ROW = 3
# The first import of a large project at a slow vendor goes on with the next sync.
SYNC_LIMIT_S = 6 * 3600.0
LONGEST_TROUBLE = 500


def sync_project(sync: Sync, connector: Connector) -> None:
    """Bring one project up to date and close its Sync with counts or a sentence.

    Never raises for what a vendor does; lets through only errors of our own.
    """
    project = sync.project
    assert project is not None
    lease = Lease(project)
    try:
        if lease.take():
            _sync_claimed(sync, project, connector, lease)
            lease.release()
        else:
            sentence = "Another sync of this project is under way."
            close_child(sync, SyncStatus.FAILED, sentence)
    except BaseException:
        # An interrupt may come while the claim is written, or while all is closed.
        lease.give_up()
        raise


def _sync_claimed(
    sync: Sync, project: Project, connector: Connector, lease: Lease
) -> None:
    try:
        status, error = _ProjectSync(sync, project, connector, lease).carry_out()
    except VendorError as trouble:
        status, error = SyncStatus.FAILED, trouble.sentence
        sync.answer = trouble.answer
    except LeaseLostError as trouble:
        status, error = SyncStatus.FAILED, f"{trouble}."
    close_child(sync, status, error, sync.answer)
    _record_outcome(project, sync)


class _ProjectSync:
    """The state of one sync of one project while it runs."""

    def __init__(
        self, sync: Sync, project: Project, connector: Connector, lease: Lease
    ) -> None:
        self._sync = sync
        self._project = project
        self._connector = connector
        self._lease = lease
        quiet: frozenset[str] = getattr(connector, "quiet_statuses", frozenset())
        self._store = ProjectStore(project, quiet)
        self._progress = Progress(sync)
        self._seen = Seen()
        # What is told of runs that could not be read: the first sentence, and how many.
        self._trouble = ""
        self._troubles = 0
        self._failures = 0
        self._rejects = 0
        self._begun = time.monotonic()

    def carry_out(self) -> tuple[SyncStatus, str]:
        """Milestones, the window's runs, then what is still unsettled from before."""
        if self._project.case_times_are_stale:
            rebuild_case_times(self._project)
        self._lease.claimed().update(case_times_are_stale=True)
        try:
            self._read_milestones()
            self._read_window()
            self._read_unsettled()
            if self._sync.is_full:
                self._ask_for_unseen()
        finally:
            self._store.cases.flush_times()
            # Not where another sync took over: it may end before it flushes its own.
            self._lease.claimed().update(case_times_are_stale=False)
            self._sync.notes = self._connector.notes()
            self._progress.save()
        return self._outcome()

    def _outcome(self) -> tuple[SyncStatus, str]:
        if self._trouble:
            more = self._troubles - 1
            tail = f" And {more} more like it." if more else ""
            return SyncStatus.PARTIAL, self._trouble + tail
        rejected = self._sync.rejected
        return (SyncStatus.PARTIAL if rejected else SyncStatus.OK), ""

    # --- reading ----------------------------------------------------------------

    def _read_milestones(self) -> None:
        if not self._connector.capabilities.milestones:
            return
        records: list[MilestoneRecord] = []
        held = Held("The list of milestones", most_rows=50_000, most_bytes=16 * MB)
        for item in prefetch(
            self._connector.milestones(self._project.external_id), self._hold
        ):
            if isinstance(item, Reject):
                self._keep_reject(item)
            else:
                held.add((item.external_id, item.name, item.url, *item.tags))
                records.append(item)
        self._lease.renew()
        upsert_milestones(self._project, records)

    def _hold(self) -> None:
        """Keep the claim while something is read, as long as a sync may last."""
        self._lease.renew_when_due()
        if time.monotonic() - self._begun > SYNC_LIMIT_S:
            raise RetryableError(
                f"The sync has taken {SYNC_LIMIT_S / 3600:.0f} hours and was ended. "
                f"The next one goes on where it stopped."
            )

    def _read_window(self) -> None:
        sync = self._sync
        settled = {} if sync.is_full else self._fingerprints_of_settled()
        self._take(
            read_window(
                self._connector, self._project.external_id, sync.window_since, settled
            )
        )

    def _read_unsettled(self) -> None:
        """Ask by id for runs that were open, odd or fresh when last read."""
        self._ask_for(self._unsettled())

    def _ask_for_unseen(self) -> None:
        """A full sync also finds the runs that the vendor no longer has."""
        known = Run.objects.filter(
            project=self._project, removed_at=None, partition_on__gte=oldest_month()
        )
        if self._sync.window_since:
            known = known.filter(at__gte=self._sync.window_since)
        self._ask_for(known)

    def _ask_for(self, runs: QuerySet[Run]) -> None:
        known = runs.values_list("external_id", "name")
        names = [(run, name[:80]) for run, name in known if run not in self._seen]
        project = self._project.external_id
        self._take(read_by_id(self._connector, project, names))

    def _take(self, readings: Iterator[Reading]) -> None:
        for reading in prefetch(readings, self._hold, is_heavy=_is_heavy):
            self._take_one(reading)
            # A large run must be gone before the next one is read.
            del reading

    def _take_one(self, reading: Reading) -> None:
        if isinstance(reading, Reject):
            self._keep_reject(reading)
            self._note(f"{reading.where} could not be read: {reading.reason}.")
            return
        self._sync.runs_read += 1
        if isinstance(reading, Failed):
            self._seen.add(reading.run_id)
            self._note_failure(reading)
        elif isinstance(reading, Gone):
            self._seen.add(reading.run_id)
            self._remove(reading.run_id)
        elif isinstance(reading, Settled):
            self._seen.add(reading.record.external_id)
            self._progress.reached(reading.record.started_at)
        else:
            self._seen.add(reading.batch.record.external_id)
            self._write(reading.batch)

    def _write(self, batch: Batch) -> None:
        """Store one run; one that cannot be stored leaves the others alone."""
        record = batch.record
        try:
            with transaction.atomic():
                self._lease.renew()
                written = self._store.store(batch, sync_id=self._sync.pk)
        except TooManyRowsError as error:
            self._note(f"Run {record.name[:80]} could not be read. {error}")
            return
        except DataError as error:
            # Rolled back as a whole; one value out of reach must not cost the others.
            said = str(error).partition("\n")[0]
            self._note(f"Run {record.name[:80]} could not be stored: {said}.")
            return
        self._store.cases.lighten()
        self._progress.count(batch, written)
        self._progress.reached(record.started_at)
        self._failures = 0

    def _note_failure(self, reading: Failed) -> None:
        """A run that cannot be read costs itself; a vendor that is down ends the sync."""
        if isinstance(reading.error, RetryableError):
            self._failures += 1
            if self._failures >= FAILURES_IN_A_ROW:
                raise reading.error
        self._note(f"Run {reading.name[:80]} could not be read. {reading.error}")

    def _note(self, trouble: str) -> None:
        self._trouble = self._trouble or trouble[:LONGEST_TROUBLE]
        self._troubles += 1

    def _remove(self, run_id: str) -> None:
        run = Run.objects.filter(project=self._project, external_id=run_id).first()
        if run is None:
            return
        with transaction.atomic():
            self._lease.renew()
            removed = mark_run_removed(run)
        self._sync.runs_written += 1
        self._sync.results_written += removed

    # --- what needs no reading --------------------------------------------------

    def _unsettled(self) -> QuerySet[Run]:
        is_fresh = Q(
            read_at__lt=F("finished_at") + SETTLE,
            # One that "ends" in the year 9999 would be read with every sync for ever.
            finished_at__lt=timezone.now() + CLOCKS_DIFFER,
        )
        needs = Q(is_open=True) | Q(must_be_read=True) | Q(is_clean=False)
        return (
            Run.objects.filter(needs | is_fresh, project=self._project)
            # Of older months nothing is left to be mended.
            .filter(removed_at=None, partition_on__gte=oldest_month())
            .order_by("-at", "-pk")
        )

    def _fingerprints_of_settled(self) -> dict[str, UUID | None]:
        unsettled = set(self._unsettled().values_list("pk", flat=True))
        runs = Run.objects.filter(project=self._project, removed_at=None)
        rows = runs.values_list("pk", "external_id", "fingerprint").iterator()
        return {run: print_ for pk, run, print_ in rows if pk not in unsettled}

    # --- keeping count ------------------------------------------------------------

    def _keep_reject(self, reject: Reject) -> None:
        self._sync.rejected += 1
        self._rejects += 1
        check_rejects(self._rejects, reject)
        store_project_reject(
            self._sync.connection, self._project, reject, self._sync.pk, timezone.now()
        )


def _is_heavy(reading: Reading) -> bool:
    return isinstance(reading, Fetched) and reading.is_heavy


def _record_outcome(project: Project, sync: Sync) -> None:
    """Move the next window on, only when nothing of this one has to be listed again."""
    values: dict[str, object] = {
        "last_attempt_at": sync.started_at,
        "last_error": sync.error,
    }
    if not sync.error:
        # Rows that were rejected hang on runs that are asked for again by id.
        values["last_success_at"] = sync.finished_at
        values["synced_from"] = sync.started_at
    Project.objects.filter(pk=project.pk).update(**values)
