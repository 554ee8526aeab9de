"""Times come back from the database as Django's own loader reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import DataError, connection, transaction
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg.pq import Format

from dashboard.database.engine.times import UtcLoader

pytestmark = pytest.mark.django_db
TYPE = psycopg.postgres.types["timestamptz"]
AT = datetime(2026, 11, 22, 17, 4, 45, tzinfo=UTC)


class DjangosLoader(BaseTzLoader):
    timezone = UTC


def read(text: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        return cursor.fetchone()[0]


def read_by_django(text: str) -> Any:
    adapters = connection.connection.adapters
    adapters.register_loader("timestamptz", DjangosLoader)
    try:
        return read(text)
    finally:
        adapters.register_loader("timestamptz", UtcLoader)


def test_ours_is_in_use() -> None:
    connection.ensure_connection()
    adapters = connection.connection.adapters
    assert adapters.get_loader(TYPE.oid, Format.TEXT) is UtcLoader


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T17:04:45Z", AT),
        ("2026-11-22T17:04:45.1Z", AT.replace(microsecond=100_000)),
        ("2026-11-22T17:04:45.000012Z", AT.replace(microsecond=12)),
        ("2026-11-22T19:04:45+02", AT),
        ("2026-03-29", datetime(2026, 3, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime.min.replace(tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_utc(text: str, expected: datetime) -> None:
    found = read(text)
    assert found == expected == read_by_django(text)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 BC", "10000-01-01"])
def test_what_python_has_no_time_for_is_refused_as_before(text: str) -> None:
    for reading in (read, read_by_django):
        with pytest.raises(DataError), transaction.atomic():
            reading(text)


def test_a_session_of_another_zone_is_read_as_before() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone TO 'Europe/Berlin'")
        text = "2026-11-22T17:04:45Z"
        assert read(text) == read_by_django(text)
