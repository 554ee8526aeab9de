"""Monthly partitions of the results: made before they are needed, dropped when old."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction

log = logging.getLogger(__name__)

TABLES = ("ingest_result", "ingest_resulttext")
# Any number will do; it only has to be the same in every process.
LOCK = 7_261_122
# Whoever waits for a month to be dropped lets nobody read meanwhile.
LOCK_TIMEOUT = "5s"


def partition_on(started_at: datetime | None, recorded_at: datetime) -> date:
    """The day under which a run's results are filed: its start, kept within reach.

    Clamped to [today − RETENTION_DAYS, today + 1]; the day of recording without a start.
    """
    today = recorded_at.date()
    if started_at is None:
        return today
    oldest = today - timedelta(days=settings.RETENTION_DAYS)
    return min(max(started_at.date(), oldest), today + timedelta(days=1))


def ensure_partition(day: date) -> None:
    """Make the partitions of `day`'s month unless they exist; safe to race."""
    month = day.replace(day=1)
    if month in existing_months():
        return
    after = next_month(month)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if month in existing_months():
            return
        for table in TABLES:
            # Made apart and then attached: that waits for no reader of the parent.
            name = f"{table}{month_suffix(month)}"
            cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
            cursor.execute(
                f"ALTER TABLE {table} ATTACH PARTITION {name} "
                f"FOR VALUES FROM ('{month}') TO ('{after}')"
            )


def drop_old_partitions(today: date) -> list[date]:
    """Drop the months whose newest result is past RETENTION_DAYS; gives those months.

    What their results said before goes with them. A month that is being read stays
    until the next look, so that nobody has to wait behind the one who drops it.
    """
    oldest = today - timedelta(days=settings.RETENTION_DAYS)
    dropped = []
    for month in sorted(existing_months()):
        after = next_month(month)
        if after > oldest or not _is_past(month, oldest):
            continue
        try:
            _drop(month, after)
        except OperationalError as error:
            log.warning("the rows of %s are kept for now: %s", month, error)
            break
        dropped.append(month)
    return dropped


def _drop(month: date, after: date) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(
            "DELETE FROM ingest_resultchange c USING ingest_run r WHERE r.id = c.run_id "
            "AND r.partition_on >= %s AND r.partition_on < %s",
            [month, after],
        )
        for table in TABLES:
            cursor.execute(f"DROP TABLE {table}{month_suffix(month)}")


def oldest_month() -> date:
    """The first day of the oldest month that still has its rows."""
    return min(existing_months(), default=date.max)


def existing_months() -> set[date]:
    """The first days of the months whose rows exist."""
    # Of the table itself, whatever of it the reader of an answer sees.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
            "WHERE inhparent = 'public.ingest_resulttext'::regclass"
        )
        names = [name for (name,) in cursor.fetchall()]
    return {month_of(name) for name in names}


def month_suffix(day: date) -> str:
    """What the names of the partitions of the day's month end with."""
    return f"{day:_y%Ym%m}"


def month_of(table: str) -> date:
    """The month whose rows a partition of this name holds."""
    return datetime.strptime(table[-8:], "y%Ym%m").date()  # noqa: DTZ007


def _is_past(month: date, oldest: date) -> bool:
    """Runs may go on after their month; which days have results tell their roll-ups."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(day.last_at) FROM ingest_runday day "
            "JOIN ingest_run run ON run.id = day.run_id "
            "WHERE run.partition_on >= %s AND run.partition_on < %s "
            "AND day.day >= %s",
            [month, next_month(month), month],
        )
        (newest,) = cursor.fetchone()
    return newest is None or newest.date() < oldest


def next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
