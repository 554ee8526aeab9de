"""Each request has an id: the client's, or one of ours; it is sent back, stands in the log,
and goes with the tasks that the request asks for.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextvars import copy_context
from functools import partial
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from dashboard.addresses import FOR_MACHINES
from dashboard.operations.logs import TOLD
from ingest.logged import logged_with

# Written for each request where lines are JSON; people at a terminal are spared them.
events = logging.getLogger("passline.events")

HEADER = "X-Request-ID"
# Nothing that could end a line, or pretend to be something else in it.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


def with_request_id(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, around all others."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        own = given if _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
        began = time.perf_counter()
        with logged_with(request_id=own):
            response = get_response(request)
            if request.path_info not in FOR_MACHINES:
                _note(request, response, time.perf_counter() - began)
        response.headers[HEADER] = own
        if isinstance(response, StreamingHttpResponse):
            # It is made row by row after this has ended.
            response.streaming_content = _with(own, iter(response))
        return response

    return middleware


def _note(request: HttpRequest, response: HttpResponseBase, took_s: float) -> None:
    if not events.isEnabledFor(logging.INFO):
        return
    match = request.resolver_match
    told: dict[str, Any] = {
        "method": request.method,
        # Without its query, which may name people and tests.
        "path": request.path,
        "route": match.view_name if match else None,
        "status": response.status_code,
        "duration_ms": round(took_s * 1000, 1),
    }
    events.info(
        "%s %s %s",
        request.method,
        request.path,
        response.status_code,
        extra={TOLD: told},
    )


def _with(request_id: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Not a block around the loop: whoever lets go of it may do so in another thread."""
    context = copy_context()
    with_id = partial(context.run, _next, request_id, chunks)
    yield from iter(with_id, None)


def _next(request_id: str, chunks: Iterator[bytes]) -> bytes | None:
    with logged_with(request_id=request_id):
        return next(chunks, None)
