"""The answer for health checks: does the process serve, and reach its database?"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503. Needs no log-in and tells no detail."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.error("healthz: the database does not answer: %s", error)
        return JsonResponse({"status": "database unavailable"}, status=503)
    return JsonResponse({"status": "ok", "version": settings.VERSION})
