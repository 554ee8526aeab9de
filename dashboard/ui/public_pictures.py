"""Pictures that anybody may ask for: kept for many who ask at once, and counted by client."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable
from datetime import datetime
from typing import cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from dashboard.client_address import client_of
from dashboard.json_cache import SharedCache

logger = logging.getLogger(__name__)

DRAWN_KEPT_S = 30
# Of one picture by one address.
MOST_A_MINUTE = 120
MINUTE_S = 60


def kept(kind: str, said: str, draw: Callable[[], str]) -> str:
    """The SVG that `draw` gives, for half a minute; `said` is all that it depends on."""
    key = f"{kind}-{hashlib.sha256(said.encode()).hexdigest()}"
    try:
        found = cache.get(key)
    except RedisError as error:
        logger.warning("a drawn picture is not kept: %s", error)
        return draw()
    if found is not None:
        return str(found)
    svg = draw()
    try:
        cache.set(key, svg, DRAWN_KEPT_S)
    except RedisError as error:
        logger.warning("a drawn picture is not kept: %s", error)
    return svg


def too_often(request: HttpRequest, picture: str, now: datetime) -> int:
    """Count the request; seconds to wait, 0 for none. Without the cache nobody is counted."""
    key = count_key(picture, client_of(request), now)
    try:
        number = cast(SharedCache, cache).count(key, 2 * MINUTE_S)
    except RedisError as error:
        logger.warning("who asks for pictures is not counted: %s", error)
        return 0
    left = MINUTE_S - now.timestamp() % MINUTE_S
    return math.ceil(left) if number > MOST_A_MINUTE else 0


def count_key(picture: str, client: str, now: datetime) -> str:
    """What the requests of one client are counted under in the minute of this time."""
    return f"asked-{picture}-{client}-{int(now.timestamp() // MINUTE_S)}"


def later(
    wait_s: int, words: str = "Too many requests.", status: int = 429
) -> HttpResponse:
    answer = HttpResponse(f"{words}\n", content_type="text/plain", status=status)
    answer.headers["Retry-After"] = str(wait_s)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def not_drawn(picture: str, error: Exception, longest_s: int) -> HttpResponse:
    """The database failed, or took longer than `longest_s`."""
    logger.warning("%s was not drawn: %s", picture, error)
    return later(longest_s, "The picture cannot be drawn just now.", 503)
