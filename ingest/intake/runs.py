"""The life of a pushed run: opened, added to, closed, or closed by itself."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F
from django.db.models.functions import Coalesce
from django.utils import timezone

from ingest.connections import is_relayed
from ingest.contract import ResultRecord, RunRecord, RunStatus
from ingest.details import Details, joined
from ingest.intake.errors import ClosedError, UnknownRunError
from ingest.intake.locked_run import Locked, lock, write
from ingest.models import (
    Connection,
    Project,
    PushedRun,
    ReceivedResult,
    Result,
    Run,
    RunDetails,
    Thread,
    ThreadDetails,
)
from ingest.models.connection import PUSH
from ingest.rollups import rebuild_run_days
from ingest.series import verdict
from ingest.upsert import Batch, CaseIndex, ProjectStore, facts
from ingest.upsert.append import append, recount, widen_case_times
from ingest.upsert.rows import of_run

# Roll-ups of a long run that is still open are brought up to date so often at most.
ROLL_UP_EVERY = timedelta(seconds=2)
# Of shorter ones with each request.
SHORT_RUN = 2_000
ARRIVALS_NOTED_EVERY = timedelta(seconds=10)
# So long after the last word of a run that was finished its client may add to it, where
# it is one that sends behind its end what took it longer.
LATE_WITHIN = timedelta(minutes=20)
# Longer than any client sends again what it has sent.
RECEIVED_KEPT = timedelta(days=1)


def new_run_id(project: Project) -> str:
    """An id for a run that no vendor has named: short, because people read it, and no
    number, because vendors have those.
    """
    while True:
        run_id = secrets.token_hex(4)
        known = Run.objects.filter(project=project, external_id=run_id)
        if not run_id.isdigit() and not known.exists():
            return run_id


def open_run(
    project: Project,
    record: RunRecord,
    *,
    format: str,
    details: Details | None = None,
    measures_elapsed: bool = False,
    content_hash: str = "",
) -> Run:
    """A new run to which results may be appended. `record.milestones` are the vendor's
    ids, as in a sync.
    """
    run_id = record.external_id or new_run_id(project)
    record = replace(record, external_id=run_id, is_open=True)
    with transaction.atomic():
        ProjectStore(project).store(Batch(record=record, is_whole=False))
        run = Run.objects.get(project=project, external_id=record.external_id)
        PushedRun.objects.create(
            run=run,
            format=format,
            content_hash=content_hash,
            measures_elapsed=measures_elapsed,
            last_at=timezone.now(),
            is_relayed=is_relayed(project.connection, format),
            **_times_of_rows(run),
        )
        if details:
            RunDetails.objects.create(run=run, values=details)
    return run


def _times_of_rows(run: Run) -> dict[str, datetime]:
    """None where a sync had filled it before."""
    if Result.objects.filter(of_run(run)).exists():
        return {}
    return {"rows_from": run.at, "rows_until": run.at}


def open_thread(
    run_id: int,
    *,
    name: str = "",
    external_id: str = "",
    details: Details | None = None,
    observed_us: int | None = None,
    computed_us: int | None = None,
) -> Thread:
    """A new lane of a run that is open."""
    with transaction.atomic():
        run, _ = _locked(run_id)
        thread = Thread.objects.create(
            run=run,
            external_id=external_id or uuid.uuid4().hex,
            name=name,
            status=str(RunStatus.RUNNING),
            duration_ms=_lasted_ms(observed_us, computed_us),
        )
        ThreadDetails.objects.create(
            thread=thread,
            values=details or {},
            observed_us=observed_us,
            computed_us=computed_us,
        )
        before = facts.snapshot(run)
        run.thread_count += 1
        _save(run, before, timezone.now())
    return thread


def attach(run_id: int, details: Details, *, takes_late: bool = False) -> None:
    """Add to what is attached to an open run."""
    with transaction.atomic():
        run, _ = _locked(run_id, takes_late=takes_late)
        before = facts.snapshot(run)
        kept, _ = RunDetails.objects.get_or_create(run=run)
        kept.values = joined(kept.values, details)
        kept.save(update_fields=["values"])
        _save(run, before, timezone.now())


def append_results(
    run_id: int,
    results: list[ResultRecord],
    *,
    thread_id: int | None = None,
    details: Details | None = None,
    observed_us: int | None = None,
    computed_us: int | None = None,
    takes_late: bool = False,
) -> int:
    """Store results, and what is attached to their thread; gives their number.

    Times are added to those of the thread. With `takes_late` a run that was finished
    takes them for LATE_WITHIN, and stays finished. Raises ClosedError, UnknownRunError.
    """
    with transaction.atomic():
        run, thread = _locked(run_id, thread_id, takes_late=takes_late)
        if thread:
            _add_to_thread(thread, details, observed_us, computed_us)
        before, now = facts.snapshot(run), timezone.now()
        is_late = not run.is_open and not run.pushed.ends_at_vendor
        follows = run.status == verdict(run.counts)
        written = append(CaseIndex(run.project), run, results, thread, now)
        if is_late and follows:
            # Said by nobody, it is what the results say.
            run.status = str(verdict(run.counts))
        is_due = bool(written) and run.is_open and _is_roll_up_due(run, now)
        if is_due:
            run.read_at = now
        _save(run, before, now, thread)
        if written and not run.is_open:
            _settle(run)
        elif is_due:
            rebuild_run_days([run.pk])
    return written


def close_thread(
    thread_id: int,
    *,
    details: Details | None = None,
    observed_us: int | None = None,
    computed_us: int | None = None,
) -> None:
    """Let a thread take nothing more; what is told of it with that is added."""
    with transaction.atomic():
        thread = Thread.objects.filter(pk=thread_id).first()
        if thread is None:
            raise UnknownRunError(f"There is no thread {thread_id}.")
        run, thread = _locked(thread.run_id, thread_id)
        assert thread is not None
        before = facts.snapshot(run)
        _add_to_thread(thread, details, observed_us, computed_us)
        _end_thread(thread)
        _save(run, before, timezone.now(), thread)


def close_run(
    run_id: int,
    *,
    status: RunStatus | None = None,
    finished_at: datetime | None = None,
    duration_ms: int | None = None,
    measures_elapsed: bool | None = None,
    takes_late: bool = False,
) -> Run:
    """Close a run and its threads, and count it anew from its rows.

    Its status follows from its results, unless it is told. With `takes_late` it is
    remembered for a while what came in, because more may.
    """
    with transaction.atomic():
        run, _ = _locked(run_id)
        if measures_elapsed is not None:
            run.pushed.measures_elapsed = measures_elapsed
        run.pushed.closes_after_minutes = None
        if not takes_late:
            # It stays closed, so nothing can come in twice any more.
            ReceivedResult.objects.filter(run=run).delete()
        return _close(run, status, finished_at or timezone.now(), duration_ms)


def close_abandoned(now: datetime) -> int:
    """Close the runs in which nothing came in for INTAKE_TIMEOUT_MINUTES, or for the
    time of their own; how many.
    """
    minutes = Coalesce("closes_after_minutes", settings.INTAKE_TIMEOUT_MINUTES)
    waits = ExpressionWrapper(
        F("last_at") + minutes * timedelta(minutes=1), output_field=DateTimeField()
    )
    silent = PushedRun.objects.alias(ends_at=waits).filter(
        run__is_open=True, ends_at__lt=now, ends_at_vendor=False
    )
    closed = 0
    for run_id in list(silent.values_list("run_id", flat=True)):
        with transaction.atomic():
            run = Run.objects.select_for_update(of=["self"]).get(pk=run_id)
            pushed = silent.filter(pk=run_id).first()
            if pushed is None:
                continue
            pushed.is_abandoned = pushed.closes_after_minutes is None
            run.pushed = pushed
            _close(run, None, pushed.last_at, None)
            closed += 1
    return closed


def forget_received(now: datetime) -> None:
    """Forget what came in into runs that were finished and are silent since."""
    ReceivedResult.objects.filter(
        run__is_open=False,
        run__pushed__last_at__lt=now - RECEIVED_KEPT,
        run__pushed__is_abandoned=False,
        run__pushed__closes_after_minutes=None,
    ).delete()


def _locked(
    run_id: int, thread_id: int | None = None, *, takes_late: bool = False
) -> Locked:
    """The run, until the transaction ends; one that closed itself is open again, and
    one that ends at its vendor, or was finished a moment ago, stays as it is.
    """
    found = lock(run_id, thread_id) or lock(run_id)
    if found is None:
        raise UnknownRunError(f"There is no run {run_id} that was opened here.")
    run, thread = found
    closed_itself = run.pushed.is_abandoned or run.pushed.closes_after_minutes
    if not run.is_open and closed_itself and run.removed_at is None:
        run.is_open, run.status, run.finished_at = True, str(RunStatus.RUNNING), None
        run.pushed.is_abandoned = False
        # They ended with it; which of them somebody had ended is not known any more.
        run.threads.update(status=str(RunStatus.RUNNING))
        if thread:
            thread.status = str(RunStatus.RUNNING)
    is_late = takes_late and timezone.now() - run.pushed.last_at < LATE_WITHIN
    if not run.is_open and not run.pushed.ends_at_vendor and not is_late:
        raise ClosedError(f"Run {run_id} is completed and takes nothing more.")
    if thread_id is not None:
        _check_thread(run, thread, thread_id)
    return found


def _check_thread(run: Run, thread: Thread | None, thread_id: int) -> None:
    if thread is None:
        raise UnknownRunError(f"Run {run.pk} has no thread {thread_id}.")
    if thread.status != RunStatus.RUNNING:
        raise ClosedError(f"Thread {thread_id} is completed and takes nothing more.")


def _add_to_thread(
    thread: Thread,
    details: Details | None,
    observed_us: int | None,
    computed_us: int | None,
) -> None:
    if not details and observed_us is None and computed_us is None:
        return
    kept, _ = ThreadDetails.objects.get_or_create(thread=thread)
    kept.values = joined(kept.values, details or {})
    if observed_us is not None:
        kept.observed_us = (kept.observed_us or 0) + observed_us
    if computed_us is not None:
        kept.computed_us = (kept.computed_us or 0) + computed_us
    kept.save()
    thread.duration_ms = _lasted_ms(kept.observed_us, kept.computed_us)


def _lasted_ms(observed_us: int | None, computed_us: int | None) -> int | None:
    """What was observed counts, else what was computed from logs."""
    us = computed_us if observed_us is None else observed_us
    return None if us is None else round(us / 1000)


def _end_thread(thread: Thread) -> None:
    thread.status = str(verdict(thread.counts))


def _save(
    run: Run, before: dict[str, object], now: datetime, thread: Thread | None = None
) -> None:
    run.active_at = run.pushed.last_at = timezone.now()
    write(run, before, now, thread)
    if run.project.connection.vendor == PUSH:
        note_arrival(run.project.connection, run.active_at)


def note_arrival(connection: Connection, now: datetime) -> None:
    """Now and then: everything that is pushed would wait for this one row."""
    known = connection.last_success_at
    if known is None or now - known > ARRIVALS_NOTED_EVERY:
        Connection.objects.filter(pk=connection.pk).update(last_success_at=now)


def _is_roll_up_due(run: Run, now: datetime) -> bool:
    """Days follow at once in short runs, and now and then in long ones, until the end."""
    rows = run.attempts_passed + run.attempts_not_passed + run.attempts_other
    return rows <= SHORT_RUN or run.read_at is None or now - run.read_at > ROLL_UP_EVERY


def _close(
    run: Run,
    status: RunStatus | None,
    finished_at: datetime,
    duration_ms: int | None,
) -> Run:
    before = facts.snapshot(run)
    recount(run)
    threads = list(run.threads.all())
    for thread in threads:
        if thread.status == RunStatus.RUNNING:
            _end_thread(thread)
            thread.save()
    run.is_open, run.finished_at = False, finished_at
    run.status = str(status or verdict(run.counts))
    run.duration_ms = duration_ms
    if duration_ms is None:
        run.duration_ms = _duration_ms(run, threads)
    _save(run, before, timezone.now())
    _settle(run)
    return run


def _settle(run: Run) -> None:
    """Bring up to date what a run that has ended counts in."""
    widen_case_times(run)
    rebuild_run_days([run.pk])


def _duration_ms(run: Run, threads: list[Thread]) -> int | None:
    """From opening to end where that is measured, else of the longest thread."""
    known = [one.duration_ms for one in threads if one.duration_ms is not None]
    if known and not run.pushed.measures_elapsed:
        return max(known)
    if run.finished_at is None:
        return None
    lasted: timedelta = run.finished_at - run.at
    return round(lasted / timedelta(milliseconds=1))
