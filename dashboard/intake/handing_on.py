"""What was stored and is handed on to its vendor, too: noted with it, sent right after."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

from ingest.relay.outbox import Queue, note_part
from ingest.tasks import hand_on_queue

logger = logging.getLogger(__name__)


@contextmanager
def handed_on(
    queue: Queue,
    act: str,
    body: Any,
    is_relayed: bool,
    *,
    thread_id: int | None = None,
) -> Iterator[None]:
    """Inside, a request is stored; where its run is relayed it is noted with that."""
    if not is_relayed:
        yield
        return
    with transaction.atomic():
        yield
        hand_on_later(queue, act, body, thread_id=thread_id)


def hand_on_later(
    queue: Queue, act: str, body: Any, *, thread_id: int | None = None
) -> None:
    """Note a request in the open transaction; it is sent once that is through."""
    note_part(queue, act, body, thread_id=thread_id)
    hand_on_soon(queue)


def hand_on_soon(queue: Queue) -> None:
    """Send what waits once the open transaction is through."""
    transaction.on_commit(partial(_ask_a_worker, queue))


def _ask_a_worker(queue: Queue) -> None:
    try:
        hand_on_queue.delay(*queue)
    except (OperationalError, OSError) as error:
        # It is stored and noted: whoever pushed it is not troubled, and the next look of
        # a beat finds it.
        logger.warning("%s waits, the queue does not answer: %s", queue, error)
