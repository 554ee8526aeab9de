"""Locks of PostgreSQL's by name, for what only one may do at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

# The name of sessions that hold a lock and never write.
HOLDER = "passline lock"


@contextmanager
def advisory_lock(what: str, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """A transaction in which nobody else does `what`; others wait until it ends."""
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [what])
        yield


@contextmanager
def try_advisory_lock(name: str) -> Iterator[bool]:
    """Whether no other process is at it. The lock is held by a transaction beside those in
    which the work is done; it ends with the process at last.
    """
    holder = connection.copy()
    holder.settings_dict["OPTIONS"]["application_name"] = HOLDER
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [name])
            (is_locked,) = cursor.fetchone()
        yield is_locked
        # A pooler throws sessions away that were left within a transaction.
        holder.rollback()
    finally:
        holder.close()
