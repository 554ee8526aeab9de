"""What the syncs of each connection did lately and do now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncHour

from dashboard.lists.imports import share_done
from ingest.models import Project, Sync, SyncStatus

HOURS = 24
UNFINISHED = (SyncStatus.QUEUED, SyncStatus.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Results read and written by the syncs of 24 h. `hourly` are those written, an
    hour each, oldest first; the last hour is the running one.
    """

    read: int = 0
    written: int = 0
    hourly: tuple[int, ...] = (0,) * HOURS


@dataclass(slots=True, kw_only=True)
class UnderWay:
    """A connection's sync that has not ended.

    `is_first`: a first import. `begins` is where its time range starts, None for all
    there is; `reached` how far back the slowest project is, `share` (0-1) how much of
    its time range is done. `projects_left` of `projects` have not ended.
    """

    started_at: datetime | None
    is_first: bool = False
    begins: datetime | None = None
    reached: datetime | None = None
    share: float | None = None
    runs_read: int = 0
    projects: int = 0
    projects_left: int = 0


def syncs_shown() -> QuerySet[Sync]:
    """One row for each project synced; what failed before there was one stands itself.

    The sync of a connection sums up those of its projects, so it is not shown again.
    """
    children = Sync.objects.filter(parent=OuterRef("pk"))
    return Sync.objects.filter(Q(project__isnull=False) | ~Exists(children))


def syncs_chosen(
    *,
    connection: int | None = None,
    status: str = "",
    since: datetime | None = None,
    until: datetime,
    q: str = "",
) -> QuerySet[Sync]:
    """Newest first. `q` is part of the connection's or the project's name."""
    syncs = syncs_shown()
    if connection:
        syncs = syncs.filter(connection_id=connection)
    if status:
        syncs = syncs.filter(status=status)
    if since is not None:
        syncs = syncs.filter(requested_at__gte=since, requested_at__lt=until)
    if q:
        named = Q(connection__name__icontains=q) | Q(project__name__icontains=q)
        syncs = syncs.filter(named)
    return syncs.order_by("-requested_at", "-pk")


def activity(now: datetime) -> dict[int, Activity]:
    """By connection, over the syncs asked for within 24 h; one query."""
    since = now - timedelta(hours=HOURS)
    rows = (
        syncs_shown()
        .filter(requested_at__gte=since, requested_at__lt=now)
        .annotate(hour=TruncHour("requested_at"))
        .order_by()
        .values_list("connection_id", "hour")
        .annotate(read=Sum("results_read"), written=Sum("results_written"))
    )
    found: dict[int, tuple[int, int, list[int]]] = {}
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    for connection, hour, read, written in rows:
        sums = found.get(connection, (0, 0, [0] * HOURS))
        # Of the hour that began 24 h ago only a part counts: it stands with the next.
        place = max(HOURS - 1 - int((this_hour - hour) / timedelta(hours=1)), 0)
        sums[2][place] += written
        found[connection] = (sums[0] + read, sums[1] + written, sums[2])
    return {
        connection: Activity(read=read, written=written, hourly=tuple(hourly))
        for connection, (read, written, hourly) in found.items()
    }


def newest_finished_syncs() -> dict[int, Sync]:
    """The newest finished sync of each connection; one query."""
    syncs = (
        Sync.objects.filter(parent__isnull=True, finished_at__isnull=False)
        .order_by("connection_id", "-requested_at", "-pk")
        .distinct("connection_id")
        .only("connection_id", "started_at", "finished_at")
    )
    return {sync.connection_id: sync for sync in syncs}


def under_way() -> dict[int, UnderWay]:
    """Connections whose sync has not ended; two queries."""
    parents = Sync.objects.filter(status__in=UNFINISHED, parent__isnull=True)
    found = {
        parent.pk: (parent.connection_id, UnderWay(started_at=parent.started_at))
        for parent in parents
    }
    for child in Sync.objects.filter(parent__in=list(found)):
        _add(found[child.parent_id or 0][1], child)
    return dict(found.values())


def _add(sync: UnderWay, child: Sync) -> None:
    sync.projects += 1
    sync.runs_read += child.runs_read
    if child.status not in UNFINISHED:
        return
    sync.projects_left += 1
    if child.is_backfill:
        sync.is_first = True
        sync.begins = child.window_since
        if child.oldest_reached is not None:
            sync.reached = max(
                sync.reached or child.oldest_reached, child.oldest_reached
            )
        if (share := share_done(child)) is not None:
            # The slowest project tells how far the connection is.
            sync.share = share if sync.share is None else min(share, sync.share)


def newest_syncs(limit: int) -> list[Sync]:
    """The newest syncs of connections, those under way first."""
    syncs = Sync.objects.filter(parent__isnull=True).select_related("connection")
    return list(syncs.order_by("-requested_at", "-pk")[:limit])


def projects_of(connections: Collection[int]) -> Mapping[int, list[str]]:
    """Names of the projects of each connection."""
    found: dict[int, list[str]] = {}
    rows = Project.objects.filter(connection__in=connections).order_by("name")
    for connection, name in rows.values_list("connection_id", "name"):
        found.setdefault(connection, []).append(name)
    return found


def sync_duration_ms(sync: Sync) -> int | None:
    if sync.started_at is None or sync.finished_at is None:
        return None
    return max(0, (sync.finished_at - sync.started_at) // timedelta(milliseconds=1))


def results_of(syncs: QuerySet[Sync]) -> tuple[int, int]:
    """How many results they read and wrote together."""
    sums = syncs.order_by().aggregate(
        read=Sum("results_read"), written=Sum("results_written")
    )
    return sums["read"] or 0, sums["written"] or 0
