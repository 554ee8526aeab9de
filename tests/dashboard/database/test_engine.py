"""Settings hold while something is done, whatever becomes of it, and never after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from dashboard.database.local_settings import held_transaction
from dashboard.reading.scope import Scope, everything, reading
from dashboard.time_limits import lock_limit, statement_limit
from ingest.models import Project
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True)
SEVEN = ("7s", "0")
NONE = ("0", "0")


def limits() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        told = []
        for name in ("statement_timeout", "lock_timeout"):
            cursor.execute(f"SHOW {name}")
            told.append(str(cursor.fetchone()[0]))
        return tuple(told)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def is_in_transaction() -> bool:
    status = connection.connection.pgconn.transaction_status
    return status != psycopg.pq.TransactionStatus.IDLE


@contextmanager
def failing(error: type[Exception] = DatabaseError) -> Iterator[None]:
    with pytest.raises(error):
        yield


def test_limits_are_within_one_another() -> None:
    with statement_limit(7):
        assert limits() == SEVEN
        with lock_limit(3), statement_limit(5):
            assert limits() == ("5s", "3s")
        assert limits() == SEVEN
    assert not is_in_transaction()
    assert limits() == NONE


def test_what_fails_costs_itself_alone() -> None:
    with statement_limit(7):
        with failing():
            run("SELECT 1 / 0")
        assert limits() == SEVEN
        with failing(), transaction.atomic():
            assert limits() == SEVEN
            run("SELECT 1 / 0")
        assert limits() == SEVEN
    assert limits() == NONE


def test_a_failed_part_of_a_transaction_leaves_the_limits_around_it() -> None:
    with transaction.atomic(), statement_limit(7):
        with failing(), transaction.atomic(), statement_limit(5):
            assert limits() == ("5s", "0")
            run("SELECT 1 / 0")
        assert limits() == SEVEN
        with failing(ZeroDivisionError), transaction.atomic(), everything():
            with statement_limit(5):
                assert limits() == ("5s", "0")
            raise ZeroDivisionError
        assert limits() == SEVEN
    with transaction.atomic():
        assert limits() == NONE


def test_a_limit_set_within_a_transaction_ends_before_it() -> None:
    with transaction.atomic():
        with statement_limit(7):
            assert limits() == SEVEN
        assert limits() == NONE


def test_each_write_is_committed_by_itself() -> None:
    project = make_project(name="before")
    with statement_limit(7):
        assert Project.objects.count() == 1
        assert is_in_transaction()
        Project.objects.filter(pk=project.pk).update(name="after")
        assert not is_in_transaction()
        assert Project.objects.count() == 1
        with failing():
            run("SELECT 1 / 0")
    assert Project.objects.get().name == "after"


def test_no_limit_stays_where_the_session_broke() -> None:
    with statement_limit(7):
        assert limits() == SEVEN
        with failing(OperationalError):
            run("SELECT pg_terminate_backend(pg_backend_pid())")
    assert limits() == NONE


def test_a_reader_of_a_session_that_broke_sees_no_more_in_the_next() -> None:
    mine = make_project(name="mine")
    make_project(name="hidden")
    with reading(Scope(projects=frozenset([mine.pk]))):
        assert [one.name for one in Project.objects.all()] == ["mine"]
        with failing(OperationalError):
            run("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.close()
        assert [one.name for one in Project.objects.all()] == ["mine"]
    assert Project.objects.count() == 2


def test_a_cursor_ends_with_what_is_held() -> None:
    for _ in range(3):
        make_project()
    with held_transaction():
        rows = Project.objects.order_by("pk").iterator(chunk_size=1)
        first = next(rows)
        run("SELECT 1")
        assert [first, *rows] == [*Project.objects.order_by("pk")]
    assert not is_in_transaction()
    run(
        "DO $$BEGIN ASSERT NOT EXISTS (SELECT FROM pg_cursors WHERE is_holdable); END$$"
    )


def test_what_is_copied_obeys_the_limits_too() -> None:
    asked = "COPY (SELECT %s, current_setting('statement_timeout')) TO STDOUT"
    with statement_limit(7):
        assert copied(asked, [1]) == b"1\t7s\n"
        assert copied(asked, [2]) == b"2\t7s\n"
        assert limits() == SEVEN
    with failing(OperationalError), statement_limit(0.05):
        copied("COPY (SELECT pg_sleep(%s)) TO STDOUT", [10])
    assert not is_in_transaction()
    assert copied(asked, [3]) == b"3\t0\n"


def copied(statement: str, params: list[Any]) -> bytes:
    wrapper: Any = connection
    found: bytes = wrapper.copied(statement, params)
    return found


def test_an_answer_costs_two_round_trips_beside_its_queries(monkeypatch) -> None:
    run("SELECT 1")
    sent = []
    execute = psycopg.Cursor.execute

    def noted(self, query, *args, **kwargs):
        sent.append(query)
        return execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    with reading(Scope(projects=frozenset([1]))), statement_limit(7):
        for _ in range(5):
            Project.objects.exists()
    assert [str(one).startswith("BEGIN; SELECT set_config") for one in sent] == [
        True,
        *[False] * 5,
    ]
