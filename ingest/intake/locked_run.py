"""A pushed run as its next part finds it: locked and read, and written back.

Each in one statement: the ORM's way to lock, read and save four rows takes longer than
to store 250 results.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from ingest.columns import Columns, update
from ingest.contract import RunStatus, Status
from ingest.intake.errors import ClosedError, UnknownRunError
from ingest.models import Connection, Project, PushedRun, Run, Thread
from ingest.models.connection import PUSH
from ingest.recording import recording_time
from ingest.upsert import facts

# What any part may change, beside the facts that are kept when they change.
_RUN = ("active_at", "is_open", "status", "finished_at", "read_at")
_PUSHED = (
    "last_at",
    "is_abandoned",
    "measures_elapsed",
    "closes_after_minutes",
)
_THREAD = ("status", "duration_ms", *map(str, Status))

_runs, _pushed_runs = Columns(Run, "r"), Columns(PushedRun, "p")
_projects = Columns(Project, "o", "id", "connection_id")
_connections = Columns(Connection, "c", "id", "vendor", "last_success_at")
_threads = Columns(Thread, "t")

# So long after the last word of a run that was finished its client may add to it, where
# it is one that sends behind its end what took it longer.
LATE_WITHIN = timedelta(minutes=20)
ARRIVALS_NOTED_EVERY = timedelta(seconds=10)

_READ = f"{_runs.sql}, {_pushed_runs.sql}, {_projects.sql}, {_connections.sql}"
_FROM = """
  FROM ingest_run r
  JOIN ingest_pushedrun p ON p.run_id = r.id
  JOIN ingest_project o ON o.id = r.project_id
  JOIN ingest_connection c ON c.id = o.connection_id
"""
# All rows that are written back are locked: of one that is not, a statement that waited
# for the others has what it held before.
_LOCK = f"SELECT {_READ} {_FROM} WHERE r.id = %s FOR UPDATE OF r, p"
_LOCK_WITH_THREAD = f"""
SELECT {_READ}, {_threads.sql} {_FROM}
  JOIN ingest_thread t ON t.run_id = r.id
 WHERE r.id = %s AND t.id = %s FOR UPDATE OF r, p, t
"""


class Locked(NamedTuple):
    run: Run
    thread: Thread | None = None


def _lock(run_id: int, thread_id: int | None = None) -> Locked | None:
    """The run with its project and connection, and one of its threads, until the
    transaction ends; None where there is no such run, or it has no such thread.
    """
    with connection.cursor() as cursor:
        if thread_id is None:
            cursor.execute(_LOCK, [run_id])
        else:
            cursor.execute(_LOCK_WITH_THREAD, [run_id, thread_id])
        found = cursor.fetchone()
    if found is None:
        return None
    row = iter(found)
    run = _runs.made(row)
    run.pushed = _pushed_runs.made(row)
    run.project = _projects.made(row)
    run.project.connection = _connections.made(row)
    return Locked(run, None if thread_id is None else _threads.made(row))


def _write(
    run: Run, before: dict[str, Any], now: datetime, thread: Thread | None = None
) -> None:
    """Write the run back, and keep what differs from `before` with its period."""
    old = facts.changed(run, before)
    parts = [update(run.pushed, _PUSHED)]
    if thread is not None:
        parts.append(update(thread, _THREAD))
    if old:
        parts.append(facts.history(run, old, now))
    last, params = update(run, {*old, *_RUN})
    before_it = [f"part_{n} AS ({statement})" for n, (statement, _) in enumerate(parts)]
    given = [param for _, several in parts for param in several]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(before_it)} {last}", [*given, *params])


def locked(
    run_id: int, thread_id: int | None = None, *, takes_late: bool = False
) -> Locked:
    """The run, until the transaction ends; one that closed itself is open again, and
    one that ends at its vendor, or was finished a moment ago, stays as it is.
    """
    found = _lock(run_id, thread_id) or _lock(run_id)
    if found is None:
        raise UnknownRunError(f"There is no run {run_id} that was opened here.")
    run, thread = found
    closed_itself = run.pushed.is_abandoned or run.pushed.closes_after_minutes
    if not run.is_open and closed_itself and run.removed_at is None:
        _open_again(run, thread)
    is_late = takes_late and timezone.now() - run.pushed.last_at < LATE_WITHIN
    if not run.is_open and not run.pushed.ends_at_vendor and not is_late:
        raise ClosedError(f"Run {run_id} is completed and takes nothing more.")
    if thread_id is not None:
        _check_thread(run, thread, thread_id)
    return found


def _open_again(run: Run, thread: Thread | None) -> None:
    before = {name: getattr(run, name) for name in ("is_open", "status", "finished_at")}
    facts.keep_old(run, before, recording_time())
    run.is_open, run.status, run.finished_at = True, str(RunStatus.RUNNING), None
    run.pushed.is_abandoned = False
    # They ended with it; which of them somebody had ended is not known any more.
    run.threads.update(status=str(RunStatus.RUNNING))
    if thread:
        thread.status = str(RunStatus.RUNNING)


def _check_thread(run: Run, thread: Thread | None, thread_id: int) -> None:
    if thread is None:
        raise UnknownRunError(f"Run {run.pk} has no thread {thread_id}.")
    if thread.status != RunStatus.RUNNING:
        raise ClosedError(f"Thread {thread_id} is completed and takes nothing more.")


def save(
    run: Run, before: dict[str, object], now: datetime, thread: Thread | None = None
) -> None:
    """Write the run back as one that something came into just now."""
    run.active_at = run.pushed.last_at = timezone.now()
    _write(run, before, now, thread)
    if run.project.connection.vendor == PUSH:
        note_arrival(run.project.connection, run.active_at)


def note_arrival(connection: Connection, now: datetime) -> None:
    """Now and then: everything that is pushed would wait for this one row."""
    known = connection.last_success_at
    if known is None or now - known > ARRIVALS_NOTED_EVERY:
        Connection.objects.filter(pk=connection.pk).update(last_success_at=now)
