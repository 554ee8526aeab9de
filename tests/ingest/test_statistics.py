"""The database knows the tables after an import, before anybody asks for a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from ingest import statistics
from ingest.statistics import refresh_statistics
from tests import factories
from tests.ingest.served import a_testmo, served

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "FEWEST", 10)


@pytest.fixture(autouse=True)
def _as_in_a_new_database() -> None:
    """Rows deleted after another test leave room, and statistics of what was there."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE ingest_result CASCADE")


def planned_rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [table])
        return int(cursor.fetchone()[0])


def test_a_first_import_tells_the_planner_what_there_is(settings: Any) -> None:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    with served(a_testmo()) as vendor:
        vendor.sync()
    assert planned_rows("ingest_result") > 0


def test_the_database_is_left_alone_after_a_few_more() -> None:
    factories.make_results(factories.make_run(), "P" * 40)
    assert refresh_statistics(40)
    assert not refresh_statistics(9)
    assert not refresh_statistics(0)
    factories.make_results(factories.make_run(), "P" * 300)
    assert refresh_statistics(300)
    assert not refresh_statistics(30)
    assert refresh_statistics(40)


def new_stretches() -> int:
    """Of the table, of whose times the index knew nothing until now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(brin_summarize_new_values(inhrelid)) FROM pg_inherits "
            "WHERE inhparent = 'ingest_result_at'::regclass"
        )
        return int(cursor.fetchone()[0])


def test_the_index_of_times_knows_what_is_new() -> None:
    run = factories.make_run()
    factories.make_results(run, "P")
    with connection.cursor() as cursor:
        # It would tell the index, too, now and then.
        month = f"ingest_result_{run.partition_on:y%Ym%m}"
        cursor.execute(f"ALTER TABLE {month} SET (autovacuum_enabled = off)")
    factories.make_results(run, "P" * 2000)
    assert new_stretches() > 0
    factories.make_results(run, "P" * 2000, cases=[f"other {n}" for n in range(2000)])
    assert refresh_statistics(2000)
    assert new_stretches() == 0
