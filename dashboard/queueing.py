"""Asking for a sync: what the person is told when there is a queue, and when not."""

from __future__ import annotations

import logging
from enum import Enum

from kombu.exceptions import OperationalError

from dashboard.reading.scope import everything
from ingest.models import Connection
from ingest.tasks import request_sync

logger = logging.getLogger(__name__)


class Queued(Enum):
    """STARTED: a worker has it. BUSY: one is under way. WAITS: the queue is gone, and
    the beat sends the sync once it is back.
    """

    STARTED = 1
    BUSY = 2
    WAITS = 3


@everything()
def queue_sync(connection: Connection, *, is_look: bool = False) -> Queued:
    """`is_look`: its projects are to be compared whole with the vendor's lists."""
    try:
        sync = request_sync(connection.pk, is_look=is_look)
    except (OperationalError, OSError) as error:
        # The sync is noted in the database by now, so nothing is lost.
        logger.warning("%s: the queue does not answer: %s", connection.name, error)
        return Queued.WAITS
    return Queued.BUSY if sync is None else Queued.STARTED
