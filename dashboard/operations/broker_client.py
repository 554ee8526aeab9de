"""The broker asked by us, not by Celery: soon answered or not at all."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings

from dashboard.embedded.connections import Pool

# What is asked here takes a millisecond. Whoever asks must not wait for one that hangs.
ANSWER_LIMIT_S = 2
QUEUES = ("passline", "quick")
# Where Celery's transport keeps what a worker has and has not acknowledged.
_TAKEN = "unacked"


@cache
def broker() -> redis.Redis:
    limits = {
        "socket_timeout": ANSWER_LIMIT_S,
        "socket_connect_timeout": ANSWER_LIMIT_S,
    }
    if settings.REDIS_URL:
        return redis.Redis.from_url(settings.REDIS_URL, **limits)
    return redis.Redis(connection_pool=Pool(**limits))


def queue_lengths() -> dict[str, int]:
    """Messages that no worker has taken, by queue."""
    with broker().pipeline(transaction=False) as commands:
        for queue in QUEUES:
            commands.llen(queue)
        return dict(zip(QUEUES, commands.execute(), strict=True))


def taken() -> int:
    """Messages that workers have and work on."""
    return int(broker().hlen(_TAKEN))
