"""Connections synced here and now, without worker or broker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils import timezone

from ingest.models import Connection, Sync, SyncStatus, Trigger
from ingest.sync.closing import UNFINISHED, closed_whatever_happens
from ingest.sync.connection import carry_out, discover, request_sync
from ingest.sync.schedule import close_dead

DELETED = "The connection was deleted while its sync ran."


def sync_in_foreground(
    connections: Iterable[Connection],
    *,
    since: datetime | None = None,
    is_full: bool = False,
    is_look: bool = False,
    on_found: Callable[[list[Sync]], None] = lambda children: None,
    on_end: Callable[[Sync], None] = lambda ended: None,
) -> list[Sync]:
    """Sync connections one after the other; gives the parents.

    `on_found` gets the children before they begin; `on_end` each child as soon as it
    has ended, or the parent where there are none. A connection whose sync is under way
    elsewhere gets a failed Sync that says so.
    """
    # There may be no beat: what was left behind must not block this one for ever.
    close_dead(waiting_too=True)
    parents = []
    for connection in connections:
        parent = request_sync(
            connection, Trigger.COMMAND, since=since, is_full=is_full, is_look=is_look
        )
        if parent is None:
            parent = _refused(connection)
            on_end(parent)
        else:
            _carry_out_all(parent, on_found, on_end)
        parents.append(parent)
    return parents


def _carry_out_all(
    parent: Sync,
    on_found: Callable[[list[Sync]], None],
    on_end: Callable[[Sync], None],
) -> None:
    with closed_whatever_happens(parent):
        children = discover(parent)
        on_found(children)
        for child in children:
            carry_out(child)
            on_end(_again(child))
    _again(parent)
    if not children:
        on_end(parent)


def _again(sync: Sync) -> Sync:
    """The sync as it is now; one that was deleted on the way says so."""
    try:
        sync.refresh_from_db()
    except Sync.DoesNotExist:
        sync.status, sync.error = SyncStatus.FAILED, DELETED
    return sync


def _refused(connection: Connection) -> Sync:
    now = timezone.now()
    other = connection.syncs.filter(status__in=UNFINISHED, parent=None).first()
    since = f" since {other.requested_at:%H:%M:%S} UTC" if other else ""
    return Sync.objects.create(
        connection=connection,
        trigger=Trigger.COMMAND,
        status=SyncStatus.FAILED,
        requested_at=now,
        started_at=now,
        finished_at=now,
        error=(
            f"Another sync of this connection is under way{since}. Try again when it "
            f"ends; one that was killed gives way within five minutes."
        ),
    )
