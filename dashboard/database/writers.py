"""Who changed something just now, and is to see it in whatever they open next."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.cache import cache
from redis.exceptions import RedisError

from dashboard.database.replica import note_write

LATELY_S = 30
_writers: ContextVar[set[int] | None] = ContextVar("writers", default=None)
logger = logging.getLogger(__name__)


@contextmanager
def writes_noted(user_id: int | None = None) -> Iterator[None]:
    """After it this user, or who `is_written_by` named within it, reads what they wrote."""
    writers = set() if user_id is None else {user_id}
    token = _writers.set(writers)
    try:
        yield
    finally:
        _writers.reset(token)
        for writer in writers:
            _note(writer)


def is_written_by(user_id: int) -> None:
    """Where it is known late who writes."""
    if (writers := _writers.get()) is not None:
        writers.add(user_id)


def wrote_lately(user_id: int | None) -> bool:
    """Whether this user changed anything within LATELY_S; also where nobody knows."""
    if user_id is None:
        return False
    try:
        return cache.get(_key(user_id)) is not None
    except RedisError:
        return True


def _note(user_id: int) -> None:
    note_write(user_id)
    try:
        cache.set(_key(user_id), 1, LATELY_S)
    except RedisError as error:
        logger.warning("what user %s wrote may show late: %s", user_id, error)


def _key(user_id: int) -> str:
    return f"wrote-lately-{user_id}"
