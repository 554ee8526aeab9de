"""How long one answer may keep the database busy."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from django.core.exceptions import SuspiciousOperation
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.http import HttpRequest, HttpResponse
from psycopg.errors import QueryCanceled
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from dashboard.addresses import API_V1
from dashboard.request_cache import request_cache
from dashboard.time_limits import statement_limit
from dashboard.waiting_client import CLIENT, WaitingClient

# More than pages may take: a program can wait, and people do not.
LONGEST_S = 30.0
CANCEL_S = 5.0


class TooSlow(APIException):
    """503, because the same question may be quick again a little later."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "too_slow"
    default_detail = (
        f"The database took longer than {LONGEST_S:.0f} s. "
        "Ask for a shorter window or fewer projects, or try again later."
    )


def with_statement_timeout(
    answer: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Reading takes LONGEST_S at most, but for lists that are sent row by row."""

    def limited(request: HttpRequest) -> HttpResponse:
        # HEAD is answered by the same queries.
        if request.method not in ("GET", "HEAD") or not request.path_info.startswith(
            API_V1
        ):
            return answer(request)
        with statement_limit(LONGEST_S), request_cache():
            _end_with_the_client(request)
            return answer(request)

    return limited


def _end_with_the_client(request: HttpRequest) -> None:
    """Whoever hangs up, in the middle of a stream too, leaves no query behind."""
    client: WaitingClient | None = request.META.get(CLIENT)
    if client is None:
        return
    # Another server may step in for it meanwhile.
    wrapper = connections[DEFAULT_DB_ALIAS]

    def end() -> None:
        session = wrapper.connection
        if session is not None:
            with suppress(psycopg.Error):
                session.cancel_safe(timeout=CANCEL_S)

    client.ends_with(end)


def exception_answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error, as REST framework gives it."""
    if isinstance(error, OperationalError) and isinstance(
        error.__cause__, QueryCanceled
    ):
        error = TooSlow()
    if isinstance(error, SuspiciousOperation):
        # More parameters than Django reads, for example.
        error = ParseError("The request is not one that can be read: " + str(error))
    if isinstance(error, RecursionError):
        error = ParseError("The body is nested too deeply to be read.")
    answer = exception_handler(error, context)
    if answer is not None and isinstance(answer.data, list):
        # What is wrong with a body as a whole: an object here, like every other problem.
        answer.data = {"detail": " ".join(map(str, answer.data))}
    return answer
