"""How a pushed run ends: closed by its client, or by itself when nothing comes any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F
from django.db.models.functions import Coalesce
from django.utils import timezone

from ingest.contract import RunStatus
from ingest.intake.locked_run import locked, save
from ingest.models import PushedRun, ReceivedResult, Run, Thread
from ingest.recording import recording_time
from ingest.rollups import rebuild_run_days
from ingest.series import verdict
from ingest.upsert import facts
from ingest.upsert.append import recount, widen_case_times

# Longer than any client sends again what it has sent.
RECEIVED_KEPT = timedelta(days=1)


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
        run, _ = locked(run_id)
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


def end_thread(thread: Thread) -> None:
    thread.status = str(verdict(thread.counts))


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
            end_thread(thread)
            thread.save()
    run.is_open, run.finished_at = False, finished_at
    run.status = str(status or verdict(run.counts))
    run.duration_ms = duration_ms
    if duration_ms is None:
        run.duration_ms = _duration_ms(run, threads)
    save(run, before, recording_time())
    settle(run)
    return run


def settle(run: Run) -> None:
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
