"""Months come and go without anybody reading their rows, however many they hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from ingest.models import Result, Run, RunDay
from ingest.partitions import (
    drop_old_partitions,
    ensure_partition,
    existing_months,
    next_month,
)
from ingest.rollups import rebuild_run_days
from tests.factories import NOW, make_results, make_run

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def run_of(days_ago: int) -> Run:
    start = NOW - timedelta(days=days_ago)
    run = make_run(started_at=start, recorded_at=start)
    make_results(run, "PFPF" * 25)
    return run


def asked(work: Callable[[], Any]) -> list[str]:
    """What the database was told."""
    told: list[str] = []

    def note(execute: Any, sql: str, params: Any, *more: Any) -> Any:
        told.append(connection.ops.compose_sql(sql, params) if params else sql)
        return execute(sql, params, *more)

    with connection.execute_wrapper(note):
        work()
    return told


def test_a_month_is_dropped_without_reading_its_rows(settings: Any) -> None:
    old, young = run_of(200), run_of(3)
    settings.RETENTION_DAYS = 100
    month = f"{old.partition_on:y%Ym%m}"
    told = asked(lambda: drop_old_partitions(TODAY))
    of_results = [one for one in told if re.search(r"ingest_result(text)?(_y|\b)", one)]
    read = [one for one in of_results if "pg_inherits" not in one]
    assert sorted(one for one in read if month in one) == [
        f"DROP TABLE ingest_result_{month}",
        f"DROP TABLE ingest_resulttext_{month}",
    ]
    # Other tests may have left months that are older still.
    assert all(one.startswith("DROP TABLE") for one in read)
    assert not Result.objects.filter(run=old).exists()
    assert Result.objects.filter(run=young).count() == 100
    # Its rows are gone; what they came to is kept for ever.
    assert RunDay.objects.get(run=old).passed == 50


def test_a_month_stays_until_the_last_day_of_its_runs_is_old(settings: Any) -> None:
    old = run_of(200)
    settings.RETENTION_DAYS = 100
    Result.objects.filter(run=old, ordinal=0).update(at=NOW - timedelta(days=99))
    rebuild_run_days([old.pk])
    assert old.partition_on.replace(day=1) not in drop_old_partitions(TODAY)
    Result.objects.filter(run=old, ordinal=0).update(at=NOW - timedelta(days=102))
    rebuild_run_days([old.pk])
    assert old.partition_on.replace(day=1) in drop_old_partitions(TODAY)


def test_readers_wait_for_the_removal_of_files_alone(settings: Any) -> None:
    """Whoever drops a table locks its parent, and what takes long comes before."""
    month = f"{run_of(200).partition_on:y%Ym%m}"
    settings.RETENTION_DAYS = 100
    told = asked(lambda: drop_old_partitions(TODAY))
    drops = [one.startswith("DROP TABLE") and month in one for one in told]
    dropping = [n for n, is_drop in enumerate(drops) if is_drop]
    assert dropping
    behind = told[dropping[0] : dropping[-1] + 1]
    assert all(one.startswith("DROP TABLE") for one in behind)


def test_a_month_is_made_without_touching_the_others() -> None:
    run_of(3)
    month = max(existing_months())
    new = next_month(month)
    told = asked(lambda: ensure_partition(new))
    name = f"{new:y%Ym%m}"
    for one in told:
        of_this = "SAVEPOINT" in one or "pg_inherits" in one or "advisory" in one
        assert of_this or name in one, one
    assert any("ATTACH PARTITION" in one for one in told)
    assert not [one for one in told if f"{month:y%Ym%m}" in one]
    with connection.cursor() as cursor:
        # Rows outside of every month would have to be looked through.
        cursor.execute("SELECT count(*) FROM pg_partitioned_table WHERE partdefid <> 0")
        assert cursor.fetchone() == (0,)
