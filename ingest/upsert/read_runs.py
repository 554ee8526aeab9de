"""A run as a sync read it: stored as it is, or added to what was pushed here before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from dataclasses import asdict

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from ingest.contract import NOT_PASSED, ResultRecord, RunRecord, Status
from ingest.models import (
    STATUS_CODES,
    STATUS_OF_CODE,
    PushedRun,
    RelayedPart,
    RelayState,
    Result,
    Run,
    RunMilestone,
    Thread,
)
from ingest.models.results import raw_status_of
from ingest.recording import recording_time
from ingest.rollups import rebuild_run_days
from ingest.series import attempts, verdict
from ingest.upsert import facts, rows
from ingest.upsert.append import append, recount
from ingest.upsert.batch import Batch, Written, fingerprint, with_possible_values
from ingest.upsert.expired_months import refuse
from ingest.upsert.gone import mark_back
from ingest.upsert.pairing import Pair, Places, contradicts, in_our_order
from ingest.upsert.rejects import store_run_rejects
from ingest.upsert.related import link_milestones
from ingest.upsert.run import READ, ProjectStore
from ingest.upsert.threads import upsert_threads

# Said by the vendor alone, whoever else says what.
_OF_VENDOR = ("vendor_counts_are_coarse", "ref", "raw_status")
_IF_TOLD = ("name", "vendor_url")
_IF_LACKING = ("branch", "commit", "duration_ms")
_OF_WHOM_IT_ENDS = ("is_open", "finished_at", "duration_ms")
_LEFT = Written(run=False, results=0, unknown_statuses=0, is_left=True)


def store_read(
    store: ProjectStore, batch: Batch, *, sync_id: int | None = None
) -> Written:
    """Store a run that was read at its vendor; as `ProjectStore.store`.

    One that may be handed on just now, or of which a thread is, is left for the next
    sync: the vendor's id is not known yet.
    """
    project, run_id = store.project, batch.record.external_id
    # First: once it is over, the run is found by its id.
    is_being_made = _is_being_made(project.pk)
    pushed = PushedRun.objects.filter(run__project=project, run__external_id=run_id)
    if pushed.exists():
        with store.undone_together():
            return _Addition(store, batch, sync_id).written()
    stored = Run.objects.filter(project=project, external_id=run_id)
    if is_being_made and not stored.exists():
        return _LEFT
    return store.store(batch, sync_id=sync_id)


def _is_being_made(project_id: int) -> bool:
    """Whether a vendor is being asked now to make a run that was pushed here."""
    asked = _being_sent().filter(project=project_id)
    return asked.filter(run__pushed__is_at_vendor=False).exists()


def _is_thread_being_made(run: Run) -> bool:
    """Whether its vendor is being asked now to make a thread of a run that is locked."""
    sent = RelayedPart.objects.filter(thread=OuterRef("thread"), state=RelayState.SENT)
    asked = _being_sent().filter(run=run, thread__isnull=False)
    return asked.exclude(Exists(sent)).exists()


def _being_sent() -> QuerySet[RelayedPart]:
    return RelayedPart.objects.filter(
        state=RelayState.WAITING, claimed_until__gt=timezone.now()
    )


class _Addition:
    """What was pushed stands; a sync adds what it lacks, and never takes rows away."""

    def __init__(self, store: ProjectStore, batch: Batch, sync_id: int | None) -> None:
        self._store, self._batch, self._sync_id = store, batch, sync_id
        self._run = (
            Run.objects.select_for_update(of=["self"])
            .select_related("pushed")
            .get(project=store.project, external_id=batch.record.external_id)
        )
        self._now = recording_time()
        self._record = with_possible_values(batch, self._now)

    def written(self) -> Written:
        run, batch = self._run, self._batch
        if self._store.is_frozen(run):
            return refuse(run, self._record, batch, self._sync_id, self._now)
        if _is_thread_being_made(run):
            return _LEFT
        before = facts.snapshot(run)
        self._threads = self._all_threads()
        number = self._add_rows()
        self._add_facts()
        changed = facts.save_changes(
            run, before, self._now, has_other_rows=bool(number)
        )
        changed |= self._link_milestones()
        self._note_read(is_change=bool(changed or number))
        store_run_rejects(run, batch.rejects, self._sync_id, self._now, is_new=False)
        if changed or number:
            rebuild_run_days([run.pk])
        unknown = sum((run.unknown_words or {}).values())
        return Written(
            run=bool(changed or number), results=number, unknown_statuses=unknown
        )

    def _all_threads(self) -> dict[str, int]:
        """Our id of each thread by the vendor's; those that were pushed stay as they are."""
        ours = dict(self._run.threads.values_list("external_id", "pk"))
        new = [one for one in self._batch.threads if one.external_id not in ours]
        self._run.thread_count = len(ours) + len({one.external_id for one in new})
        return ours | upsert_threads(self._run, new)

    def _bring_back(self) -> int:
        """The rows that went with the run when its vendor had it no longer, all of them:
        what is pushed may be more than the vendor keeps.
        """
        if (gone_at := self._run.removed_at) is None:
            return 0
        gone = [
            row
            for row in rows.stored_rows(self._run).values()
            if row.removed_at == gone_at
        ]
        rows.keep_old(self._run, gone, self._now)
        rows.write_changed(self._run, [(row, row.values) for row in gone])
        held = Result.objects.filter(rows.of_run(self._run), removed_at=None)
        mark_back(self._run.project_id, held.values_list("case_id", flat=True))
        return len(gone)

    def _add_rows(self) -> int:
        back = self._bring_back()
        stored = rows.stored_rows(self._run)
        pairs, extra = self._paired(stored, Places({case for case, _ in stored}))
        changed = [
            (one.stored, values) for one in pairs if (values := self._joined(one))
        ]
        rows.keep_old(self._run, [row for row, _ in changed], self._now)
        rows.write_changed(self._run, changed)
        new = sum(self._append(thread, told) for thread, told in extra.items())
        if back or changed or new:
            recount(self._run)
            _recount_attempts(self._run, self._store.quiet_words)
        return back + len(changed) + new

    def _paired(
        self, stored: dict[tuple[int, int], rows.Stored], places: Places
    ) -> tuple[list[Pair], dict[str, list[ResultRecord]]]:
        """The vendor's results beside ours of the same attempt, and the others by thread.

        A vendor that keeps fewer attempts keeps the last ones.
        """
        ours: dict[int, list[rows.Stored]] = defaultdict(list)
        for (case, _), row in sorted(stored.items()):
            if row.removed_at is None:
                ours[case].append(row)
        told = self._told(places)
        left = places.without(told)
        pairs: list[Pair] = []
        extra: dict[str, list[ResultRecord]] = defaultdict(list)
        for case, results in told.items():
            same = case if case in ours else left.of(results[0], case)
            last = ours.get(same, [])[-len(results) :]
            told_now = in_our_order(last, results[: len(last)])
            pairs += [Pair(same, *both) for both in zip(last, told_now, strict=True)]
            for one in results[len(last) :]:
                extra[one.thread].append(one)
        return pairs, extra

    def _told(self, places: Places) -> dict[int, list[ResultRecord]]:
        """The vendor's results by case, each case's in the order of its attempts."""
        results = [places.named(one) for one in self._batch.results]
        fallback = self._record.started_at or self._run.recorded_at
        times = [result.executed_at or fallback for result in results]
        cases = self._store.cases.ids(results, times, are_stored=False)
        numbers, _ = attempts(cases, times)
        found: dict[int, list[ResultRecord]] = defaultdict(list)
        order = sorted(range(len(results)), key=lambda row: numbers[row])
        for row in order:
            found[cases[row]].append(results[row])
        return found

    def _joined(self, pair: Pair) -> rows.Values | None:
        """Our values with what they lack, None where they lack nothing."""
        ours, told = pair.stored.values, pair.told
        joined = ours._replace(
            duration_ms=told.duration_ms
            if ours.duration_ms is None
            else ours.duration_ms,
            thread_id=ours.thread_id or self._threads.get(told.thread),
            message=ours.message or told.message,
            vendor_url=ours.vendor_url or told.vendor_url,
        )
        if contradicts(told.status, STATUS_OF_CODE[ours.status]):
            joined = joined._replace(
                status=STATUS_CODES[told.status],
                raw_status=raw_status_of(told.status, told.raw_status),
            )
        return joined if joined != ours else None

    def _append(self, thread: str, told: Sequence[ResultRecord]) -> int:
        lane = None
        if (thread_id := self._threads.get(thread)) is not None:
            lane = Thread.objects.get(pk=thread_id)
        number = append(self._store.cases, self._run, told, lane, self._now)
        if lane:
            lane.save()
        return number

    def _add_facts(self) -> None:
        run, record = self._run, self._record
        run.removed_at = None
        run.vendor_counts = record.vendor_counts and asdict(record.vendor_counts)
        for name in _OF_VENDOR:
            setattr(run, name, getattr(record, name))
        for name in _IF_TOLD:
            setattr(run, name, getattr(record, name) or getattr(run, name))
        for name in _IF_LACKING:
            if getattr(run, name) in ("", None):
                setattr(run, name, getattr(record, name))
        related = self._store.related
        if run.source_id is None:
            run.source_id = related.source_id(record.source, record.source_id)
        if run.configuration_id is None:
            run.configuration_id = related.configuration_id(
                record.configuration, record.configuration_id
            )
        if run.pushed.ends_at_vendor:
            self._take_end(record)

    def _take_end(self, record: RunRecord) -> None:
        for name in _OF_WHOM_IT_ENDS:
            setattr(self._run, name, getattr(record, name))
        self._run.status = str(record.status)
        if record.status_from_results and not record.is_open:
            self._run.status = str(verdict(self._run.counts))

    def _link_milestones(self) -> bool:
        """Into those that the vendor tells, and those that were pushed."""
        linked = RunMilestone.objects.filter(run=self._run, removed_at=None)
        members = self._store.related.member_ids(self._record.milestones)
        members |= set(linked.values_list("member_id", flat=True))
        return link_milestones(self._run, members, self._now, is_new=False)

    def _note_read(self, *, is_change: bool) -> None:
        run = self._run
        run.is_clean = all(reject.is_stored for reject in self._batch.rejects)
        run.read_at, run.must_be_read = self._now, False
        run.fingerprint = fingerprint(self._batch.record)
        if is_change:
            run.active_at = self._now
        run.save(update_fields=READ)


def _recount_attempts(run: Run, quiet: Container[str]) -> None:
    held = Result.objects.filter(rows.of_run(run), removed_at=None)
    counted = dict(held.values_list("status").annotate(number=Count("*")))
    told = {STATUS_OF_CODE[code]: number for code, number in counted.items()}
    run.attempts_passed = told.get(Status.PASSED, 0)
    run.attempts_not_passed = sum(told.get(status, 0) for status in NOT_PASSED)
    run.attempts_other = (
        sum(told.values()) - run.attempts_passed - run.attempts_not_passed
    )
    unknown = held.filter(status=STATUS_CODES[Status.UNKNOWN])
    words = Counter(word or "" for (word,) in unknown.values_list("raw_status"))
    loud = {word: words[word] for word in sorted(words) if word not in quiet}
    run.unknown_words = loud or None
