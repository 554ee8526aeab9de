"""Every request is answered for its reader, of what is theirs to see."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from dashboard.addresses import API_V1
from dashboard.readers import Reader
from dashboard.reading.bearer import bearer_of
from dashboard.reading.rights import NOBODY, reader_of, reader_with
from dashboard.reading.scope import for_reader

# What is pushed says by its own tokens to which projects, and is written as it came.
_PUSHED = ("/intake/", f"{API_V1}intake/")


def for_its_reader(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, below the one that knows the user."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(_PUSHED):
            return get_response(request)
        who = _reader(request)
        with for_reader(who):
            answer = get_response(request)
        if isinstance(answer, StreamingHttpResponse):
            # It is made row by row after this has ended.
            answer.streaming_content = _for(who, iter(answer))
        return answer

    return middleware


def _reader(request: HttpRequest) -> Reader:
    if request.path_info.startswith(API_V1) and (bearer := bearer_of(request)):
        return reader_with(bearer.token) if bearer.token else NOBODY
    return reader_of(request.user)


def _for(who: Reader, chunks: Iterator[bytes]) -> Iterator[bytes]:
    with for_reader(who):
        yield from chunks
