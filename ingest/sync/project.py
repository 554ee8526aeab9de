"""One project's sync: claim, window, fetch, upsert, record."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import DataError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ingest.contract import (
    Connector,
    IncompleteListError,
    MilestoneRecord,
    PayloadError,
    Reject,
    RetryableError,
    VendorError,
)
from ingest.held import MB, Held
from ingest.http import MissingError, UnsupportedError
from ingest.models import MilestoneMember, Project, Run, Sync, SyncStatus, Trigger
from ingest.partitions import oldest_month
from ingest.rollups import rebuild_case_times
from ingest.seen import Seen
from ingest.sync import unreadable
from ingest.sync.closing import close_child, postpone
from ingest.sync.lease import Lease, LeaseLostError
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
from ingest.upsert import (
    Batch,
    ProjectStore,
    mark_milestones_removed,
    mark_run_removed,
    upsert_milestones,
)
from ingest.upsert.rejects import check_rejects, store_project_reject
from ingest.upsert.rows import TooManyRowsError

# Late rows: a run is read once more when this long has passed since its end.
SETTLE = timedelta(minutes=15)
CLOCKS_DIFFER = timedelta(days=1)
# The first import of a large project at a slow vendor goes on with the next sync.
SYNC_LIMIT_S = 6 * 3600.0
LONGEST_TROUBLE = 500
MOST_TROUBLES = 10_000
RUNS_NAMED = 5


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
    close_child(sync, status, error, sync.answer)
    _record_outcome(project, sync, moves_on=work.has_read_list)


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
        # What went wrong, in sentences, and the runs that could not be read.
        self._troubles: list[str] = []
        self._unread: list[str] = []
        self._rejects = 0
        self._notes: list[str] = []
        # A listed run without an id can only be found in the same window again.
        self.has_read_list = True
        self._begun = time.monotonic()

    def carry_out(self) -> tuple[SyncStatus, str]:
        """Milestones, the runs that are unsettled from before, then the window's."""
        if self._project.case_times_are_stale:
            rebuild_case_times(self._project)
        self._lease.claimed().update(case_times_are_stale=True)
        try:
            if not self._is_gone():
                self._read_milestones()
                self._read_runs()
        finally:
            self._store.cases.flush_times()
            # Not where another sync took over: it may end before it flushes its own.
            self._lease.claimed().update(case_times_are_stale=False)
            self._sync.notes = [*self._connector.notes(), *self._notes]
            self._progress.save()
        return self._outcome()

    def _outcome(self) -> tuple[SyncStatus, str]:
        if not self._troubles:
            is_whole = not self._sync.rejected
            return (SyncStatus.OK if is_whole else SyncStatus.PARTIAL), ""
        first, others = self._troubles[0], len(self._troubles) - 1
        if (unread := len(self._unread)) > 1:
            names = ", ".join(self._unread[:RUNS_NAMED])
            more = f" and {unread - RUNS_NAMED} more" if unread > RUNS_NAMED else ""
            first = f"{unread} runs could not be read: {names}{more}. {first}"
            others -= unread - 1
        tail = f" And {others} more like it." if others > 0 else ""
        return SyncStatus.PARTIAL, first + tail

    # --- reading ----------------------------------------------------------------

    def _is_gone(self) -> bool:
        """Whether the vendor, whose list lacks the project, says that it has no such."""
        if self._project.is_listed:
            return False
        try:
            for _ in self._connector.runs(self._project.external_id):
                break
        except MissingError:
            self._notes.append("The vendor no longer has this project.")
            self._project.removed_at = timezone.now()
            self._project.save(update_fields=["removed_at"])
            self._remove_milestones(list(self._project.milestone_members.all()))
            for run in self._project.runs.filter(removed_at=None):
                self._remove(run.external_id)
            return True
        return False

    def _read_milestones(self) -> None:
        if not self._connector.capabilities.milestones:
            return
        try:
            records = self._listed_milestones()
        except UnsupportedError as lack:
            self._notes.append(lack.sentence)
            return
        self._lease.renew()
        upsert_milestones(self._project, records)
        if self._sync.is_whole:
            self._ask_for_milestones({record.external_id for record in records})

    def _listed_milestones(self) -> list[MilestoneRecord]:
        records: list[MilestoneRecord] = []
        held = Held("The list of milestones", most_rows=50_000, most_bytes=16 * MB)
        project = self._project.external_id
        try:
            for item in prefetch(self._connector.milestones(project), self._hold):
                if isinstance(item, Reject):
                    self._keep_reject(item)
                else:
                    held.add((item.external_id, item.name, item.url, *item.tags))
                    records.append(item)
        except IncompleteListError as lack:
            self._note_lack(lack)
        return records

    def _ask_for_milestones(self, listed: Container[str]) -> None:
        """Milestones that are no longer listed, by id: archived ones may still exist."""
        gone, found = [], []
        for member in self._project.milestone_members.filter(removed_at=None):
            if member.external_id in listed:
                continue
            self._hold()
            try:
                record = self._connector.milestone(
                    self._project.external_id, member.external_id
                )
            except (PayloadError, RetryableError) as trouble:
                self._note(f"Milestone {member.name[:80]}: {trouble}")
                continue
            if record is None:
                gone.append(member)
            elif isinstance(record, MilestoneRecord):
                found.append(record)
        upsert_milestones(self._project, found)
        self._remove_milestones(gone)

    def _remove_milestones(self, members: Sequence[MilestoneMember]) -> None:
        if members:
            self._lease.renew()
            mark_milestones_removed(members)

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
        settled = {} if sync.is_full else self._fingerprints_of_settled()
        unread = unreadable.known(self._project)
        self._failed_before = {run_id for run_id, _ in unread}
        reader = self._reader = RunReader(
            self._connector,
            self._project.external_id,
            settled,
            self._postponed(),
            is_look=sync.is_look,
        )
        since = sync.window_since
        if since:
            self._take_by_id(self._unsettled().filter(at__lt=since))
        try:
            self._take(reader.listed(since))
        except IncompleteListError as lack:
            self._note_lack(lack)
        self._take_by_id(self._unsettled())
        self._take(reader.by_id(self._not_seen(unread)))
        if sync.is_whole and self._asks_for_unlisted():
            self._take_by_id(self._known_in_window())

    def _postponed(self) -> set[str]:
        """A person who asks for a sync wants everything tried again."""
        is_asked = self._sync.trigger == Trigger.PERSON or self._sync.is_full
        return set() if is_asked else unreadable.postponed(self._project)

    def _asks_for_unlisted(self) -> bool:
        """Whether the list can show by its silence that a run is gone."""
        capabilities = self._connector.capabilities
        is_thorough = self._sync.is_full or self._sync.is_look
        return capabilities.runs_are_listed or is_thorough

    def _known_in_window(self) -> QuerySet[Run]:
        """The stored runs that the list should hold, as far back as it reaches."""
        known = Run.objects.filter(
            project=self._project, removed_at=None, partition_on__gte=oldest_month()
        )
        since, reach = self._sync.window_since, self._connector.capabilities.listed_for
        if reach and not self._sync.is_full:
            reached = timezone.now() - reach
            since = max(since, reached) if since else reached
        return known.filter(at__gte=since) if since else known

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
            self._keep_reject(reading)
            self.has_read_list = False
            self._note(f"{reading.where} could not be read: {reading.reason}.")
            return
        self._sync.runs_read += 1
        if isinstance(reading, Failed):
            self._seen.add(reading.run_id)
            trouble = f"read. {reading.error}"
            self._note_failure(reading.run_id, reading.name, trouble)
        elif isinstance(reading, Postponed):
            self._seen.add(reading.run_id)
            name = self._name_unread(reading.run_id, reading.name)
            self._note(f"Run {name} could not be read before and is asked for later.")
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
                self._lease.renew()
                written = self._store.store(batch, sync_id=self._sync.pk)
        except TooManyRowsError as error:
            self._note_failure(record.external_id, record.name, f"read. {error}")
            return
        except DataError as error:
            # Rolled back as a whole; one value out of reach must not cost the others.
            said = str(error).partition("\n")[0]
            self._note_failure(record.external_id, record.name, f"stored: {said}.")
            return
        self._store.cases.lighten()
        self._progress.count(batch, written)
        self._progress.reached(record.started_at)
        if record.external_id in self._failed_before:
            unreadable.forget(self._project, record.external_id)

    def _note_failure(self, run_id: str, name: str, could_not_be: str) -> None:
        name = self._name_unread(run_id, name)
        sentence = f"Run {name} could not be {could_not_be}"
        unreadable.note_failure(self._project, run_id, name, sentence)
        self._note(sentence)

    def _name_unread(self, run_id: str, name: str) -> str:
        """What a run is called that could not be read; its id where nobody knows."""
        if not name:
            stored = self._project.runs.filter(external_id=run_id).first()
            name = stored.name if stored else run_id
        self._unread.append(name[:80])
        return name[:80]

    def _note_lack(self, lack: IncompleteListError) -> None:
        self._sync.is_whole = False
        self._note(lack.sentence)

    def _note(self, trouble: str) -> None:
        if len(self._troubles) < MOST_TROUBLES:
            self._troubles.append(trouble[:LONGEST_TROUBLE])

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
        return (
            Run.objects.filter(
                is_fresh | Q(must_be_read=True) | Q(pk__in=self._open_and_due())
            )
            # Of older months nothing is left to be mended.
            .filter(project=self._project, removed_at=None)
            .filter(partition_on__gte=oldest_month())
            .order_by("-at", "-pk")
        )

    def _open_and_due(self) -> list[int]:
        """Runs that may still change, unless they have been silent for long."""
        now = timezone.now()
        may_change = Q(is_open=True) | Q(is_clean=False)
        runs = Run.objects.filter(may_change, project=self._project)
        return [run.pk for run in runs.only("read_at", "active_at") if run.is_due(now)]

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
