"""Tables that nobody else can read for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Another session holds the table; whoever waits for it less than for ever fails."""
    params = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    given = {name: params[name] for name in names if params.get(name)}
    with psycopg.connect(**given) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
            yield
            cursor.execute("RESET lock_timeout")
        other.rollback()
