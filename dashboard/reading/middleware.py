"""Every request is answered for its reader, of what is theirs to see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from dashboard.addresses import API_V1, FOR_MACHINES, SHARED
from dashboard.database.replica import reading_replica
from dashboard.database.writers import writes_noted
from dashboard.readers import Reader
from dashboard.reading.as_of import past_moment
from dashboard.reading.bearer import bearer_of
from dashboard.reading.rights import NOBODY, reader_of, reader_with
from dashboard.reading.scope import for_reader
from dashboard.request_cache import request_cache

READING = ("GET", "HEAD")
# What is pushed says by its own tokens to which projects, and is written as it came.
_PUSHED = ("/intake/", f"{API_V1}intake/")
# What people change, and how syncs fare, is as it is today.
_TODAYS = re.compile(
    r"/(admin|connect|login|logout|setup|started|sync|theme"
    r"|account|audit|digests|embeds|forgot|invitation|me|people|set-password|shares|teams)/"
    r"|.*/(settings|start|new-test|rerun)/"
)
# The token in the address says who reads, whoever is signed in.
_BY_THEIR_TOKEN = (*_PUSHED, SHARED)


def for_its_reader(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, below the one that knows the user."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path in FOR_MACHINES:
            return get_response(request)
        if path.startswith(_BY_THEIR_TOKEN):
            with writes_noted():
                return get_response(request)
        who, as_of = _reader(request), _as_of(request)
        # What a form changes must be asked for again.
        reads = request.method in READING
        with (
            _database(request, who),
            for_reader(who, as_of),
            request_cache() if reads else nullcontext(),
        ):
            answer = get_response(request)
        if isinstance(answer, StreamingHttpResponse):
            # It is made row by row after this has ended.
            answer.streaming_content = _for(request, who, as_of, iter(answer))
        return answer

    return middleware


def _reader(request: HttpRequest) -> Reader:
    if request.path_info.startswith(API_V1) and (bearer := bearer_of(request)):
        return reader_with(bearer.token) if bearer.token else NOBODY
    return reader_of(request.user)


def is_todays(path: str) -> bool:
    """Whether a page, by its path below the root, is of the present alone."""
    return bool(_TODAYS.match(path))


def _as_of(request: HttpRequest) -> datetime | None:
    """What is wrong with one that is no moment of the past is said where it is parsed."""
    if request.method not in READING or is_todays(request.path_info):
        return None
    try:
        return past_moment(request.GET, timezone.now())
    except TooManyFieldsSent:
        # Said in the form of the page or of the API, by whoever answers.
        return None


def _database(request: HttpRequest, who: Reader) -> AbstractContextManager[None]:
    """What is read may be read from a replica, but for what people have just set."""
    if request.method not in READING:
        return writes_noted(who.user_id)
    if is_todays(request.path_info):
        return nullcontext()
    return reading_replica(who.user_id)


def _for(
    request: HttpRequest, who: Reader, as_of: datetime | None, chunks: Iterator[bytes]
) -> Iterator[bytes]:
    with _database(request, who), for_reader(who, as_of):
        yield from chunks
