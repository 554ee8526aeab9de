"""How a test that commits leaves the database empty for the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management.commands import flush

# What migrations and Django itself write, which no test changes.
KEPT = frozenset(["django_migrations", "django_content_type", "auth_permission"])
# With more than this, rows dead or alive, new files cost less than rows marked as gone.
LARGE_BYTES = 4 * 2**20

# A month of the results is a table that Django does not know.
_FILLED = """
    SELECT t.oid::regclass::text, pg_relation_size(t.oid)
    FROM pg_class t LEFT JOIN pg_inherits i ON i.inhrelid = t.oid
    JOIN pg_class named ON named.oid = coalesce(i.inhparent, t.oid)
    WHERE t.relkind = 'r' AND named.relname = ANY(%s) AND pg_relation_size(t.oid) > 0
    ORDER BY 1
"""


@contextmanager
def only_what_is_filled() -> Iterator[None]:
    """Inside, Django empties the tables that hold anything, and makes no permissions anew.

    It would cut all tables short, the months' too, and ask for each model's permissions,
    which takes longer than most of these tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", _statements)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *args, **options: None)
        yield


def _statements(style: Any, database: Any, **options: Any) -> list[str]:
    """They are run in one transaction."""
    tables = database.introspection.django_table_names(
        only_existing=True, include_views=False
    )
    with database.cursor() as cursor:
        cursor.execute(_FILLED, [[*{*tables} - KEPT]])
        sizes = dict(cursor.fetchall())
        cursor.execute("SHOW is_superuser")
        may_skip_checks = cursor.fetchone() == ("on",)
    if not sizes:
        return []
    names = ", ".join(sizes)
    if sum(sizes.values()) > LARGE_BYTES or not may_skip_checks:
        return [f"TRUNCATE {names} CASCADE"]
    return [
        # Like TRUNCATE it waits for whoever is not done yet.
        f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE",
        "SET LOCAL session_replication_role = 'replica'",
        *(f"DELETE FROM {name}" for name in sizes),
    ]
