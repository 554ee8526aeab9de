"""What is due, what died and what a broker lost: the beat's view of the syncs."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from ingest.models import Connection, Project, Sync, SyncStatus, Trigger
from ingest.sync.connection import UNFINISHED, close_parent_if_done
from ingest.sync.lease import LEASE

# A message not taken up for so long is sent again; taking one up twice is harmless.
LOST_AFTER = timedelta(minutes=2)
DIED = "The worker ended in the middle. The next sync goes on where it stopped."


def due_connections() -> QuerySet[Connection]:
    """Connections whose time has come and that have no sync under way."""
    is_due = Q(next_sync_at=None) | Q(next_sync_at__lte=Now())
    busy = Sync.objects.filter(status__in=UNFINISHED, parent=None)
    return Connection.objects.filter(is_due, paused_at=None).exclude(
        pk__in=busy.values("connection")
    )


def note_sent(sync: Sync) -> None:
    Sync.objects.filter(pk=sync.pk).update(sent_at=timezone.now())


def lost_children() -> list[Sync]:
    """Children queued long ago, marked as sent again."""
    return _send_again(Sync.objects.filter(parent__isnull=False))


def lost_parents() -> list[Sync]:
    """Parents queued long ago, marked as sent again."""
    return _send_again(Sync.objects.filter(parent=None))


def _send_again(syncs: QuerySet[Sync]) -> list[Sync]:
    limit = timezone.now() - LOST_AFTER
    lost = list(
        syncs.filter(status=SyncStatus.QUEUED)
        .exclude(trigger=Trigger.COMMAND)
        .filter(Q(sent_at=None, requested_at__lt=limit) | Q(sent_at__lt=limit))
    )
    for sync in lost:
        note_sent(sync)
    return lost


def close_dead() -> None:
    """Close syncs whose worker is gone, so that their connection is free again."""
    for child in _dead_children().select_related("parent"):
        _close_as_dead(child)
        if child.parent:
            close_parent_if_done(child.parent)
    for parent in _dead_parents():
        # Children of a command are run by it and by nobody else.
        for child in parent.children.filter(status=SyncStatus.QUEUED):
            _close_as_dead(child)
        if parent.children.exists():
            close_parent_if_done(parent)
        else:
            _close_as_dead(parent)


def _dead_children() -> QuerySet[Sync]:
    """Children that run, on a project whose claim ran out."""
    no_claim = Q(project__claimed_until__lt=Now()) | Q(project__claimed_until=None)
    return Sync.objects.filter(
        no_claim,
        status=SyncStatus.RUNNING,
        project__isnull=False,
        # Between saying that it runs and taking the claim a moment passes.
        started_at__lt=timezone.now() - timedelta(seconds=30),
    )


def _dead_parents() -> QuerySet[Sync]:
    """Parents begun long ago of which nothing runs and nothing waits on the queue."""
    alive = Project.objects.filter(claimed_until__gt=Now()).values("connection")
    parents = Sync.objects.filter(
        status=SyncStatus.RUNNING,
        project=None,
        started_at__lt=timezone.now() - LEASE,
    ).exclude(connection__in=alive)
    waiting = Sync.objects.filter(status=SyncStatus.QUEUED, parent__isnull=False)
    return parents.exclude(
        pk__in=waiting.exclude(trigger=Trigger.COMMAND).values("parent")
    )


def _close_as_dead(sync: Sync) -> None:
    Sync.objects.filter(pk=sync.pk, status__in=UNFINISHED).update(
        status=SyncStatus.FAILED, error=DIED, finished_at=timezone.now()
    )
