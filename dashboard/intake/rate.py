"""How many requests a token may push in a minute."""

from __future__ import annotations

import logging
import math
import time
from typing import cast

from django.core.cache import cache
from redis.exceptions import RedisError

from dashboard.intake.access import RefusedError
from dashboard.json_cache import SharedCache
from dashboard.models import ApiToken

logger = logging.getLogger(__name__)

# Twenty times the API's: 200 requests a second, with 250 results each, are more than one
# installation stores.
MOST_A_MINUTE = 12_000
MINUTE_S = 60


class TooOftenError(RefusedError):
    """429; `retry_after_s` says when the next request is answered."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(429, f"More than {MOST_A_MINUTE:,} requests in a minute.")
        self.retry_after_s = retry_after_s


def check_rate(token: ApiToken) -> None:
    """Count a request; raises TooOftenError. Without the cache nobody is counted."""
    now = time.time()
    try:
        # A list of times, as REST framework keeps it, would be read and written whole.
        shared = cast(SharedCache, cache)
        number = shared.count(key_of(token, now), 2 * MINUTE_S)
    except RedisError as error:
        logger.warning("what is pushed is not counted: %s", error)
        return
    if number > MOST_A_MINUTE:
        raise TooOftenError(math.ceil(MINUTE_S - now % MINUTE_S))


def key_of(token: ApiToken, at_s: float) -> str:
    """What its requests are counted under in the minute of this time."""
    return f"intake-{token.pk}-{int(at_s // MINUTE_S)}"
