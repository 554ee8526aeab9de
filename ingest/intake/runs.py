"""A pushed run opened and added to; how it ends stands in `closing.py`."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from ingest.connections import is_relayed
from ingest.contract import ResultRecord, RunRecord, RunStatus
from ingest.details import Details, joined
from ingest.intake.closing import end_thread, settle
from ingest.intake.errors import UnknownRunError
from ingest.intake.locked_run import locked, save
from ingest.models import (
    Project,
    PushedRun,
    Result,
    Run,
    RunDetails,
    Thread,
    ThreadDetails,
)
from ingest.recording import recording_time
from ingest.rollups import rebuild_run_days
from ingest.series import verdict
from ingest.upsert import Batch, CaseIndex, ProjectStore, facts
from ingest.upsert.append import append
from ingest.upsert.rows import of_run

# Roll-ups of a long run that is still open are brought up to date so often at most.
ROLL_UP_EVERY = timedelta(seconds=2)
# Of shorter ones with each request.
SHORT_RUN = 2_000


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
        run, _ = locked(run_id)
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
        save(run, before, recording_time())
    return thread


def attach(run_id: int, details: Details, *, takes_late: bool = False) -> None:
    """Add to what is attached to an open run."""
    with transaction.atomic():
        run, _ = locked(run_id, takes_late=takes_late)
        before = facts.snapshot(run)
        kept, _ = RunDetails.objects.get_or_create(run=run)
        kept.values = joined(kept.values, details)
        kept.save(update_fields=["values"])
        save(run, before, recording_time())


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
        run, thread = locked(run_id, thread_id, takes_late=takes_late)
        if thread:
            _add_to_thread(thread, details, observed_us, computed_us)
        before, now = facts.snapshot(run), timezone.now()
        recorded_at = recording_time()
        is_late = not run.is_open and not run.pushed.ends_at_vendor
        follows = run.status == verdict(run.counts)
        written = append(CaseIndex(run.project), run, results, thread, recorded_at)
        if is_late and follows:
            # Said by nobody, it is what the results say.
            run.status = str(verdict(run.counts))
        is_due = bool(written) and run.is_open and _is_roll_up_due(run, now)
        if is_due:
            run.read_at = now
        save(run, before, recorded_at, thread)
        if written and not run.is_open:
            settle(run)
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
        run, thread = locked(thread.run_id, thread_id)
        assert thread is not None
        before = facts.snapshot(run)
        _add_to_thread(thread, details, observed_us, computed_us)
        end_thread(thread)
        save(run, before, recording_time(), thread)


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


def _is_roll_up_due(run: Run, now: datetime) -> bool:
    """Days follow at once in short runs, and now and then in long ones, until the end."""
    rows = run.attempts_passed + run.attempts_not_passed + run.attempts_other
    return rows <= SHORT_RUN or run.read_at is None or now - run.read_at > ROLL_UP_EVERY
