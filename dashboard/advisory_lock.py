"""Locks of PostgreSQL's by name, for what only one may do at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction


@contextmanager
def advisory_lock(what: str, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """A transaction in which nobody else does `what`; others wait until it ends."""
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [what])
        yield


@contextmanager
def try_advisory_lock(name: str) -> Iterator[bool]:
    """Whether no other process is at it; the lock ends with the connection at last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name])
        (is_locked,) = cursor.fetchone()
        try:
            yield is_locked
        finally:
            if is_locked:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])
