"""A connection that a person takes out, with what others had in common with it."""

from __future__ import annotations

from django.db import transaction

from dashboard.advisory_lock import advisory_lock
from dashboard.annotations.same_tests import linked_through, part_from
from dashboard.annotations.versions import raise_versions
from ingest.models import Connection, MilestoneMember
from ingest.removal import remove_connection


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
