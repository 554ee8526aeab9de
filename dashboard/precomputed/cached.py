"""Figures that take long, kept for a minute and no longer than their rows stay the same."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from dashboard.filters import Filters
from dashboard.precomputed.serialize import deserialize, schema_hash, serialize
from dashboard.request_cache import cached_in_request

T = TypeVar("T")
KEPT_S = 90
logger = logging.getLogger(__name__)

# Every change of a run, of its results and of what people decide raises the version of
# a project. xmin is the transaction that wrote a row, so that a project made anew or
# put back from a copy is told from the one before.
_VERSION = """
SELECT count(*), sum(version), sum(hashtextextended(concat(id, ' ', xmin), 0))
  FROM ingest_project
"""


def cached(
    name: str,
    filters: Filters,
    kind: Any,
    compute: Callable[[], T],
    *,
    is_timeless: bool = False,
) -> T:
    """`compute()`, or what it was within this minute while no row has changed since.

    `name` tells figures of the same filters apart, `kind` is their type. `is_timeless`:
    they are of all time, whatever the time is now. Without the cache it is computed.
    """
    key = _key(f"{name} {schema_hash(kind)}", filters, is_timeless=is_timeless)
    try:
        known = cache.get(key)
        if known is not None:
            return cast(T, deserialize(kind, known))
        value = compute()
        cache.set(key, serialize(value), KEPT_S)
        return value
    except RedisError as error:
        logger.warning("%s is computed without the cache: %s", name, error)
        return compute()


def _version() -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_VERSION)
        return cursor.fetchone()


def _key(name: str, filters: Filters, *, is_timeless: bool) -> str:
    # A window that ends now moves on with every minute.
    until = None if is_timeless else filters.window().until
    ends = until and until.replace(second=0, microsecond=0)
    branches = filters.branches_in_force
    version = cached_in_request("version", _version)
    # What another program kept may have other fields.
    made_by = f"{settings.VERSION}|{version}"
    text = f"{name}|{filters.explicit().to_query()}|{branches}|{ends}|{made_by}"
    return f"figure:{hashlib.sha256(text.encode()).hexdigest()}"
