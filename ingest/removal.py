"""A connection taken out, with everything that was read through it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ingest.milestones import sum_up
from ingest.models import (
    Case,
    Connection,
    Milestone,
    Project,
    Result,
    ResultChange,
    ResultText,
    Run,
)


class BusyError(Exception):
    """A sync works on the connection; its text is for a person."""


def remove_connection(connection_id: int) -> None:
    """Delete the connection, its projects, runs and results, in one transaction.

    Raises BusyError while a worker holds one of its projects.
    """
    with transaction.atomic():
        # The lock keeps a new sync from being asked for meanwhile. It leaves the key
        # free: PostgreSQL checks it when a sync changes its project for a second time
        # in one transaction, and each would wait for the other.
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection_id)
        projects = list(row.projects.select_for_update())
        now = timezone.now()
        if any(one.claimed_until and one.claimed_until > now for one in projects):
            raise BusyError(
                f"A sync of {row.name} is under way. Pause it, wait until the sync "
                "ends, then try again."
            )
        _remove_projects([one.pk for one in projects])
        row.delete()


def _remove_projects(projects: list[int]) -> None:
    # These have no foreign keys in the database, so nothing cascades to them.
    for model in (ResultText, ResultChange, Result):
        model._default_manager.filter(project__in=projects).delete()
    milestones = list(
        Milestone.objects.filter(members__project__in=projects).values_list(
            "pk", flat=True
        )
    )
    # Runs protect the sources and configurations that they name.
    Run.objects.filter(project__in=projects).delete()
    Case.objects.filter(project__in=projects).delete()
    Project.objects.filter(pk__in=projects).delete()
    # What others have in them stays, with the state and the due date of the others.
    sum_up(milestones)
