"""Syncs that are under way now, and how far first imports have come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ingest.models import Sync, SyncStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """A connection that syncs now. `share` (0-1) of the time range of its first import
    is done, None while that is not known; `is_first` marks a first import.
    """

    is_first: bool
    share: float | None


def imports_in_progress() -> Mapping[int, ImportProgress]:
    """By connection; one query."""
    rows = Sync.objects.filter(
        status__in=[SyncStatus.QUEUED, SyncStatus.RUNNING], project__isnull=False
    )
    found: dict[int, list[Sync]] = {}
    for sync in rows.order_by("pk"):
        found.setdefault(sync.connection_id, []).append(sync)
    return {connection: _of_syncs(syncs) for connection, syncs in found.items()}


def _of_syncs(syncs: list[Sync]) -> ImportProgress:
    first = [sync for sync in syncs if sync.is_backfill]
    shares = [share for sync in first if (share := share_done(sync)) is not None]
    # The slowest project tells how far the connection is.
    return ImportProgress(is_first=bool(first), share=min(shares, default=None))


def share_done(sync: Sync) -> float | None:
    """Of the time range of a first import; None while nobody knows where it begins."""
    begins, reached = sync.window_since, sync.oldest_reached
    ends: datetime = sync.requested_at
    if begins is None or begins >= ends:
        return None
    if reached is None:
        return 0.0
    return min(max((ends - reached) / (ends - begins), 0.0), 1.0)
