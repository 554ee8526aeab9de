"""Makes the schemas of views after migrations, and takes them away before: a table whose
columns a view shows cannot be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction

from dashboard.reading import past, seen
from dashboard.reading.scope import PAST, SEEN

# The app whose migrations come last.
LAST_APP = "dashboard"


def _schemas() -> dict[str, Mapping[str, str]]:
    # In this order: what was is made of what may be seen.
    return {SEEN: seen.views(), PAST: past.views()}


def drop_before(sender: AppConfig, using: str, plan: Any = (), **_: Any) -> None:
    """For Django's `pre_migrate`."""
    if sender.label == LAST_APP and plan:
        with connections[using].cursor() as cursor:
            for schema in _schemas():
                cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def make_after(sender: AppConfig, using: str, **_: Any) -> None:
    """For Django's `post_migrate`: the views as the program that runs wants them."""
    if sender.label != LAST_APP:
        return
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for schema, queries in _schemas().items():
            cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            cursor.execute(f"CREATE SCHEMA {schema}")
            for table, query in queries.items():
                cursor.execute(f"CREATE VIEW {schema}.{table} AS {query}")
