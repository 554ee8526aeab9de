"""Syncs: attempts to bring a connection (parent) or a project (child) up to date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from django.db.models import F, Q, QuerySet

from dashboard.addresses import address
from dashboard.filters import Filters, selected_connections
from dashboard.lists.listing import ONLY_RESULTS, Listing, PagePath
from dashboard.lists.projects import matching_runs
from dashboard.readers import ForSignedIn
from ingest.models import Sync, SyncStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRow:
    """One attempt. `project` and `parent` are null for the sync of a connection."""

    id: int
    connection: int
    project: int | None
    parent: int | None
    trigger: str
    status: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    runs_read: int
    runs_written: int
    results_read: int
    results_written: int
    rejected: int
    unknown_statuses: int
    error: ForSignedIn[str]
    url: PagePath


def select(filters: Filters, *, by_error: bool = True) -> QuerySet[Sync]:
    """Syncs by the time they were asked for. Filters on runs choose the syncs of projects
    that have such runs; `q` is part of the project's or connection's name, or, unless
    told otherwise, of the error.
    """
    syncs = Sync.objects.all()
    if filters.connection or filters.tool:
        chosen = selected_connections(replace(filters, project=()))
        syncs = syncs.filter(connection__in=chosen)
    if filters.project:
        syncs = syncs.filter(project_id__in=filters.project)
    if window := filters.list_window():
        syncs = syncs.filter(
            requested_at__gte=window.since, requested_at__lt=window.until
        )
    # The window is one of syncs here, not of runs.
    timeless = replace(filters, window_days=None, since=None, until=None)
    if (runs := matching_runs(timeless)) is not None:
        syncs = syncs.filter(project_id__in=runs.values("project_id"))
    if filters.status:
        syncs = syncs.filter(status__in=filters.status)
    if filters.q:
        named = Q(project__name__icontains=filters.q)
        named |= Q(connection__name__icontains=filters.q)
        if by_error:
            named |= Q(error__icontains=filters.q)
        syncs = syncs.filter(named)
    return syncs


def rows(syncs: Sequence[Sync]) -> list[SyncRow]:
    return [
        SyncRow(
            id=sync.pk,
            connection=sync.connection_id,
            project=sync.project_id,
            parent=sync.parent_id,
            trigger=sync.trigger,
            status=sync.status,
            requested_at=sync.requested_at,
            started_at=sync.started_at,
            finished_at=sync.finished_at,
            runs_read=sync.runs_read,
            runs_written=sync.runs_written,
            results_read=sync.results_read,
            results_written=sync.results_written,
            rejected=sync.rejected,
            unknown_statuses=sync.unknown_statuses,
            error=sync.error,
            url=PagePath(f"{address('sync')}#connection-{sync.connection_id}"),
        )
        for sync in syncs
    ]


SYNCS = Listing(
    name="syncs",
    row=SyncRow,
    select=select,
    rows=rows,
    sorts={"requested_at": F("requested_at")},
    default_sort="-requested_at",
    statuses=tuple(str(status) for status in SyncStatus),
    refused=ONLY_RESULTS,
)
# Who may not read an error must not find out by searching what it says.
SYNCS_FOR_STRANGERS = replace(SYNCS, select=partial(select, by_error=False))
