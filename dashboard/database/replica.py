"""Which database an answer is read from: a replica, while it is close behind the primary."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, Error, connections
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

ALIAS = "replica"
LOOK_EVERY_S = 1.0
# Of a replica that is down: connecting to it may take as long as its timeout.
LOOK_AGAIN_S = 5.0
# Less is not worth a word.
NOTED_FROM_S = 5
_PRIMARY = "SELECT pg_current_wal_flush_lsn() - '0/0', clock_timestamp()"
_REPLICA = "SELECT pg_last_wal_replay_lsn() - '0/0', pg_last_xact_replay_timestamp()"
# Past the commit, wherever it is written to the disk later.
_WRITTEN = "SELECT pg_current_wal_insert_lsn() - '0/0'"


@dataclass(frozen=True, slots=True)
class Position:
    """How much of the log the replica has replayed, and how old what it lacks can be."""

    replayed: int
    behind_s: float


@dataclass
class Lag:
    """How far the replica is behind, as this process saw it: looked at once a second by
    whoever asks then, while the others go by the last look.

    The replica's own clock tells nothing: it says how old the last change is, which may be
    old because nothing changed, or because the primary is out of reach.
    """

    _lock: Any = field(default_factory=Lock)
    # When the primary's log was how long, the oldest first.
    _lengths: deque[tuple[float, int]] = field(default_factory=deque)
    _looked_at: float = float("-inf")
    _pause_s: float = LOOK_EVERY_S
    _found: Position | None = None

    def position(self) -> Position | None:
        """None where it is down, or nobody knows."""
        if monotonic() - self._looked_at >= self._pause_s and self._lock.acquire(False):
            try:
                self._look()
            finally:
                self._lock.release()
        is_old = monotonic() - self._looked_at > self._pause_s + LOOK_EVERY_S
        return None if is_old else self._found

    def _look(self) -> None:
        was_down = self._found is None
        try:
            self._found = self._position()
        except Error as error:
            self._found = None
            if not was_down:
                logger.warning("pages are read from the primary: %s", error)
        self._looked_at = monotonic()
        self._pause_s = LOOK_EVERY_S if self._found else LOOK_AGAIN_S

    def _position(self) -> Position | None:
        now = monotonic()
        length, time = _row(connections[DEFAULT_DB_ALIAS], _PRIMARY)
        self._lengths.append((now, int(length)))
        while now - self._lengths[0][0] > settings.DATABASE_REPLICA_MAX_LAG + 1:
            self._lengths.popleft()
        replica: Any = connections[ALIAS]
        try:
            replayed, newest = _row(replica, _REPLICA)
        finally:
            replica.rejoin()
        if replayed is None:
            # Out of reach, so that the primary answered; or it follows nobody.
            return None
        known = [now - at for at, length in self._lengths if length <= replayed]
        if newest is not None:
            known.append((time - newest).total_seconds())
        behind_s = 0.0 if length <= replayed else min(known, default=float("inf"))
        return Position(int(replayed), max(behind_s, 0.0))


_lag = Lag()
_primary: ContextVar[Any] = ContextVar("primary", default=None)
_behind_s: ContextVar[float] = ContextVar("behind_s", default=0.0)


def position() -> Position | None:
    """For whoever watches it; None where it is down, or follows nobody."""
    return _lag.position()


def _row(wrapper: Any, statement: str) -> tuple[Any, ...]:
    with wrapper.cursor() as cursor:
        cursor.execute(statement)
        found: tuple[Any, ...] = cursor.fetchone()
        return found


@contextmanager
def reading_replica(user_id: int | None) -> Iterator[None]:
    """Within it the default connection is the replica's, unless that is too far behind, or
    behind what this user wrote. It begins and ends outside of any transaction.
    """
    found = None if _primary.get() else _usable(user_id)
    if found is None:
        yield
        return
    primary: Any = connections[DEFAULT_DB_ALIAS]
    replica: Any = connections[ALIAS]
    tokens = _primary.set(primary), _behind_s.set(found.behind_s)
    connections[DEFAULT_DB_ALIAS] = replica
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = primary
        _primary.reset(tokens[0])
        _behind_s.reset(tokens[1])
        replica.rejoin()


@contextmanager
def on_primary() -> Iterator[None]:
    """Within it the default connection is the primary's: for what is written meanwhile."""
    primary = _primary.get()
    if primary is None:
        yield
        return
    before = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = primary
    try:
        yield
    finally:
        primary.release()
        connections[DEFAULT_DB_ALIAS] = before


def told_behind_s() -> int:
    """How old what is read can be, where that is worth a word; else 0."""
    behind_s = round(_behind_s.get())
    return behind_s if behind_s >= NOTED_FROM_S else 0


def note_write(user_id: int) -> None:
    """From now on this user reads from a replica only once it has what they wrote."""
    if ALIAS not in connections:
        return
    try:
        (written,) = _row(connections[DEFAULT_DB_ALIAS], _WRITTEN)
        kept_s = settings.DATABASE_REPLICA_MAX_LAG + 5
        cache.set(_key(user_id), int(written), kept_s)
    except (Error, RedisError) as error:
        logger.warning("what user %s wrote may show late: %s", user_id, error)


def _usable(user_id: int | None) -> Position | None:
    if ALIAS not in connections:
        return None
    found = _lag.position()
    if found is None or found.behind_s > settings.DATABASE_REPLICA_MAX_LAG:
        return None
    return found if found.replayed >= _written(user_id) else None


def _written(user_id: int | None) -> float:
    if user_id is None:
        return 0
    try:
        return float(cache.get(_key(user_id), 0))
    except RedisError:
        return float("inf")


def _key(user_id: int) -> str:
    return f"written-by-{user_id}"
