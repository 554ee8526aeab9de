"""What workers count: they have no port that anybody could ask, so it is kept in the broker.

A broker that loses them begins at 0 again, as each counter of Prometheus may.
"""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import receiver
from redis.exceptions import RedisError

from dashboard.operations.broker_client import broker
from ingest.events import sync_ended
from ingest.models import Sync

logger = logging.getLogger(__name__)

KEY = "passline:tallies"
SYNCS, RESULTS = "syncs", "results"
Tallies = dict[tuple[str, ...], int]


@receiver(sync_ended)
def count_sync(*, sync: Sync, **_: Any) -> None:
    vendor = sync.connection.vendor
    try:
        with broker().pipeline(transaction=False) as commands:
            commands.hincrby(KEY, f"{SYNCS}:{vendor}:{sync.status}", 1)
            commands.hincrby(KEY, f"{RESULTS}:{vendor}", sync.results_written)
            commands.execute()
    except (OSError, RedisError) as error:
        logger.debug("a sync is not counted: %s", error)


def tallies() -> Tallies:
    """By what was counted and of what: ("syncs", "testmo", "ok"). Raises RedisError."""
    kept: dict[bytes, bytes] = broker().hgetall(KEY)  # type: ignore[assignment]
    return {tuple(key.decode().split(":")): int(kept[key]) for key in sorted(kept)}
