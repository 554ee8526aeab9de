"""How a sync ends: counts kept, children summed up, the connection's state moved on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import Error as DatabaseTrouble
from django.db import connection as database
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from psycopg.errors import DiskFull

from ingest.contract import ConfigError, VendorError
from ingest.events import sync_ended
from ingest.looks import oldest_look
from ingest.models import Connection, Sync, SyncStatus
from ingest.sync.database_clock import database_now

log = logging.getLogger(__name__)

UNFINISHED = (SyncStatus.QUEUED, SyncStatus.RUNNING)
# What only a person can mend is not asked every five minutes.
WAIT_FOR_PERSON = timedelta(minutes=15)
SUMMED = (
    "runs_read",
    "runs_written",
    "results_read",
    "results_written",
    "rejected",
    "unknown_statuses",
)
SAVED = (
    *SUMMED,
    "status",
    "error",
    "answer",
    "notes",
    "finished_at",
    "oldest_reached",
    "is_whole",
)
STOPPED = "The sync was stopped. The next one goes on where it ended."


def save(sync: Sync, *names: str) -> None:
    """Write these fields of a sync; a row that was deleted meanwhile stays deleted."""
    values = {name: getattr(sync, name) for name in names}
    Sync.objects.filter(pk=sync.pk).update(**values)


def close_child(
    sync: Sync, status: SyncStatus, error: str = "", answer: str = ""
) -> None:
    sync.status, sync.error, sync.answer = status, error, answer
    sync.finished_at = timezone.now()
    save(sync, *SAVED)


def close_parent(parent: Sync, status: SyncStatus, error: VendorError | None) -> None:
    """End a parent that has no children, with the vendor's sentence if there is one."""
    parent.error = error.sentence if error else ""
    parent.answer = error.answer if error else ""
    delay = WAIT_FOR_PERSON if isinstance(error, ConfigError) else timedelta()
    retry_after_s = getattr(error, "retry_after_s", None) or 0
    _finish(parent, status, max(delay, timedelta(seconds=retry_after_s)))


def close_parent_if_done(parent: Sync) -> None:
    """Sum a parent up once all its children have ended."""
    with transaction.atomic():
        locked = Sync.objects.select_for_update().filter(pk=parent.pk).first()
        if locked is None:
            return
        children = list(locked.children.select_related("project"))
        is_open = any(child.status in UNFINISHED for child in children)
        if locked.status not in UNFINISHED or is_open or not children:
            return
        sums = locked.children.aggregate(**{name: Sum(name) for name in SUMMED})
        for name in SUMMED:
            setattr(locked, name, (sums[name] or 0) + getattr(locked, name))
        failed = [child for child in children if child.status == SyncStatus.FAILED]
        worst = next((child for child in [*failed, *children] if child.error), None)
        locked.answer = worst.answer if worst else ""
        locked.error = _summary(worst, len(children)) or locked.error
        locked.is_whole &= all(child.is_whole for child in children)
        _finish(locked, _status_of(locked, children), is_read=not failed)


def _status_of(parent: Sync, children: list[Sync]) -> SyncStatus:
    statuses = {child.status for child in children}
    if statuses == {SyncStatus.FAILED}:
        return SyncStatus.FAILED
    # A project that could not be read in the list is counted at the parent alone.
    is_ok = statuses == {SyncStatus.OK} and parent.is_whole and not parent.rejected
    return SyncStatus.OK if is_ok else SyncStatus.PARTIAL


def _summary(worst: Sync | None, children: int) -> str:
    if worst is None:
        return ""
    name = worst.project.name if worst.project and children > 1 else ""
    return f"{name}: {worst.error}" if name else worst.error


def postpone(connection: Connection, error: VendorError) -> None:
    """Leave the vendor alone for as long as it asked for, whatever the interval."""
    if retry_after_s := getattr(error, "retry_after_s", None):
        until = database_now() + timedelta(seconds=retry_after_s)
        later = Q(next_sync_at__lt=until)
        Connection.objects.filter(later, pk=connection.pk).update(next_sync_at=until)


def _finish(
    parent: Sync,
    status: SyncStatus,
    delay: timedelta = timedelta(),
    *,
    is_read: bool = False,
) -> None:
    """`is_read`: every project was, even where single runs of it could not be."""
    now = timezone.now()
    parent.status, parent.finished_at = status, now
    save(parent, *SAVED)
    sync_ended.send_robust(None, sync=parent)
    connection = Connection.objects.filter(pk=parent.connection_id).first()
    if connection is None:
        return
    is_success = parent.is_whole and (is_read or not parent.error)
    connection.last_error = "" if is_success else parent.error
    connection.last_answer = "" if is_success else parent.answer
    if is_success:
        connection.last_success_at, connection.failing_since = now, None
    else:
        connection.failing_since = connection.failing_since or now
    connection.looked_at = oldest_look(connection)
    interval, ended = timedelta(minutes=connection.interval_minutes), database_now()
    if connection.next_sync_at:
        connection.next_sync_at = max(connection.next_sync_at, ended + delay)
    elif delay:
        connection.next_sync_at = ended + max(delay, interval)
    connection.save(
        update_fields=[
            "last_error",
            "last_answer",
            "last_success_at",
            "failing_since",
            "looked_at",
            "next_sync_at",
        ]
    )


def close_unfinished(sync: Sync, sentence: str) -> None:
    """End a sync, and whatever of its children has not ended, with a sentence.

    Safe for one that ended by itself meanwhile: what is closed is left alone.
    """
    now = timezone.now()
    Sync.objects.filter(
        Q(pk=sync.pk, project__isnull=False) | Q(parent=sync.pk), status__in=UNFINISHED
    ).update(status=SyncStatus.FAILED, error=sentence, finished_at=now)
    parent = sync.parent or sync
    close_parent_if_done(parent)
    lonely = Sync.objects.filter(pk=parent.pk, status__in=UNFINISHED, children=None)
    for row in lonely:
        row.error = sentence
        _finish(row, SyncStatus.FAILED)


@contextmanager
def closed_whatever_happens(sync: Sync) -> Iterator[None]:
    """Close a sync that an error of our own, or Ctrl-C, ends; the error goes on.

    Without a database nothing can be closed: then the lease runs out, and the next
    look at the syncs closes this one. An error because the connection was deleted while
    its sync ran is none.
    """
    try:
        yield
    except Exception as error:
        if _closed(sync, sentence_of(error)):
            raise
        log.info("the connection of sync %s was deleted while it ran", sync.pk)
    except BaseException:
        _closed(sync, STOPPED)
        raise


def _closed(sync: Sync, sentence: str) -> bool:
    """Close as far as the database allows; False when the sync itself is gone."""
    try:
        # A broken connection to the database is replaced by a new one.
        database.close_if_unusable_or_obsolete()
        if not Sync.objects.filter(pk=sync.pk).exists():
            return False
        close_unfinished(sync, sentence)
    except DatabaseTrouble as error:
        log.warning("sync %s could not be closed: %s", sync.pk, error)
    return True


def sentence_of(error: BaseException) -> str:
    """What a person is told of an error of our own; the log holds the rest."""
    if isinstance(error.__cause__, DiskFull):
        return (
            "There is no room left on the disk of the database. Make some; the next "
            "sync goes on where this one ended."
        )
    if isinstance(error, DatabaseTrouble):
        return "The database broke off. The next sync goes on where this one ended."
    return (
        f"Passline failed ({type(error).__name__}); its log says more. The next sync "
        f"goes on where this one ended."
    )
