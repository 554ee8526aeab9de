"""What the shared cache holds: JSON, so that reading it can do nothing but read."""

from __future__ import annotations

import json
from typing import Any

from redis.exceptions import RedisError


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
