"""Figures that take long, kept for a minute and no longer than their rows stay the same."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any, TypeVar

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from dashboard.filters import Filters
from ingest.series import day_of

T = TypeVar("T")
KEPT_S = 90
logger = logging.getLogger(__name__)
_versions: ContextVar[dict[date, Any] | None] = ContextVar("versions", default=None)

# Every change of a run's results rewrites its days. xmin is the transaction that wrote
# a row, so the sum differs after a rewrite that came to the same counts. What people
# decide changes the version of a project alone.
_VERSION = """
SELECT count(*), sum(hashtextextended(concat(xmin::text, days), 0)),
       (SELECT sum(version) FROM ingest_project)
  FROM ingest_runday AS days WHERE day >= %s
"""


def remembered(name: str, filters: Filters, compute: Callable[[], T]) -> T:
    """`compute()`, or what it was within this minute while no row has changed since.

    `name` tells figures of the same filters apart. Without the cache it is computed.
    """
    key = _key(name, filters)
    try:
        kept: T | None = cache.get(key)
        if kept is None:
            kept = compute()
            cache.set(key, kept, KEPT_S)
        return kept
    except RedisError as error:
        logger.warning("%s is computed without the cache: %s", name, error)
        return compute()


@contextmanager
def one_answer() -> Iterator[None]:
    """Within it the versions of rows are asked for once: it answers one request."""
    token = _versions.set({})
    try:
        yield
    finally:
        _versions.reset(token)


def _version(day: date) -> Any:
    known = _versions.get()
    if known is not None and day in known:
        return known[day]
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, [day])
        version = cursor.fetchone()
    if known is not None:
        known[day] = version
    return version


def _key(name: str, filters: Filters) -> str:
    window = filters.window()
    version = _version(day_of(window.previous.since))
    # A window that ends now moves on with every minute.
    ends = window.until.replace(second=0, microsecond=0)
    branches = filters.branches_in_force
    text = f"{filters.explicit().to_query()}|{branches}|{ends}|{version}"
    return f"{name}:{hashlib.sha256(text.encode()).hexdigest()}"
