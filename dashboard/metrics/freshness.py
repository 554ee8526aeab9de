"""How old the data behind an answer is, connection by connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils import timezone

from dashboard.filters import Filters, selected_connections
from ingest import looks
from ingest.models import Connection
from ingest.models.connection import PUSH

State = Literal["fresh", "stale", "failing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """`oldest_success_at`: the oldest last success among the connections used, None when
    none of them ever succeeded. `stale` and `failing` are their ids.
    """

    oldest_success_at: datetime | None
    stale: tuple[int, ...]
    failing: tuple[int, ...]


def state(connection: Connection, now: datetime) -> State:
    """Failing: the last attempt ended in an error. Fresh: the last success lies within
    twice the interval, at least 15 min, and each project was compared whole with its
    vendor's list within twice RECONCILE_HOURS. Else stale. A pause does not make data
    fresh.
    """
    if connection.last_error:
        return "failing"
    is_overdue = looks.is_overdue(connection, connection.looked_at, now)
    return "stale" if is_overdue or is_behind(connection, now) else "fresh"


def is_behind(connection: Connection, now: datetime) -> bool:
    """Whether nothing new came in lately: a connection may be stale for its looks alone.

    What is pushed comes when it comes.
    """
    if connection.vendor == PUSH:
        return False
    success = connection.last_success_at
    return success is None or now - success > connection.fresh_for


def freshness(filters: Filters) -> Freshness:
    """Of the connections that an answer to `filters` is made from, as fresh as they are
    today: what they brought in since may be of the time that is looked at.
    """
    return freshness_of_connections(selected_connections(filters), today_of(filters))


def today_of(filters: Filters) -> datetime:
    """The moment at which freshness is told."""
    return timezone.now() if filters.as_of else filters.now


def freshness_of_connections(
    connections: Iterable[Connection], now: datetime
) -> Freshness:
    by_state: dict[str, list[int]] = {"fresh": [], "stale": [], "failing": []}
    successes = []
    for connection in connections:
        by_state[state(connection, now)].append(connection.pk)
        if connection.last_success_at is not None:
            successes.append(connection.last_success_at)
    return Freshness(
        oldest_success_at=min(successes, default=None),
        stale=tuple(sorted(by_state["stale"])),
        failing=tuple(sorted(by_state["failing"])),
    )
