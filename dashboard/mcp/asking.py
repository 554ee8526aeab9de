"""The REST API asked within this process, by the same views and with the token's rights.

So that no filter, formula, limit or right is said twice.
"""

from __future__ import annotations

import io
import json
import sys
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import QueryDict
from django.utils import timezone

from dashboard.addresses import known_site
from dashboard.api.access import NOT_VALID
from dashboard.api.encoding import Reader, as_json
from dashboard.filters import Accepts, lenient
from dashboard.mcp.errors import CannotAnswerError
from dashboard.mcp.inputs import Query
from dashboard.metrics.freshness import freshness
from dashboard.models import ApiToken
from dashboard.reading.as_of import past_moment
from dashboard.reading.rights import reader_with
from dashboard.reading.scope import at, for_reader

FAILED = "Passline could not answer this; its log says why."
# What says which connections an answer is made from, and of when.
_CHOOSING = ("connection", "project", "tool", "as_of")


def answer_of(path: str, query: Query, token: str) -> dict[str, Any]:
    """The body of a GET; CannotAnswerError with the API's own words for what it refuses."""
    said: list[str] = []
    content = _application()(_environ(path, query, token), lambda s, h: said.append(s))
    try:
        text = b"".join(content)
    finally:
        # This ends the request: connections that are too old or broken are closed.
        content.close()
    status = int(said[0].split()[0])
    try:
        body = json.loads(text)
    except ValueError as error:
        raise CannotAnswerError(FAILED) from error
    if status != HTTPStatus.OK:
        raise CannotAnswerError(_problem(body))
    found: dict[str, Any] = body
    return found


def freshness_of(query: Query, token: str) -> dict[str, Any]:
    """How fresh the tools are that a list is made from; metrics say it themselves."""
    found = ApiToken.valid(token)
    if found is None:
        raise CannotAnswerError(NOT_VALID)
    asked = QueryDict(mutable=True)
    for name in set(_CHOOSING) & set(query):
        asked.setlist(name, list(query[name]))
    with for_reader(reader_with(found)), at(past_moment(asked, timezone.now())):
        fresh = freshness(lenient(asked, Accepts()).filters)
    row: dict[str, Any] = as_json(fresh, Reader(site=known_site(), is_signed_in=True))
    return row


def written(query: Query) -> str:
    return urlencode([(name, text) for name in query for text in query[name]])


@cache
def _application() -> Any:
    return WSGIHandler()


def _environ(path: str, query: Query, token: str) -> dict[str, Any]:
    """As a web server tells it, asked for by the address that people know."""
    site = urlsplit(known_site())
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": settings.FORCE_SCRIPT_NAME or "",
        "PATH_INFO": path.removeprefix(settings.FORCE_SCRIPT_NAME or ""),
        "QUERY_STRING": written(query),
        "HTTP_HOST": site.netloc,
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "SERVER_NAME": site.hostname or "",
        "SERVER_PORT": str(site.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }


def _problem(body: Any) -> str:
    """REST framework's shapes in one text."""
    if not isinstance(body, dict):
        return FAILED
    if "detail" in body:
        return str(body["detail"])
    return " ".join(
        f"{name}: {' '.join(map(str, said)) if isinstance(said, list) else said}"
        for name, said in body.items()
    )
