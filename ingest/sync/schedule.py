"""What is due, what died and what a broker lost: the beat's view of the syncs."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from ingest.models import Connection, Project, Sync, SyncStatus, Trigger
from ingest.models.connection import PUSH
from ingest.sync.closing import UNFINISHED, close_unfinished
from ingest.sync.lease import LEASE

# A message not taken up for so long is sent again; taking one up twice is harmless.
LOST_AFTER = timedelta(minutes=2)
DIED = "The worker ended in the middle. The next sync goes on where it stopped."


def due_connections() -> QuerySet[Connection]:
    """Connections whose time has come and that have no sync under way."""
    is_due = Q(next_sync_at=None) | Q(next_sync_at__lte=Now())
    # The database's clock was ahead then, and what it said of the next one is void.
    is_due |= Q(last_attempt_at__gt=Now())
    busy = Sync.objects.filter(status__in=UNFINISHED, parent=None)
    running = Connection.objects.filter(is_due, paused_at=None).exclude(vendor=PUSH)
    return running.exclude(pk__in=busy.values("connection"))


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


def close_dead(*, waiting_too: bool = False) -> None:
    """Close syncs whose worker is gone, so that their connection is free again.

    `waiting_too`: also those that have waited for a worker for longer than a claim
    lasts. A beat would have sent them again by then, so there is none.
    """
    for child in _dead_children().select_related("parent"):
        close_unfinished(child, DIED)
    for parent in _dead_parents(waiting_too):
        close_unfinished(parent, DIED)


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


def _dead_parents(waiting_too: bool) -> QuerySet[Sync]:
    """Parents of long ago of which nothing runs and nothing waits on the queue."""
    limit = timezone.now() - LEASE
    # Nobody but a command itself takes its own sync up.
    is_given_up = Q(trigger=Trigger.COMMAND)
    if waiting_too:
        is_given_up |= Q(sent_at__lt=limit) | Q(sent_at=None, requested_at__lt=limit)
    queued = Q(status=SyncStatus.QUEUED)
    is_old = Q(status=SyncStatus.RUNNING, started_at__lt=limit) | (
        queued & is_given_up & Q(requested_at__lt=limit)
    )
    alive = Project.objects.filter(claimed_until__gt=Now()).values("connection")
    children = Sync.objects.filter(parent__isnull=False)
    waiting = children.filter(queued).exclude(is_given_up)
    # A command has no claim for a moment between two projects.
    recent = children.filter(finished_at__gt=limit).exclude(error=DIED)
    return (
        Sync.objects.filter(is_old, project=None)
        .exclude(connection__in=alive)
        .exclude(pk__in=waiting.values("parent"))
        .exclude(pk__in=recent.values("parent"))
    )
