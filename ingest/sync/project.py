"""One project's sync: claim, window, fetch, upsert, record."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from django.db import DataError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from ingest.contract import (
    Connector,
    IncompleteListError,
    Reject,
    RetryableError,
    VendorError,
)
from ingest.http import MissingError
from ingest.models import Project, Run, Sync, SyncStatus, Trigger
from ingest.rollups import rebuild_case_times
from ingest.seen import Seen
from ingest.statistics import refresh_statistics
from ingest.sync import unreadable
from ingest.sync.announced import announce, announced, unknown
from ingest.sync.announced import forget as forget_announced
from ingest.sync.cases import read_cases
from ingest.sync.closing import close_child, postpone
from ingest.sync.lease import Lease, LeaseLostError
from ingest.sync.milestones import read_milestones
from ingest.sync.outcome import RUNS_NAMED, Outcome
from ingest.sync.prefetch import prefetch
from ingest.sync.progress import Progress
from ingest.sync.reading import (
    Failed,
    Fetched,
    Gone,
    Postponed,
    Reading,
    RunReader,
    Settled,
)
from ingest.sync.stored_runs import owed_by_list, settled_fingerprints, unsettled
from ingest.upsert import (
    Batch,
    ProjectStore,
    mark_milestones_removed,
    mark_run_removed,
    store_read,
)
from ingest.upsert.rows import TooManyRowsError

# The first import of a large project at a slow vendor goes on with the next sync.
SYNC_LIMIT_S = 6 * 3600.0


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
    work = _ProjectSync(sync, project, connector, lease)
    try:
        status, error = work.carry_out()
    except VendorError as trouble:
        status, error = SyncStatus.FAILED, trouble.sentence
        sync.answer = trouble.answer
        postpone(sync.connection, trouble)
    except LeaseLostError as trouble:
        status, error = SyncStatus.FAILED, f"{trouble}."
    refresh_statistics(sync.results_written)
    close_child(sync, status, error, sync.answer)
    _record_outcome(project, sync, moves_on=work.outcome.has_read_list)


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
        self.outcome = Outcome(sync, project)
        self._left: list[str] = []
        self._begun = time.monotonic()

    def carry_out(self) -> tuple[SyncStatus, str]:
        """Milestones, the runs that are unsettled from before, then the window's."""
        if self._project.case_times_are_stale:
            rebuild_case_times(self._project)
        self._lease.claimed().update(case_times_are_stale=True)
        try:
            if not self._is_gone():
                read_milestones(
                    self._project, self._connector, self.outcome, self._hold
                )
                self._lease.renew()
                self._read_runs()
                if self._sync.is_look or self._sync.is_full:
                    self._read_cases()
        finally:
            self._store.cases.flush_times()
            if self._left:
                # The list that they stood in may not be asked for as far back again.
                announce(self._project, self._left)
            # Not where another sync took over: it may end before it flushes its own.
            self._lease.claimed().update(case_times_are_stale=False)
            self._sync.notes = [*self._connector.notes(), *self.outcome.notes]
            self._progress.save()
        return self.outcome.status()

    def _read_cases(self) -> None:
        """After the runs: a test that ran needs no other case."""
        self._store.cases.flush_times()
        read_cases(self._project, self._connector, self.outcome, self._hold)

    def _is_gone(self) -> bool:
        """Whether the vendor, whose list lacks the project, says that it has no such."""
        if self._project.is_listed:
            return False
        try:
            for _ in self._connector.runs(self._project.external_id):
                break
        except MissingError:
            self._remove_project()
            return True
        return False

    def _remove_project(self) -> None:
        self.outcome.notes.append("The vendor no longer has this project.")
        self._project.removed_at = timezone.now()
        self._project.save(update_fields=["removed_at"])
        mark_milestones_removed(list(self._project.milestone_members.all()))
        for run in self._project.runs.filter(removed_at=None):
            self._remove(run.external_id)

    def _hold(self) -> None:
        """Keep the claim while something is read, as long as a sync may last."""
        self._lease.renew_when_due()
        if time.monotonic() - self._begun > SYNC_LIMIT_S:
            raise RetryableError(
                f"The sync has taken {SYNC_LIMIT_S / 3600:.0f} hours and was ended. "
                f"The next one goes on where it stopped."
            )

    def _read_runs(self) -> None:
        """What is unsettled first: a long list must not keep it waiting."""
        sync = self._sync
        settled = {} if sync.is_full else settled_fingerprints(self._project)
        unread = unreadable.known(self._project)
        self._failed_before = {run_id for run_id, _ in unread}
        reader = self._reader = RunReader(
            self._connector,
            self._project.external_id,
            settled,
            self._postponed(),
            is_look=sync.is_look,
        )
        self._take_announced()
        since = sync.window_since
        if since:
            self._take_by_id(unsettled(self._project).filter(at__lt=since))
        try:
            self._take(reader.listed(since))
        except IncompleteListError as lack:
            self.outcome.note_lack(lack)
        self._take_by_id(unsettled(self._project))
        self._take(reader.by_id(self._not_seen(unread)))
        if sync.is_whole:
            said = self._connector.capabilities
            self._take_by_id(owed_by_list(sync, self._project, said))

    def _take_announced(self) -> None:
        told = announced(self._project)
        if not told:
            return
        self._take(self._reader.by_id(told))
        told = [one for one in told if one[0] not in self._left]
        if missing := unknown(self._project, told):
            names = ", ".join(missing[:RUNS_NAMED])
            self.outcome.notes.append(f"Announced, but not known to the tool: {names}.")
        forget_announced(self._project, told)

    def _postponed(self) -> set[str]:
        """A person who asks for a sync wants everything tried again."""
        is_asked = self._sync.trigger == Trigger.PERSON or self._sync.is_full
        return set() if is_asked else unreadable.postponed(self._project)

    def _take_by_id(self, runs: QuerySet[Run]) -> None:
        known = [
            (run, name[:80]) for run, name in runs.values_list("external_id", "name")
        ]
        self._take(self._reader.by_id(self._not_seen(known)))

    def _not_seen(self, runs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(run, name) for run, name in runs if run not in self._seen]

    def _take(self, readings: Iterator[Reading]) -> None:
        for reading in prefetch(readings, self._hold, is_heavy=_is_heavy):
            self._take_one(reading)
            # A large run must be gone before the next one is read.
            del reading

    def _take_one(self, reading: Reading) -> None:
        if isinstance(reading, Reject):
            self.outcome.keep_listed_reject(reading)
            return
        self._sync.runs_read += 1
        if isinstance(reading, Failed):
            self._seen.add(reading.run_id)
            trouble = f"read. {reading.error}"
            self.outcome.note_failure(reading.run_id, reading.name, trouble)
        elif isinstance(reading, Postponed):
            self._seen.add(reading.run_id)
            self.outcome.note_postponed(reading.run_id, reading.name)
        elif isinstance(reading, Gone):
            self._seen.add(reading.run_id)
            unreadable.forget(self._project, reading.run_id)
            self._remove(reading.run_id)
        elif isinstance(reading, Settled):
            self._seen.add(reading.run_id)
            self._progress.reached(reading.started_at)
        else:
            self._seen.add(reading.batch.record.external_id)
            self._write(reading.batch)

    def _write(self, batch: Batch) -> None:
        """Store one run; one that cannot be stored leaves the others alone."""
        record = batch.record
        try:
            with transaction.atomic():
                written = store_read(self._store, batch, sync_id=self._sync.pk)
                self._renew_last()
        except TooManyRowsError as error:
            self.outcome.note_failure(record.external_id, record.name, f"read. {error}")
            return
        except DataError as error:
            # Rolled back as a whole; one value out of reach must not cost the others.
            said = str(error).partition("\n")[0]
            self.outcome.note_failure(
                record.external_id, record.name, f"stored: {said}."
            )
            return
        self._store.cases.lighten()
        if written.is_left:
            self._left.append(record.external_id)
            return
        self._progress.count(batch, written)
        self._progress.reached(record.started_at)
        if record.external_id in self._failed_before:
            unreadable.forget(self._project, record.external_id)

    def _renew_last(self) -> None:
        """Behind all that the transaction writes: what comes into a run holds it first
        and changes the project last, and each would wait for the other.
        """
        self._lease.renew()

    def _remove(self, run_id: str) -> None:
        run = Run.objects.filter(project=self._project, external_id=run_id).first()
        if run is None:
            return
        with transaction.atomic():
            removed = mark_run_removed(run)
            self._renew_last()
        self._sync.runs_written += 1
        self._sync.results_written += removed


def _is_heavy(reading: Reading) -> bool:
    return isinstance(reading, Fetched) and reading.is_heavy


def _record_outcome(project: Project, sync: Sync, *, moves_on: bool) -> None:
    """Note how it ended; `moves_on`: nothing of this window has to be listed again."""
    is_success = sync.status != SyncStatus.FAILED and sync.is_whole
    values: dict[str, object] = {
        "last_attempt_at": sync.started_at,
        "last_error": "" if is_success else sync.error,
    }
    if sync.is_look:
        values["look_tried_at"] = sync.started_at
    if is_success:
        values["last_success_at"] = sync.finished_at
        if moves_on:
            # Runs that could not be read are asked for again by id.
            values["synced_from"] = sync.started_at
        if sync.is_look:
            values["looked_at"] = sync.started_at
    Project.objects.filter(pk=project.pk).update(**values)
