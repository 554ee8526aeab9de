"""Figures that take long, kept in the shared cache no longer than rows stay the same."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from dashboard.filters import Filters
from dashboard.precomputed.serialize import deserialize, serialize
from dashboard.precomputed.versions import PROJECT_VERSIONS, made_by
from dashboard.reading.scope import scope_key
from dashboard.request_cache import cached_in_request

K = TypeVar("K")
T = TypeVar("T")
KEPT_S = 90
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Generic[T]):
    """What takes long to compute. `name`, without blanks, tells metrics of the same
    filters apart, `kind` is its type. `is_timeless`: it is of all time, whatever the time is now.
    """

    name: str
    kind: Any
    compute: Callable[[Filters], T]
    is_timeless: bool = False


def cached(metric: Metric[T], filters: Filters) -> T:
    """The metric, or what it was within this minute while no row has changed since.

    Without the cache it is computed.
    """
    # A window that ends now moves on with every minute.
    until = None if metric.is_timeless else filters.window().until
    ends = until and until.replace(second=0, microsecond=0)
    version = cached_in_request("version", _version)
    found = cached_each(
        metric.name,
        metric.kind,
        filters,
        {metric.name: f"{ends}|{made_by(metric.kind)}|{version}"},
        lambda _: {metric.name: metric.compute(filters)},
        KEPT_S,
    )
    return found[metric.name]


def cached_each(
    name: str,
    kind: Any,
    filters: Filters,
    versions: Mapping[K, str],
    compute: Callable[[Collection[K]], Mapping[K, T]],
    kept_s: int,
) -> dict[K, T]:
    """A figure of each thing: those that the cache knows in this version, and `compute`
    of the others.
    """
    asked = filters.explicit().to_query()
    chosen = "|".join(
        map(
            str,
            (asked, filters.branches_in_force, filters.with_uncounted, scope_key()),
        )
    )
    keys = {of: _key(name, of, chosen, version) for of, version in versions.items()}
    try:
        stored = cache.get_many(list(keys.values()))
        known = {
            of: deserialize(kind, stored[key])
            for of, key in keys.items()
            if key in stored
        }
        new = compute(keys.keys() - known) if len(known) < len(keys) else {}
        cache.set_many({keys[of]: serialize(one) for of, one in new.items()}, kept_s)
        return {**known, **new}
    except RedisError as error:
        logger.warning("%s is computed without the cache: %s", name, error)
        return dict(compute(keys.keys()))


def _version() -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {PROJECT_VERSIONS} FROM ingest_project project")  # nosec B608 # names of ours; values are parameters
        (found,) = cursor.fetchone()
        return str(found)


def _key(name: str, *parts: Any) -> str:
    text = "|".join(map(str, parts))
    return f"{name}:{hashlib.sha256(text.encode()).hexdigest()}"
