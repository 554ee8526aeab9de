"""How many guesses at a password are let through."""

from __future__ import annotations

import hashlib
import logging

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

TRIES = 10
WINDOW_S = 300


def may_try(user: str, address: str) -> bool:
    """Count one guess at `user`'s password from `address`; false once it is too many.

    TRIES in WINDOW_S seconds, which begin with the first. While the cache is gone
    everybody may try, or nobody could log in.
    """
    key = _key(user, address)
    try:
        if cache.add(key, 1, WINDOW_S):
            return True
        return cache.incr(key) <= TRIES
    except ValueError:
        # The window ended between the two calls.
        return True
    except RedisError as error:
        logger.warning("log-in goes on without its throttle: %s", error)
        return True


def forget(user: str, address: str) -> None:
    """The guess was right: the count begins anew."""
    try:
        cache.delete(_key(user, address))
    except RedisError as error:
        logger.warning("the throttle's count could not be cleared: %s", error)


def _key(user: str, address: str) -> str:
    who = f"{user.strip().casefold()}\n{address}"
    return "log-in:" + hashlib.sha256(who.encode()).hexdigest()
