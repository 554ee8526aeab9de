"""Which stored runs a sync asks for by id, and which it need not read again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ingest.contract import Capabilities
from ingest.models import Project, Run, Sync
from ingest.partitions import oldest_month

# Late rows: a run is read once more when this long has passed since its end.
SETTLE = timedelta(minutes=15)
CLOCKS_DIFFER = timedelta(days=1)


def unsettled(project: Project) -> QuerySet[Run]:
    """Runs that were open, odd or fresh when last read, or that are to be read again."""
    is_fresh = Q(
        read_at__lt=F("finished_at") + SETTLE,
        # One that "ends" in the year 9999 would be read with every sync for ever.
        finished_at__lt=timezone.now() + CLOCKS_DIFFER,
    )
    wanted = is_fresh | Q(must_be_read=True) | Q(pk__in=_open_and_due(project))
    return _stored(project).filter(wanted).order_by("-at", "-pk")


def settled_fingerprints(project: Project) -> dict[str, UUID | None]:
    """By id, what was listed of the runs that need no reading while that stays."""
    moving = set(unsettled(project).values_list("pk", flat=True))
    runs = Run.objects.filter(project=project, removed_at=None)
    # The database hands rows out in batches within a transaction alone.
    with transaction.atomic():
        rows = runs.values_list("pk", "external_id", "fingerprint").iterator()
        return {run: print_ for pk, run, print_ in rows if pk not in moving}


def owed_by_list(sync: Sync, project: Project, said: Capabilities) -> QuerySet[Run]:
    """The runs that the list of this sync should hold, as far back as it reaches.

    None where the vendor lists no runs, except for a sync that asks for each of them.
    """
    is_thorough = sync.is_full or sync.is_look
    if not said.runs_are_listed and not is_thorough:
        return Run.objects.none()
    since = sync.window_since
    if said.listed_for and not sync.is_full:
        reached = timezone.now() - said.listed_for
        since = max(since, reached) if since else reached
    known = _stored(project)
    return known.filter(at__gte=since) if since else known


def _stored(project: Project) -> QuerySet[Run]:
    """Of months that were dropped nothing is left to be mended, and of what was pushed
    to us alone the vendor knows nothing.
    """
    return Run.objects.filter(
        project=project, removed_at=None, partition_on__gte=oldest_month()
    ).exclude(pushed__is_at_vendor=False)


def _open_and_due(project: Project) -> list[int]:
    """Runs that may still change, unless they have been silent for long."""
    now = timezone.now()
    may_change = Q(is_open=True) | Q(is_clean=False)
    runs = Run.objects.filter(may_change, project=project)
    return [run.pk for run in runs.only("read_at", "active_at") if run.is_due(now)]
