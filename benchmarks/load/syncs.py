"""Syncs asked for again as soon as they end, so that the workers never rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

LOOK_EVERY_S = 0.5


@dataclass(slots=True)
class Synced:
    ended: dict[str, int] = field(default_factory=dict)
    results_read: int = 0
    errors: list[str] = field(default_factory=list)


def keep_syncing(connections: Sequence[int], over: threading.Event) -> Synced:
    """Each is compared whole with its tool, again and again; as many at once as there are
    processes of the worker.
    """
    from ingest.models import Sync
    from ingest.tasks import request_sync

    begun = Sync.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    while not over.is_set():
        for connection in connections:
            request_sync(connection, is_look=True)
        time.sleep(LOOK_EVERY_S)
    return _told(begun)


def _told(since: int) -> Synced:
    from ingest.models import Sync

    synced = Synced()
    for sync in Sync.objects.filter(pk__gt=since, parent=None):
        synced.ended[sync.status] = synced.ended.get(sync.status, 0) + 1
        synced.results_read += sync.results_read
        if sync.status in ("failed", "partial"):
            synced.errors.append(sync.error)
    return synced
