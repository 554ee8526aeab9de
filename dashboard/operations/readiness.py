"""`/readyz`: whether this web process can answer people, and what else is the matter."""

from __future__ import annotations

import logging
from typing import Literal

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from redis.exceptions import RedisError

from dashboard.heartbeats import TOO_OLD_S
from dashboard.metrics.freshness import is_behind
from dashboard.operations.broker_client import broker
from dashboard.operations.migrations import unapplied
from dashboard.operations.signs import signs, youngest_s
from dashboard.time_limits import statement_limit
from ingest.models import Connection

logger = logging.getLogger(__name__)

State = Literal["ok", "warning", "failed", "unknown"]
# A check that takes longer is no better than one that fails.
QUERY_LIMIT_S = 2


def readyz(request: HttpRequest) -> JsonResponse:
    """503 where pages cannot be answered: no database, or tables of an older program.

    A web process without a broker or a worker still shows what is stored, so these only
    warn: taking it out of the rotation would help nobody.
    """
    checks = {**_of_database(), **_of_broker()}
    is_ready = "failed" not in checks.values()
    return JsonResponse(
        {"status": "ready" if is_ready else "not ready", "checks": checks},
        status=200 if is_ready else 503,
        headers={"Cache-Control": "no-store"},
    )


def _of_database() -> dict[str, State]:
    try:
        with statement_limit(QUERY_LIMIT_S):
            lacking = unapplied()
            if lacking:
                logger.error("readyz: not migrated yet: %s", ", ".join(lacking))
                return {"database": "ok", "migrations": "failed", "syncs": "unknown"}
            return {"database": "ok", "migrations": "ok", "syncs": _syncs()}
    except DatabaseError as error:
        logger.error("readyz: the database does not answer: %s", error)
        return {"database": "failed", "migrations": "unknown", "syncs": "unknown"}


def _syncs() -> State:
    now = timezone.now()
    followed = Connection.objects.filter(paused_at=None)
    return _warned(not any(is_behind(each, now) for each in followed))


def _of_broker() -> dict[str, State]:
    try:
        broker().ping()
        found = signs()
    except (OSError, RedisError) as error:
        logger.warning("readyz: the broker does not answer: %s", error)
        return {"broker": "warning", "worker": "unknown", "beat": "unknown"}
    return {
        "broker": "ok",
        **{name: _alive(youngest_s(found, name)) for name in ("worker", "beat")},
    }


def _alive(age_s: float | None) -> State:
    return _warned(age_s is not None and age_s < TOO_OLD_S)


def _warned(is_fine: bool) -> State:
    return "ok" if is_fine else "warning"
