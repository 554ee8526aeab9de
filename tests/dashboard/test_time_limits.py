"""A limit ends with what it was set for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from dashboard.time_limits import statement_limit

pytestmark = pytest.mark.django_db(transaction=True)


def limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return str(cursor.fetchone()[0])


def test_no_limit_stays_where_taking_it_back_was_cancelled() -> None:
    def cancelled(execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith("RESET"):
            sql = "SELECT pg_cancel_backend(pg_backend_pid())"
        return execute(sql, *args)

    before = limit()
    with connection.execute_wrapper(cancelled), statement_limit(7):
        assert limit() == "7s"
    assert limit() == before != "7s"
