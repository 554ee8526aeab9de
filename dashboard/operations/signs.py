"""Signs of life that every machine sees: processes leave them in the broker, because one
machine cannot look at the files of another.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from dataclasses import dataclass

from redis.exceptions import RedisError

from dashboard.operations.broker_client import broker
from dashboard.program import program_stamp

logger = logging.getLogger(__name__)

# It has no end, so that the broker gives it up for nothing else.
KEY = "passline:signs"
# Of a process that is gone for so long nobody wants to know.
FORGOTTEN_AFTER_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Sign:
    """`name`: worker, courier or beat. `age_s` by the broker's clock alone, and `ahead_s`
    by how much the clock of its machine was ahead of that; `program` is its stamp.
    """

    name: str
    host: str
    age_s: float
    ahead_s: float
    program: str


def tell(name: str) -> None:
    """That the process `name` of this machine lives. Nothing fails for lack of a broker."""
    try:
        client = broker()
        now = _now()
        sign = {"at": now, "clock": time.time(), "program": program_stamp()}
        client.hset(KEY, _key(name), json.dumps(sign))
    except (OSError, RedisError) as error:
        logger.debug("the sign of life of %s is not told: %s", name, error)


def take_back(name: str) -> None:
    """The process `name` of this machine ends as it should: nobody has to wait."""
    try:
        broker().hdel(KEY, _key(name))
    except (OSError, RedisError) as error:
        logger.debug("the sign of life of %s is not taken back: %s", name, error)


def forget_gone() -> None:
    """Those of containers and machines that are no more."""
    try:
        for sign in signs():
            if sign.age_s > FORGOTTEN_AFTER_S:
                broker().hdel(KEY, f"{sign.name}@{sign.host}")
    except (OSError, RedisError) as error:
        logger.debug("old signs of life are kept: %s", error)


def signs() -> list[Sign]:
    """All that the broker knows, also of processes that ended. Raises RedisError."""
    now = _now()
    # The client's types are those of a coroutine, too.
    kept: dict[bytes, bytes] = broker().hgetall(KEY)  # type: ignore[assignment]
    return [_sign(key.decode(), json.loads(kept[key]), now) for key in sorted(kept)]


def youngest_s(found: list[Sign], name: str) -> float | None:
    """How long ago any process of this name gave a sign."""
    return min((sign.age_s for sign in found if sign.name == name), default=None)


def _key(name: str) -> str:
    return f"{name}@{socket.gethostname()}"


def _sign(key: str, told: dict[str, float | str], now: float) -> Sign:
    name, _, host = key.partition("@")
    at, clock = float(told["at"]), float(told["clock"])
    return Sign(
        name=name,
        host=host,
        age_s=max(0.0, now - at),
        ahead_s=clock - at,
        program=str(told["program"]),
    )


def _now() -> float:
    seconds, micros = broker().time()
    return float(seconds) + float(micros) / 1e6
