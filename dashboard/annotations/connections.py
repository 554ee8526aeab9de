"""Connections made, paused and taken out by people, with what others had in common."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.dispatch import receiver

from dashboard.advisory_lock import advisory_lock
from dashboard.annotations.audit_log import COMMAND_LINE, note
from dashboard.annotations.same_tests import linked_through, part_from
from dashboard.annotations.versions import raise_versions
from dashboard.models import ActKind
from dashboard.readers import reader
from ingest.connections import connection_saved, without_secrets
from ingest.connections import pause as pause_syncs
from ingest.connections import resume as resume_syncs
from ingest.models import Connection, MilestoneMember
from ingest.removal import remove_connection


@receiver(connection_saved)
def _keep(
    connection: Connection, before: dict[str, Any], after: dict[str, Any], **_: Any
) -> None:
    """By whoever the answer is made for; else a command did it."""
    user = User.objects.filter(pk=reader().user_id or 0).first()
    by = user.username if user else COMMAND_LINE
    note(
        ActKind.CONNECTION,
        by=by,
        name=connection.name,
        about=connection.pk,
        before=before,
        after=after,
    )


def pause(connection: Connection, *, by: str) -> None:
    with transaction.atomic():
        pause_syncs(connection, by=by)
        _note_pause(connection, by=by, is_paused=True)


def resume(connection: Connection, *, by: str) -> None:
    with transaction.atomic():
        resume_syncs(connection)
        _note_pause(connection, by=by, is_paused=False)


def _note_pause(connection: Connection, *, by: str, is_paused: bool) -> None:
    note(
        ActKind.CONNECTION,
        by=by,
        name=connection.name,
        about=connection.pk,
        before={"paused": not is_paused},
        after={"paused": is_paused},
    )


@transaction.atomic
def disconnect(connection: Connection, *, by: str) -> None:
    """Delete the connection and all that came through it.

    Tests that were linked to its tests keep who parted them, and a group of one is none.
    One that is gone already is left at that: a button can be pressed twice.

    Raises:
        BusyError: a sync works on it.
    """
    # Whoever links tests waits here, and later for projects, as this does.
    with advisory_lock("linking tests"):
        if not Connection.objects.filter(pk=connection.pk).exists():
            return
        linked = linked_through(connection)
        neighbours = _with_common_milestones(connection)
        name = connection.name
        remove_connection(connection.pk)
        before = without_secrets(connection)
        note(ActKind.CONNECTION, by=by, name=name, about=connection.pk, before=before)
        left = part_from(linked, by=by, because=f"{name} was disconnected")
        raise_versions({*neighbours, *left})


def _with_common_milestones(connection: Connection) -> list[int]:
    """Projects of other connections: state and due date of milestones may be others."""
    shared = MilestoneMember.objects.filter(project__connection=connection)
    others = MilestoneMember.objects.filter(milestone__in=shared.values("milestone"))
    return list(
        others.exclude(project__connection=connection).values_list(
            "project_id", flat=True
        )
    )
