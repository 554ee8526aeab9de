"""Whether the tables are those that this program was written for."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

Migration = tuple[str, str]


def unapplied() -> list[str]:
    """The newest migration of each app that has not run here yet, as app.name."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    done: set[Migration] = set()
    if MigrationRecorder.Migration._meta.db_table in tables:
        done = set(MigrationRecorder(connection).applied_migrations())
    return [f"{app}.{name}" for app, name in newest() if (app, name) not in done]


@cache
def newest() -> tuple[Migration, ...]:
    """Of each app, as this program brings them; reading them takes a tenth of a second."""
    return tuple(sorted(MigrationLoader(None).graph.leaf_nodes()))
