"""Answers that the caller has already: an ETag that costs one short query, and 304."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.http import (
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    QueryDict,
)
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard import kept_answers
from dashboard.data_version import data_version
from dashboard.kept_answers import KeptAnswer
from dashboard.models import ApiToken
from dashboard.program import program_stamp
from dashboard.readers import reader
from dashboard.reading.scope import scope_key

# Of an answer, what it says beside its body.
_OWN = ("Content-Type", "X-Order")
LARGEST_KEPT = 200_000


class NotModified(Exception):
    """The caller has the answer."""


class Answered(Exception):
    """The answer was made within this minute."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__()
        self.answer = answer


class ConditionalView(APIView):
    """A view whose GET is a 304 where `If-None-Match` holds the answer's ETag.

    It is looked at before the query is read: who has the ETag got an answer to this very
    query, and neither the data nor the reader's rights are others. So is one that was
    made within the minute answered again.
    """

    # Whether the answer stays the same while no data changes, however late it is: it is
    # then asked for with fixed times, or without any.
    is_timeless: ClassVar[bool] = False
    _etag = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in SAFE_METHODS:
            self._etag = etag_of(request, is_timeless=self.is_timeless)
            known = parse_etags(request.headers.get("If-None-Match", ""))
            if self._etag in known or self._etag.removeprefix("W/") in known:
                raise NotModified
            if kept := kept_answers.load(_kept_as(self._etag)):
                raise Answered(kept)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotModified):
            return HttpResponseNotModified()
        if isinstance(exc, Answered):
            return HttpResponse(exc.answer.content, headers=dict(exc.answer.headers))
        return super().handle_exception(exc)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        answer: HttpResponseBase = super().finalize_response(
            request, response, *args, **kwargs
        )
        if self._etag and answer.status_code in (200, 304):
            with_validator(answer, self._etag)
            if isinstance(answer, Response):
                answer.add_post_render_callback(self._keep)
        return answer

    def _keep(self, answer: Response) -> None:
        """Pages of long lists are asked for once, and would push others out."""
        if answer.status_code == 200 and len(answer.content) <= LARGEST_KEPT:
            headers = {
                name: answer.headers[name] for name in _OWN if name in answer.headers
            }
            kept = KeptAnswer(content=answer.content, headers=headers)
            kept_answers.keep(_kept_as(self._etag), kept)


def _kept_as(etag: str) -> str:
    return f"answer:{etag}"


def with_validator(answer: HttpResponseBase, etag: str) -> None:
    answer.headers["ETag"] = etag
    # To be kept by the caller alone, who asks each time whether it still holds.
    answer.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(answer, ["Authorization", "Cookie"])


def etag_of(request: Request, *, is_timeless: bool) -> str:
    """Changes whenever the answer could: with any data, the program, the reader, the
    address that was asked, and with the minute where the answer goes by the time.
    """
    query = request.query_params
    moves = not is_timeless or _ends_now(query)
    parts = (
        program_stamp(),
        data_version(),
        f"{timezone.now():%Y-%m-%dT%H:%M}" if moves else "",
        *_reader(request),
        request.build_absolute_uri(),
    )
    text = "\n".join(parts)
    # Weak: a window that ends now is told to the microsecond, and has moved since.
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _reader(request: Request) -> tuple[str, ...]:
    """Who reads, with what rights, and of which projects and moment."""
    who, token = reader(), request.auth
    rights = f"{token.pk} {token.scopes}" if isinstance(token, ApiToken) else ""
    return str(who.user_id), str(who.role), rights, scope_key()


def _ends_now(query: QueryDict) -> bool:
    """Whether the window of a list ends at the moment of asking."""
    return "window" in query or ("since" in query and "until" not in query)
