"""A look at a moment of the past gives what was to be seen then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction

from dashboard.filters import Filters
from dashboard.reading.scope import Scope, reading
from ingest.models import Run
from tests import clock
from tests.dashboard.column_store.choosing import all_time, asked, chosen
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.past.answers import addresses, answers
from tests.dashboard.past.copies import (
    TABLES,
    Copy,
    copy,
    differences,
    rows,
    without_times_seen,
)
from tests.dashboard.past.history import History, now
from tests.dashboard.shared import stored_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


@dataclass(frozen=True)
class Kept:
    """What the tables held at a moment, after what; `is_settled`: no run was filled."""

    happened: str
    moment: datetime
    tables: Copy
    is_settled: bool


def happens(history: History, times: int) -> Iterator[Kept]:
    for _ in range(times):
        said = history.goes_on()
        is_open = Run.objects.filter(pushed__isnull=False, is_open=True).exists()
        yield Kept(said, now(), copy(), not is_open)


@dataclass(frozen=True)
class World:
    copies: list[Kept]
    answers: dict[datetime, dict[str, Any]]


def make_world() -> World:
    history, reader = History(Random(7)), logged_in(person())
    world = World([], {})
    for _ in range(2):
        world.copies.extend(happens(history, 35))
        history.settles()
        moment = now()
        with clock.stopped(moment):
            world.answers[moment] = answers(reader, addresses())
    world.copies.extend(happens(history, 10))
    return world


@pytest.fixture(scope="module")
def kept_world(request, django_db_setup, django_db_blocker, redis_server):
    with stored_once(request, django_db_blocker, make_world) as world:
        yield world


@pytest.fixture
def world(kept_world):
    return kept_world


def untold(kept: Kept) -> list[str]:
    """What the views do not tell as the tables held it."""
    with reading(Scope(as_of=kept.moment)):
        told = copy()
    if kept.is_settled:
        return differences(kept.tables, told)
    return differences(without_times_seen(kept.tables), without_times_seen(told))


def test_each_table_is_told_as_it_was(world):
    for kept in world.copies:
        assert untold(kept) == [], kept.happened


def test_so_it_is_in_another_order(kept_world):
    for kept in list(happens(History(Random(1), "Desk"), 40)):
        assert untold(kept) == [], kept.happened


def test_each_result_in_columns_is_as_it_was(world):
    for kept in world.copies[::4]:
        with reading(Scope(as_of=kept.moment)):
            assert chosen(Filters(), all_time()) == asked(Filters(), all_time())


def test_each_list_and_metric_is_as_it_was(world):
    reader = logged_in(person("ada"))
    with clock.stopped(now()):
        for moment, was in world.answers.items():
            told = answers(reader, was, moment)
            assert {path for path in was if was[path] != told[path]} == set(), moment


@pytest.mark.parametrize("table", TABLES)
def test_a_view_that_shows_what_is_today_is_found_out(world, table):
    """So that none of them is there for nothing, or not looked at."""
    with transaction.atomic(), connection.cursor() as cursor:
        with reading(Scope(as_of=world.copies[0].moment)):
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        names = ", ".join(f'"{column.name}"' for column in cursor.description)
        todays = f"SELECT {names} FROM seen.{table}"
        cursor.execute(f"CREATE OR REPLACE VIEW past.{table} AS {todays}")
        assert any(is_told_otherwise(table, kept) for kept in reversed(world.copies))
        transaction.set_rollback(True)


def is_told_otherwise(table: str, kept: Kept) -> bool:
    with reading(Scope(as_of=kept.moment)):
        return rows(table) != kept.tables[table]


def test_nobody_sees_more_of_the_past_than_of_today(world):
    kept = world.copies[-1]
    mine = {next(iter(kept.tables["ingest_run"].values()))["project_id"]}
    with reading(Scope(as_of=kept.moment)):
        every = copy()
    with reading(Scope(as_of=kept.moment, projects=frozenset(mine))):
        told = copy()
    runs = {
        run for (run,), row in every["ingest_run"].items() if row["project_id"] in mine
    }
    for table, rows_ in every.items():
        for key, row in rows_.items():
            if "project_id" in row and row["project_id"] is not None:
                is_mine = row["project_id"] in mine
            elif "run_id" in row:
                is_mine = row["run_id"] in runs
            else:
                continue
            assert (key in told[table]) is is_mine, (table, key)
    assert runs
