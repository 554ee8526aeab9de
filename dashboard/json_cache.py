"""The shared cache. It holds JSON, so that reading it can do nothing but read."""

from __future__ import annotations

import json
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError


class SharedCache(RedisCache):
    """Django's, and counting."""

    def count(self, key: str, lifetime_s: int) -> int:
        """One more, from 1 on; forgotten so long after the first. In one round trip but
        the first, and Django's `incr` takes two and makes no key.
        """
        name = self.make_and_validate_key(key)
        client = self._cache.get_client(name, write=True)
        with client.pipeline(transaction=False) as commands:
            commands.incr(name)
            commands.ttl(name)
            number, left_s = commands.execute()
        if left_s < 0:
            # The first, or one whose end was lost with its process: a key without an end
            # would count for ever. (`EXPIRE NX` in one go needs Redis 7.)
            client.expire(name, lifetime_s)
        return int(number)

    def seconds_left(self, key: str) -> int:
        """Until a count is forgotten; 0 where there is none."""
        name = self.make_and_validate_key(key)
        return max(0, int(self._cache.get_client(name).ttl(name)))


class JsonSerializer:
    """Django's own would unpickle, and so run, whatever somebody wrote into Redis."""

    def dumps(self, value: Any) -> str:
        return json.dumps(value)

    def loads(self, data: bytes) -> Any:
        """Raises RedisError where it is not JSON: the cache is of no use then."""
        try:
            return json.loads(data)
        except ValueError:
            raise RedisError("a value in the cache is not JSON") from None
