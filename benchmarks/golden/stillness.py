"""A moment at which Python, Django and PostgreSQL stay, on a machine without a network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

NOW = datetime(2026, 8, 20, 16, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=5)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """It is `moment`, in the database too."""
    import pytest

    from tests import clock

    _stop_database(moment)
    with clock.stopped(moment), pytest.MonkeyPatch.context() as patch:
        from django.utils import timezone

        # Connectors read the time without Django.
        patch.setattr("ingest.connectors.reading.datetime", timezone.datetime)  # type: ignore[attr-defined]
        # Cursors say when they were signed.
        standing = SimpleNamespace(time=moment.timestamp)
        patch.setattr("django.core.signing.time", standing)
        yield


def _stop_database(moment: datetime) -> None:
    """Functions of the same names that are found before those of PostgreSQL."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS stillness")
        for name in ("now", "statement_timestamp", "transaction_timestamp"):
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION stillness.{name}() RETURNS timestamptz"
                f" LANGUAGE sql STABLE AS $$ SELECT '{moment.isoformat()}'::timestamptz $$"
            )
        cursor.execute("SELECT current_database()")
        name = cursor.fetchone()[0]
        path = "public, stillness, pg_catalog"
        cursor.execute(f'ALTER DATABASE "{name}" SET search_path = {path}')
        cursor.execute(f"SET search_path = {path}")
        # It is thrown away after the recording.
        cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        cursor.execute("SET synchronous_commit = off")


@contextmanager
def no_network() -> Iterator[None]:
    """No name is known but that of this machine, so that no vendor is ever asked."""
    import pytest

    look_up = socket.getaddrinfo

    def looked_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in ("127.0.0.1", "localhost", None):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", looked_up)
        yield
