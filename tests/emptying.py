"""How a test that commits leaves the database empty for the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connection

# What migrations and Django itself write, which no test changes.
KEPT = frozenset(["django_migrations", "django_content_type", "auth_permission"])


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
    names = database.introspection.django_table_names(
        only_existing=True, include_views=False
    )
    quoted = [connection.ops.quote_name(name) for name in sorted({*names} - KEPT)]
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in quoted
    )
    with database.cursor() as cursor:
        cursor.execute(asked)
        filled = [name for (name,) in cursor.fetchall()]
    return [f"TRUNCATE {', '.join(filled)} CASCADE"] if filled else []
