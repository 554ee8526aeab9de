"""Figures that take long, kept in the shared cache no longer than rows stay the same."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from redis.exceptions import RedisError

from dashboard.filters import Filters
from dashboard.precomputed.figure_cache import FigureCache, Place
from dashboard.precomputed.serialize import deserialize, serialize
from dashboard.precomputed.versions import PROJECT_VERSIONS, made_by
from dashboard.reading.scope import scope_key
from dashboard.unchanged import while_unchanged

K = TypeVar("K")
T = TypeVar("T")
KEPT_S = 90
# What this process read from the cache, which then need not be asked within the minute.
READ = FigureCache(most_characters=2_000_000)
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
    ends = None if metric.is_timeless else _ends(filters)
    version = while_unchanged("version", _version)
    found = cached_each(
        metric.name,
        metric.kind,
        filters,
        {metric.name: f"{ends}|{made_by(metric.kind)}|{version}"},
        lambda _: {metric.name: metric.compute(filters)},
        KEPT_S,
    )
    return found[metric.name]


def this_minute(name: str, filters: Filters, load: Callable[[], T]) -> T:
    """The same of what takes less than to ask the cache for it: each process by itself."""
    return while_unchanged(f"{name} {_ends(filters)} {_chosen(filters)}", load)


def _ends(filters: Filters) -> datetime:
    """A window that ends now moves on with every minute."""
    return filters.window().until.replace(second=0, microsecond=0)


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
    chosen = _chosen(filters)
    keys = {of: _key(name, of, chosen, version) for of, version in versions.items()}
    minute = f"{timezone.now():%Y-%m-%dT%H:%M}"
    places = {of: _place(name, of, chosen) for of in keys}
    marks = {of: f"{key} {minute}" for of, key in keys.items()}
    read = {of: READ.at(place, marks[of]) for of, place in places.items()}
    known = {of: value for of, value in read.items() if value is not None}
    if len(known) == len(keys):
        return known
    try:
        stored = cache.get_many([keys[of] for of in keys.keys() - known])
        for of, key in keys.items():
            if key in stored:
                known[of] = deserialize(kind, json.loads(stored[key]))
                READ.put(places[of], marks[of], known[of], len(stored[key]))
        new = compute(keys.keys() - known) if len(known) < len(keys) else {}
        texts = {keys[of]: json.dumps(serialize(one)) for of, one in new.items()}
        cache.set_many(texts, kept_s)
        return {**known, **new}
    except RedisError as error:
        logger.warning("%s is computed without the cache: %s", name, error)
        return dict(compute(keys.keys()))


def _chosen(filters: Filters) -> str:
    asked = filters.explicit().to_query()
    counted = (filters.branches_in_force, filters.with_uncounted)
    return "|".join(map(str, (asked, *counted, scope_key())))


def _place(name: str, of: Any, chosen: str) -> Place:
    database = str(connection.settings_dict["NAME"])
    return Place(database, f"{name} {of}", 0, 0, chosen)


def _version() -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {PROJECT_VERSIONS} FROM ingest_project project")  # nosec B608 # names of ours; values are parameters
        (found,) = cursor.fetchone()
        return str(found)


def _key(name: str, *parts: Any) -> str:
    text = "|".join(map(str, parts))
    return f"{name}:{hashlib.sha256(text.encode()).hexdigest()}"
