"""A pushed run as its next part finds it: locked and read, and written back.

Each in one statement: the ORM's way to lock, read and save four rows takes longer than
to store 250 results.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from ingest.columns import Columns, update
from ingest.contract import Status
from ingest.models import Connection, Project, PushedRun, Run, Thread
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


def lock(run_id: int, thread_id: int | None = None) -> Locked | None:
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


def write(
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
