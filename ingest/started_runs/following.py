"""Started runs are looked after until their report is stored like that of any other."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from ingest.connections import starter_for
from ingest.contract import VendorError
from ingest.http import allowed
from ingest.models import Run, StartedRun
from ingest.models.started import ID_LENGTH, StartKind, StartState
from ingest.started_runs.asking import NEVER_ANSWERED, lose

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=5)
# A run that has not ended by then is left to the syncs, which go on reading it.
RUN_ENDS_WITHIN = timedelta(hours=24)
# A job without a run by then: no agent connects any more.
JOB_RUNS_WITHIN = timedelta(hours=2)
LOOK_LIMIT_S = 30.0
MOST_LOOKS = 50


def follow(now: datetime) -> list[StartedRun]:
    """Look after those that are due; gives those whose run is to be read now."""
    due = StartedRun.objects.filter(next_look_at__lte=now).order_by("next_look_at")
    rows = due.select_related("project", "connection")[:MOST_LOOKS]
    return [row for row in rows if _claimed(row, now) and _looked_after(row, now)]


def _claimed(row: StartedRun, now: datetime) -> bool:
    """Whether nobody else looks after it now; its next look is set before this one."""
    pause = min(FIRST_PAUSE * 2 ** min(row.looks, 10), LONGEST_PAUSE)
    claimed = StartedRun.objects.filter(pk=row.pk, looks=row.looks).filter(
        next_look_at=row.next_look_at
    )
    row.looks, row.next_look_at = row.looks + 1, now + pause
    return bool(claimed.update(looks=row.looks, next_look_at=row.next_look_at))


def _looked_after(row: StartedRun, now: datetime) -> bool:
    if row.state == StartState.ASKED:
        lose(row, NEVER_ANSWERED)
        return False
    if not row.run_external_id:
        _ask_for_the_job(row)
    if row.run_external_id:
        _find_the_run(row)
    if row.is_under_way and not _is_too_late(row, now):
        row.save()
        return bool(row.run_external_id)
    row.save()
    return False


def _ask_for_the_job(row: StartedRun) -> None:
    try:
        with allowed(limit_s=LOOK_LIMIT_S):
            state = starter_for(row.connection).job(row.project.external_id, row.handle)
    except VendorError as error:
        row.sentence, row.answer = error.sentence, error.answer
        return
    row.run_external_id = state.run_external_id[:ID_LENGTH]
    row.sentence = state.sentence
    if state.is_ended and not row.run_external_id:
        _end(row, StartState.LOST)


def _find_the_run(row: StartedRun) -> None:
    """The run as the last sync stored it; where none did, one will."""
    found = Run.objects.filter(
        project=row.project_id, external_id=row.run_external_id, removed_at=None
    )
    row.run = found.first()
    if row.run is None:
        return
    row.sentence = ""
    row.state = StartState.RUNNING
    if not row.run.is_open and not _is_as_before(row, row.run):
        _end(row, StartState.DONE)


def _is_as_before(row: StartedRun, run: Run) -> bool:
    """Whether a run that is run again under its own id still stands as it had ended."""
    is_same = row.kind == StartKind.RERUN and row.values.get("rerun") == run.external_id
    since = row.accepted_at or row.asked_at
    return is_same and (run.read_at is None or run.read_at < since)


def _is_too_late(row: StartedRun, now: datetime) -> bool:
    began = row.accepted_at or row.asked_at
    if not row.run_external_id and now - began > JOB_RUNS_WITHIN:
        hours = JOB_RUNS_WITHIN // timedelta(hours=1)
        row.sentence = f"No run came of it within {hours} hours. {row.sentence}".strip()
        _end(row, StartState.LOST)
    elif now - began > RUN_ENDS_WITHIN:
        hours = RUN_ENDS_WITHIN // timedelta(hours=1)
        row.sentence = f"Its run could not be read within {hours} hours."
        if row.run:
            row.sentence = f"Not ended within {hours} hours; syncs go on reading it."
        _end(row, StartState.LOST)
    return not row.is_under_way


def _end(row: StartedRun, state: StartState) -> None:
    row.state, row.ended_at, row.next_look_at = state, timezone.now(), None
