"""Answers that were made within this minute, kept in the shared cache under all that they
depend on.
"""

from __future__ import annotations

import base64
import logging
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

T = TypeVar("T")
KEPT_S = 60
# A page of 140 kB is a tenth of that; more effort would cost more than it saves.
_EFFORT = 1
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """The body of an answer of 200, and headers of its own."""

    content: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestAnswer:
    """The last one of a place, the key under which it is kept, and since when."""

    answer: KeptAnswer
    key: str
    age_s: int


def load(key: str) -> KeptAnswer | None:
    kept = _unless_down(lambda: cache.get(key))
    if kept is None:
        return None
    content, headers = kept
    return KeptAnswer(
        content=zlib.decompress(base64.b64decode(content)), headers=headers
    )


def keep(key: str, answer: KeptAnswer) -> None:
    content = base64.b64encode(zlib.compress(answer.content, _EFFORT)).decode()
    _unless_down(lambda: cache.set(key, [content, answer.headers], KEPT_S))


def load_latest(place: str) -> LatestAnswer | None:
    """What was made there last, unless it is older than `keep_latest` said."""
    found = _unless_down(lambda: cache.get(place))
    if found is None:
        return None
    key, made_at = found
    answer = load(key)
    if answer is None:
        return None
    age_s = max(0, round(time.time() - made_at))
    return LatestAnswer(answer=answer, key=key, age_s=age_s)


def keep_latest(place: str, key: str, good_for_s: int) -> None:
    _unless_down(lambda: cache.set(place, [key, time.time()], good_for_s))


def _unless_down(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except RedisError as error:
        logger.warning("answers are made without the cache: %s", error)
        return None
