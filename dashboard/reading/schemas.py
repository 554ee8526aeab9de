"""Makes the schemas of views after migrations, and shuts them before: a table whose columns
a view shows cannot be changed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig
from django.db import OperationalError, ProgrammingError, connections

from dashboard.advisory_lock import advisory_lock
from dashboard.reading import past, seen
from dashboard.reading.scope import PAST, SEEN

logger = logging.getLogger(__name__)

# The app whose migrations come last.
LAST_APP = "dashboard"
# Whoever waits for a view that is being read lets nobody else read it meanwhile.
LOCK_TIMEOUT, TRIES = "5s", 12
# In place of a view. A schema that is not there would be passed over on the way to the
# table itself, which shows everything; this fails whatever is asked of it.
SHUT = "SELECT NULL AS shut WHERE ('These tables are being migrated.' || '')::int = 1"
_COMMENT = "SELECT obj_description(to_regnamespace(%s), 'pg_namespace')"

Schemas = dict[str, Mapping[str, str]]


def _schemas() -> Schemas:
    # In this order: what was is made of what may be seen.
    return {SEEN: seen.views(), PAST: past.views()}


def drop_before(sender: AppConfig, using: str, plan: Any = (), **_: Any) -> None:
    """For Django's `pre_migrate`: until `make_after` every query of a view fails."""
    if sender.label == LAST_APP and plan:
        _tried(
            using, {name: dict.fromkeys(of, SHUT) for name, of in _schemas().items()}
        )


def make_after(
    sender: AppConfig, using: str, plan: Sequence[tuple[Any, bool]] = (), **_: Any
) -> None:
    """For Django's `post_migrate`: the views as the program that runs wants them."""
    if sender.label != LAST_APP:
        return
    schemas = _schemas()
    try:
        _tried(using, schemas, _hash(schemas))
    except ProgrammingError as error:
        if not any(is_backwards for _, is_backwards in plan):
            raise
        # An older program's tables lack what is asked of them here.
        logger.warning("the views stay shut until the next migration: %s", error)


def _hash(schemas: Schemas) -> str:
    return hashlib.sha256(json.dumps(schemas).encode()).hexdigest()


def _tried(using: str, schemas: Schemas, comment: str = "") -> None:
    """So often that a long answer does not keep a migration from its end."""
    for left in reversed(range(TRIES)):
        try:
            with _alone(using) as cursor:
                return _make(cursor, schemas, comment)
        except OperationalError:
            if not left:
                raise


@contextmanager
def _alone(using: str) -> Iterator[Any]:
    with (
        advisory_lock("views of readers", using),
        connections[using].cursor() as cursor,
    ):
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        yield cursor


def _make(cursor: Any, schemas: Schemas, comment: str) -> None:
    """Nothing, where the comment says that they are there."""
    if comment and all(_comment(cursor, schema) == comment for schema in schemas):
        return
    for schema in reversed(schemas):
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    for schema, queries in schemas.items():
        cursor.execute(f"CREATE SCHEMA {schema}")
        for table, query in queries.items():
            cursor.execute(f"CREATE VIEW {schema}.{table} AS {query}")
        cursor.execute(f"COMMENT ON SCHEMA {schema} IS '{comment}'")


def _comment(cursor: Any, schema: str) -> str | None:
    cursor.execute(_COMMENT, [schema])
    (found,) = cursor.fetchone()
    return str(found) if found else None
