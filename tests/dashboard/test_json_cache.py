"""What the shared cache counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
import redis
from django.core.cache import cache

from dashboard.json_cache import SharedCache

pytestmark = pytest.mark.usefixtures("empty_redis")


def test_it_counts_from_one_and_loses_nobody() -> None:
    shared = cast(SharedCache, cache)
    assert [shared.count("a", 60) for _ in range(3)] == [1, 2, 3]
    assert shared.count("b", 60) == 1
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda _: shared.count("c", 60), range(80)))
    assert sorted(counted) == list(range(1, 81))


def test_what_it_counted_is_forgotten_so_long_after_the_first(
    redis_server: str,
) -> None:
    shared = cast(SharedCache, cache)
    shared.count("a", 60)
    (name,) = names(redis_server)
    with redis.Redis.from_url(redis_server) as client:
        assert 0 < client.ttl(name) <= 60
        client.expire(name, 7)
    shared.count("a", 60)
    with redis.Redis.from_url(redis_server) as client:
        assert 0 < client.ttl(name) <= 7


def test_a_count_that_lost_its_end_has_one_again(redis_server: str) -> None:
    """Or whoever has it is refused for good once it is high enough."""
    shared = cast(SharedCache, cache)
    shared.count("a", 60)
    (name,) = names(redis_server)
    with redis.Redis.from_url(redis_server) as client:
        client.persist(name)
        assert shared.count("a", 60) == 2
        assert 0 < client.ttl(name) <= 60


def names(redis_server: str) -> list[bytes]:
    with redis.Redis.from_url(redis_server) as client:
        return list(client.keys())
