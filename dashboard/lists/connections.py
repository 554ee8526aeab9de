"""Connections: accounts of the tools, never with their secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import F, QuerySet
from django.utils import timezone

from dashboard.addresses import address
from dashboard.filters import Filters, selected_connections
from dashboard.lists.listing import ONLY_RESULTS, Listing, PagePath, by_name
from dashboard.lists.projects import SYNC_STATES, matching_runs, sync_state
from dashboard.metrics.freshness import state
from dashboard.readers import ForSignedIn
from ingest.models import Connection, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """An account of a tool. `state` is fresh, stale or failing."""

    id: int
    name: str
    tool: str
    base_url: ForSignedIn[str]
    interval_minutes: int
    projects: tuple[int, ...]
    state: str
    paused_at: datetime | None
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    next_sync_at: datetime | None
    failing_since: datetime | None
    last_error: ForSignedIn[str]
    created_at: datetime
    url: PagePath


def select(filters: Filters) -> QuerySet[Connection]:
    """Connections with a run that passes the filters; `q` is part of their name."""
    connections = selected_connections(filters)
    if (runs := matching_runs(filters)) is not None:
        projects = Project.objects.filter(pk__in=runs.values("project_id"))
        connections = connections.filter(pk__in=projects.values("connection_id"))
    if filters.q:
        connections = connections.filter(name__icontains=filters.q)
    if filters.status:
        connections = connections.filter(sync_state(filters))
    return connections


def rows(connections: Sequence[Connection]) -> list[ConnectionRow]:
    now = timezone.now()
    projects: dict[int, list[int]] = {}
    pairs = Project.objects.filter(connection__in=[c.pk for c in connections])
    for project, connection in pairs.order_by("pk").values_list("pk", "connection_id"):
        projects.setdefault(connection, []).append(project)
    return [_row(c, projects.get(c.pk, []), now) for c in connections]


def not_paused() -> QuerySet[Connection]:
    return Connection.objects.filter(paused_at=None)


def connection_names(beginning: str = "") -> set[str]:
    """The names of all connections that begin so."""
    found = Connection.objects.filter(name__startswith=beginning)
    return set(found.values_list("name", flat=True))


def plain_address(base_url: str) -> str:
    """The address without a user's name and password, should somebody put them in."""
    parts = urlsplit(base_url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _row(
    connection: Connection, projects: Sequence[int], now: datetime
) -> ConnectionRow:
    return ConnectionRow(
        id=connection.pk,
        name=connection.name,
        tool=connection.vendor,
        base_url=plain_address(connection.base_url),
        interval_minutes=connection.interval_minutes,
        projects=tuple(projects),
        state=state(connection, now),
        paused_at=connection.paused_at,
        last_attempt_at=connection.last_attempt_at,
        last_success_at=connection.last_success_at,
        next_sync_at=connection.next_sync_at,
        failing_since=connection.failing_since,
        last_error=connection.last_error,
        created_at=connection.created_at,
        url=PagePath(f"{address('sync')}#connection-{connection.pk}"),
    )


CONNECTIONS = Listing(
    name="connections",
    row=ConnectionRow,
    select=select,
    rows=rows,
    sorts={
        "created_at": F("created_at"),
        "name": by_name(),
    },
    default_sort="created_at",
    moving=frozenset({"name"}),
    statuses=SYNC_STATES,
    refused=ONLY_RESULTS,
)
