"""Words that stand in a page for its reader's name and for the token of its forms, while it
is made for several readers.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.html import escape

from dashboard.ui.lengths import LONGEST_TEXT, cut

_is_for_several: ContextVar[bool] = ContextVar("is_for_several", default=False)


@contextmanager
def made_for_several() -> Iterator[None]:
    """Within it a page has words of ours where `made_own` writes those of a reader."""
    token = _is_for_several.set(True)
    try:
        yield
    finally:
        _is_for_several.reset(token)


def user_name(request: HttpRequest) -> str:
    """ "" for whoever is not signed in."""
    if not request.user.is_authenticated:
        return ""
    if _is_for_several.get():
        return _word("name", settings.SECRET_KEY)
    return request.user.get_username()


def form_token() -> dict[str, str]:
    """What a template's context says in place of Django's own."""
    if not _is_for_several.get():
        return {}
    return {"csrf_token": _word("token", settings.SECRET_KEY)}


def made_own(page: HttpResponse, request: HttpRequest) -> HttpResponse:
    """The page with the reader's name and token."""
    name = _word("name", settings.SECRET_KEY).encode()
    token = _word("token", settings.SECRET_KEY).encode()
    content = page.content
    if name in content:
        own = escape(cut(user_name(request), LONGEST_TEXT))
        content = content.replace(name, own.encode())
    if token in content:
        content = content.replace(token, get_token(request).encode())
    page.content = content
    return page


@cache
def _word(of: str, key: str) -> str:
    """No text from elsewhere holds it: nobody else knows the key."""
    return hmac.digest(key.encode(), f"page {of}".encode(), hashlib.sha256).hex()
