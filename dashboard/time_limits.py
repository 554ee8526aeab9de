"""How long one query may take, or wait for others, while something is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, OperationalError, connection


@contextmanager
def statement_limit(longest_s: float) -> Iterator[None]:
    """Inside, a query that takes longer ends as one that failed."""
    with _limited("statement_timeout", longest_s):
        yield


@contextmanager
def lock_limit(longest_s: float) -> Iterator[None]:
    """Inside, a query that waits longer for others ends as one that failed."""
    with _limited("lock_timeout", longest_s):
        yield


@contextmanager
def _limited(setting: str, longest_s: float) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET {setting} = %s", [round(longest_s * 1000)])
    try:
        yield
    finally:
        _take_back(setting)


def _take_back(setting: str) -> None:
    # A transaction that failed takes the setting with it.
    with suppress(DatabaseError):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"RESET {setting}")
        except OperationalError:
            # Broken, or ended at this very moment for a client that hung up: whoever
            # comes next must not have its limit.
            connection.close()
