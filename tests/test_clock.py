"""The clock of the tests: all services follow it, and any day may be drawn."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
import redis
from django.db import connection

from tests import clock
from tests.clock import __main__ as setting


@pytest.mark.django_db
def test_python_postgresql_redis_and_a_child_process_agree_on_the_time(redis_server):
    before = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        database = cursor.fetchone()[0]
    with redis.Redis.from_url(redis_server) as client:
        seconds, microseconds = client.time()
    child = subprocess.check_output(
        [sys.executable, "-c", "import time; print(time.time())"]
    )
    times = [before, database, epoch(seconds + microseconds / 1e6), epoch(float(child))]
    assert times == sorted(times)
    assert times[-1] <= clock.now()


def epoch(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_edges_of_the_calendar_are_among_the_days():
    days = setting.edges(2028)
    for name in ("02-28", "02-29", "03-26", "03-31", "10-29", "12-31"):
        assert date.fromisoformat(f"2028-{name}") in days
    assert date(2027, 2, 28) in setting.edges(2027)


def test_a_drawn_day_is_another_one_than_today():
    random.seed(7)
    today = date(2026, 11, 28)
    drawn = [setting.drawn(today) for _ in range(200)]
    assert all(at.tzinfo is UTC for at in drawn)
    assert today not in {at.date() for at in drawn}
    assert {at.year for at in drawn} >= {2027, 2028, 2029, 2030}


def test_a_moment_is_read_with_its_zone():
    at = setting.moment("2028-03-01T00:30:00+01:00")
    assert at == datetime(2028, 2, 29, 23, 30, tzinfo=UTC)
    with pytest.raises(argparse.ArgumentTypeError, match="names no time zone"):
        setting.moment("2028-03-01T00:30:00")
