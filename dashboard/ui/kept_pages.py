"""Pages that were made within this minute of the same data are answered again: at a
stand-up everybody opens the same link, and those who see the same share a page.

While many are made at once, so is one of some seconds ago, whatever changed since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
)
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from dashboard import kept_answers
from dashboard.crowding import GOOD_FOR_S, allow_late, has_late_part, in_the_making
from dashboard.data_version import changes_of, data_version
from dashboard.database.replica import told_behind_s
from dashboard.kept_answers import KeptAnswer, LatestAnswer
from dashboard.lists.saved_views import has_own_views
from dashboard.program import program_stamp
from dashboard.readers import reader
from dashboard.reading.scope import scope_key
from dashboard.request_cache import request_cache
from dashboard.ui.panels import all_loaded
from dashboard.ui.stand_ins import made_for_several, made_own
from dashboard.ui.theme import theme_of

P = ParamSpec("P")
Answer = TypeVar("Answer", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
# What a page depends on beside its address, its reader and the cookie of the theme.
_HEADERS = ("HX-Request", "HX-Target")
_OWN = ("HX-Push-Url",)


def kept_page(view: View[P]) -> View[P]:
    """A page that reads tables alone, and is the same to all who see the same of them."""

    @wraps(view)
    def kept(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        # What a person was told once is told nobody else.
        if request.method != "GET" or messages.get_messages(request):
            return view(request, *args, **kwargs)
        place, version = _place(request), data_version()
        key = _key(place, version)
        if _is_known(request, key):
            return _with_validator(HttpResponseNotModified(), request, key)
        if page := _load(key):
            return _with_validator(made_own(page, request), request, key)
        allowed = allow_late(reader().user_id, changes_of(version))
        late = kept_answers.load_latest(place) if allowed.parts else None
        if late and (allowed.page or late.key == _with_late_parts(key)):
            return _late(late, request)
        with in_the_making() as has_waited:
            # Perhaps those before it made the same.
            if has_waited and (page := _load(key)):
                return _with_validator(made_own(page, request), request, key)
            with request_cache(), made_for_several():
                page = view(request, *args, **kwargs)
                is_whole = page.status_code == 200 and all_loaded()
        if not is_whole:
            return made_own(page, request)
        if has_late_part():
            # It is not what others get who must not get anything late.
            key = _with_late_parts(key)
        _store(place, key, page)
        return _with_validator(made_own(page, request), request, key)

    return kept


def _late(kept: LatestAnswer, request: HttpRequest) -> HttpResponse:
    """The page as it was a moment ago, which says how long ago by `Age`."""
    if _is_known(request, kept.key):
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = made_own(_response(kept.answer), request)
    answer.headers["Age"] = str(kept.age_s)
    return _with_validator(answer, request, kept.key)


def _is_known(request: HttpRequest, key: str) -> bool:
    """Whether the reader's browser has it."""
    known = request.headers.get("If-None-Match", "")
    return _etag(request, key) in parse_etags(known)


def _key(place: str, version: str) -> str:
    """Changes whenever the page could: with what `_place` says, with any data, and with
    the minute.
    """
    now = timezone.now()
    return f"page:{_hash(place, version, told_behind_s(), f'{now:%Y-%m-%dT%H:%M}')}"


def _with_late_parts(key: str) -> str:
    return f"{key}:late"


def _place(request: HttpRequest) -> str:
    """Of one program, of what the reader may see and do, and of one address."""
    who = reader()
    share = who.share and (who.share.id, who.share.as_of, who.share.expires_at)
    parts: tuple[Any, ...] = (
        program_stamp(),
        who.role,
        scope_key(),
        share,
        who.user_id if has_own_views() else "",
        theme_of(request),
        *(request.headers.get(name, "") for name in _HEADERS),
        request.build_absolute_uri(),
    )
    return f"latest:{_hash(*parts)}"


def _etag(request: HttpRequest, key: str) -> str:
    """Weak: the token of the forms is written anew each time."""
    own = (reader().user_id, request.META.get("CSRF_COOKIE", ""))
    return f'W/"{_hash(key, *own)[:32]}"'


def _hash(*parts: Any) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def _with_validator(answer: Answer, request: HttpRequest, key: str) -> Answer:
    answer.headers["ETag"] = _etag(request, key)
    # To be kept by the reader's browser alone, which asks each time whether it still holds.
    answer.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(answer, ["Cookie", *_HEADERS])
    return answer


def _load(key: str) -> HttpResponse | None:
    kept = kept_answers.load(key)
    return _response(kept) if kept else None


def _response(kept: KeptAnswer) -> HttpResponse:
    return HttpResponse(kept.content, headers=dict(kept.headers))


def _store(place: str, key: str, page: HttpResponse) -> None:
    headers = {name: page.headers[name] for name in _OWN if name in page.headers}
    kept_answers.keep(key, KeptAnswer(content=page.content, headers=headers))
    kept_answers.keep_latest(place, key, GOOD_FOR_S)
