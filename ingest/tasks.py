"""Thin Celery tasks. None retries: the next beat finds what is due."""

from __future__ import annotations

from collections.abc import Iterable

from celery import shared_task
from django.utils import timezone

from ingest import sync
from ingest.housekeeping import keep_house as keep_house_now
from ingest.intake.closing import close_abandoned, forget_received
from ingest.models import Connection, Project, Sync, SyncStatus, Trigger
from ingest.relay.outbox import Queue, due_queues
from ingest.relay.sending import hand_on
from ingest.started_runs.following import follow
from ingest.sync import schedule
from ingest.sync.announced import announce as note_announced


@shared_task
def start_due_syncs() -> None:
    """Close what died, send again what was lost, start what is due."""
    close_abandoned(timezone.now())
    schedule.close_dead()
    for child in schedule.lost_children():
        sync_project.delay(child.pk)
    for parent in schedule.lost_parents():
        sync_connection.delay(parent.pk)
    for connection in schedule.due_connections():
        request_sync(connection.pk, Trigger.SCHEDULE)


@shared_task
def sync_connection(parent_id: int) -> None:
    parent = Sync.objects.filter(pk=parent_id).first()
    for child in sync.discover(parent) if parent else []:
        schedule.note_sent(child)
        sync_project.delay(child.pk)


@shared_task
def sync_project(sync_id: int) -> None:
    child = Sync.objects.filter(pk=sync_id, status=SyncStatus.QUEUED).first()
    if child:
        sync.carry_out(child)


@shared_task
def follow_started_runs() -> None:
    """Read at once what runs that were started here have reported by now."""
    for row in follow(timezone.now()):
        announce(row.project, [row.run_external_id])


@shared_task
def hand_on_queue(project_id: int, run_id: int | None) -> None:
    if hand_on(Queue(project_id, run_id)):
        hand_on_queue.delay(project_id, run_id)


@shared_task
def hand_on_what_waits() -> None:
    """What was lost, or was to be tried later."""
    for queue in due_queues(timezone.now()):
        hand_on_queue.delay(*queue)


@shared_task
def keep_house() -> None:
    keep_house_now()
    forget_received(timezone.now())


def request_sync(
    connection_id: int, trigger: str = Trigger.PERSON, *, is_look: bool = False
) -> int | None:
    """Open a sync and queue it; its id, or None while one is under way."""
    connection = Connection.objects.get(pk=connection_id)
    parent = sync.request_sync(connection, Trigger(trigger), is_look=is_look)
    if parent is None:
        return None
    schedule.note_sent(parent)
    sync_connection.delay(parent.pk)
    return parent.pk


def announce(project: Project, run_ids: Iterable[str]) -> int | None:
    """Let a sync of the project's connection begin that reads these runs first; its id,
    or None while one is under way, which another follows.
    """
    note_announced(project, run_ids)
    return request_sync(project.connection_id, Trigger.SCHEDULE)
