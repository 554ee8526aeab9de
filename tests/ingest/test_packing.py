"""Indexes of months that are over, rebuilt while they are in use."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from ingest import packing
from ingest.packing import pack_indexes
from ingest.partitions import next_month
from tests.factories import NOW, make_results, make_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def month(monkeypatch: pytest.MonkeyPatch) -> date:
    """One with results, of which so few are thought worth it."""
    monkeypatch.setattr(packing, "FEWEST", 1)
    run = make_run(started_at=NOW - timedelta(days=70), recorded_at=NOW)
    make_results(run, "PF" * 50)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ingest_result")
    return run.partition_on.replace(day=1)


def names(month: date) -> list[str]:
    table = f"ingest_result_{month:y%Ym%m}"
    return [f"{table}_case_id_at_idx", f"{table}_pkey"]


def facts(index: str) -> tuple[int, bool, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relfilenode::bigint, indisvalid, reloptions FROM pg_class "
            "JOIN pg_index ON indexrelid = oid WHERE relname = %s",
            [index],
        )
        (found,) = cursor.fetchall()
    return found


def test_those_of_a_month_that_is_over_are_rebuilt_full(month: date) -> None:
    before = {name: facts(name) for name in names(month)}
    assert set(names(month)) <= set(pack_indexes(next_month(month) + packing.QUIET))
    for name in names(month):
        file, is_valid, options = facts(name)
        assert (is_valid, options) == (True, ["fillfactor=100"])
        assert file != before[name][0]


def test_a_month_that_may_go_on_is_left_alone(month: date) -> None:
    day = next_month(month) + packing.QUIET - timedelta(days=1)
    assert not {*names(month)} & {*pack_indexes(day)}


def test_those_that_are_tight_are_left_alone(
    month: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "BYTES_A_RESULT", 8192)
    assert pack_indexes(next_month(month) + packing.QUIET) == []


def test_what_was_stopped_in_the_middle_is_removed(month: date) -> None:
    table = f"ingest_result_{month:y%Ym%m}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX half_built_ccnew ON {table} (case_id)")
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false "
            "WHERE indexrelid = 'half_built_ccnew'::regclass"
        )
    pack_indexes(month)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('half_built_ccnew')")
        assert cursor.fetchone() == (None,)
