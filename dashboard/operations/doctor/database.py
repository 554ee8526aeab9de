"""The database server, and whether the tables are those of this program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from dashboard.data_version import uncounted_tables
from dashboard.database import replica
from dashboard.operations.doctor.finding import About, Finding
from dashboard.operations.migrations import unapplied

DATABASE = About("database")
OWN_APPS = ("ingest", "dashboard")
TESTED_VERSION = 18
# Of the connections that the server gives out.
FEW_LEFT = 0.8
# PostgreSQL stops writing at 2,000 million; vacuum ought to begin at 200.
OLD_TRANSACTIONS = 1_000_000_000
LONG_TRANSACTION_MIN = 60
# Below it a large database reads from the disk what a small one has in memory.
SMALL_BUFFERS_MB, LARGE_DATABASE_MB = 256, 2_000

_FACTS = """
SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000,
       pg_size_pretty(pg_database_size(current_database())),
       pg_database_size(current_database()) >> 20,
       current_setting('server_encoding'), 'Ä' ILIKE 'ä',
       (SELECT setting::bigint * 8192 >> 20 FROM pg_settings WHERE name = 'shared_buffers')
"""
_CONNECTIONS = """
SELECT count(*), current_setting('max_connections')::int
       - current_setting('superuser_reserved_connections')::int
  FROM pg_stat_activity WHERE backend_type = 'client backend'
"""
_LONG = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND xact_start < now() - make_interval(mins => %s)
"""
# What each must be, and why.
_MUST_BE = {
    "fsync": "the database can be lost with the machine's power",
    "full_page_writes": "pages can be torn with the machine's power",
    "autovacuum": "tables grow, and plans are made of what was true long ago",
    "track_counts": "tables are never vacuumed by themselves",
}


def check_server() -> Iterator[Finding]:
    version, major, size, size_mb, encoding, folds, buffers_mb = _row(_FACTS)
    yield DATABASE.ok(f"PostgreSQL {version} answers and holds {size}.")
    if major < TESTED_VERSION:
        yield DATABASE.note(
            f"PostgreSQL {major} is older than what Passline is tested with.",
            f"Move to PostgreSQL {TESTED_VERSION}: backup FILE, a new server, restore FILE.",
        )
    if encoding != "UTF8" or not folds:
        yield DATABASE.problem(
            f"A search does not find Ä by ä (encoding {encoding}).",
            "Create the database as docs/settings.md shows under DATABASE_URL, and "
            "restore a backup into it.",
        )
    if size_mb > LARGE_DATABASE_MB and buffers_mb < SMALL_BUFFERS_MB:
        yield DATABASE.note(
            f"shared_buffers is {buffers_mb} MB for a database of {size}.",
            "Set shared_buffers to a quarter of the server's memory.",
        )


def check_server_settings() -> Iterator[Finding]:
    for name, harm in _MUST_BE.items():
        (value,) = _row("SELECT current_setting(%s)", [name])
        if value != "on":
            yield DATABASE.problem(f"{name} is {value}: {harm}.", f"Set {name} = on.")


def check_connections() -> Iterator[Finding]:
    used, most = _row(_CONNECTIONS)
    if used > FEW_LEFT * most:
        yield DATABASE.problem(
            f"{used} of the server's {most} connections are in use.",
            "Raise max_connections, or run fewer web processes (WEB_CONCURRENCY): each "
            "takes up to nine.",
        )
    (long,) = _row(_LONG, [LONG_TRANSACTION_MIN])
    if long:
        yield DATABASE.note(
            f"{long} transactions are open for more than {LONG_TRANSACTION_MIN} min; "
            "old rows cannot be cleared away, nor old months dropped.",
            "See who they are in pg_stat_activity (xact_start), and end them.",
        )


def check_upkeep() -> Iterator[Finding]:
    (age,) = _row(
        "SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()"
    )
    if age > OLD_TRANSACTIONS:
        yield DATABASE.problem(
            f"The oldest rows are {age:,} transactions old; at 2,000 million the server "
            "stops writing.",
            "Run VACUUM (FREEZE) and find out why autovacuum does not end.",
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid "
            "AND NOT EXISTS (SELECT FROM pg_class WHERE oid = indexrelid "
            "AND relkind = 'I')"
        )
        for (name,) in cursor.fetchall():
            yield DATABASE.problem(
                f"The index {name} is not valid, so that no query uses it.",
                f"REINDEX INDEX CONCURRENTLY {name};",
            )


def check_migrations() -> Iterator[Finding]:
    lacking = unapplied()
    if lacking:
        yield DATABASE.problem(
            f"These migrations have not run: {', '.join(lacking)}.",
            "Make a backup, then run manage.py migrate.",
        )
        return
    if newer := _of_a_newer_program():
        yield DATABASE.problem(
            f"The database is newer than this program: {', '.join(newer)}.",
            "Run the newer release here, too; an older one may misread the tables.",
        )
        return
    yield DATABASE.ok("Every migration has run.")
    if tables := uncounted_tables():
        yield DATABASE.problem(
            f"Changes of {', '.join(tables)} are not counted, so that programs are "
            "answered that nothing has changed.",
            "Run manage.py migrate, which makes the triggers that are missing.",
        )


def check_replica() -> Iterator[Finding]:
    if replica.ALIAS not in connections:
        return
    found = replica.position()
    if found is None:
        yield DATABASE.problem(
            "The replica does not answer, or follows no primary; every page is read from "
            "the primary.",
            "Start it and see its log, or take DATABASE_REPLICA_URL away.",
        )
    elif found.behind_s > settings.DATABASE_REPLICA_MAX_LAG:
        yield DATABASE.problem(
            f"The replica is {found.behind_s:.0f} s behind, so that every page is read "
            "from the primary.",
            "See pg_stat_replication on the primary: is the network slow, does a query on "
            "the replica hold it up?",
        )
    else:
        yield DATABASE.ok(f"The replica is {found.behind_s:.1f} s behind.")


def _of_a_newer_program() -> list[str]:
    loader = MigrationLoader(connection)
    return sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in OWN_APPS and (app, name) not in loader.disk_migrations
    )


def _row(statement: str, parameters: list[Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


CHECKS = (
    check_server,
    check_server_settings,
    check_connections,
    check_upkeep,
    check_migrations,
    check_replica,
)
