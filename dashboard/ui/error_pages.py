"""Pages that say that there is no page: each stands alone and asks no table."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from dashboard.database.outages import outage_of
from dashboard.ui.theme import Theme, theme_of

# How Django begins the reasons that are no matter of tokens.
FROM_ELSEWHERE = ("Origin checking failed", "Referer checking failed")
UNNAMED = "a page that the browser does not name"
LONGEST_ORIGIN = 300
# Where nobody reads HTML, and what the sentence is called there.
OF_PROGRAMS = {"/api/": "detail", "/intake/": "message"}
SOON_S = 5


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404)


def not_found_here(request: HttpRequest) -> HttpResponse:
    """The same without an exception, for what must not tell why."""
    return _page(request, 404)


def too_many_here(request: HttpRequest, wait_s: int) -> HttpResponse:
    """Whoever tried too many addresses has to wait."""
    answer = _page(request, 429)
    answer.headers["Retry-After"] = str(wait_s)
    return answer


def broken(request: HttpRequest) -> HttpResponse:
    if outage := outage_of(sys.exc_info()[1]):
        return _without_database(request, outage)
    return _page(request, 500)


def _without_database(request: HttpRequest, outage: str) -> HttpResponse:
    """Soon again: programs that push or read know from that what to do."""
    answer: HttpResponse
    path = request.path_info
    name = next((name for p, name in OF_PROGRAMS.items() if path.startswith(p)), "")
    if name:
        said = f"{outage}. Try again."
        answer = JsonResponse({name: said}, status=503)
    else:
        context = {"theme": _theme(request), "outage": outage}
        answer = render(request, "database_gone.html", context, status=503)
    answer.headers["Retry-After"] = str(SOON_S)
    return answer


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, or from another origin: each has another remedy."""
    origin = _origin(request) if reason.startswith(FROM_ELSEWHERE) else ""
    context = {
        "theme": _theme(request),
        "origin": origin,
        # Then the browser keeps our cookies to itself, the token's too.
        "is_bare": settings.BEHIND_TLS and not request.is_secure(),
    }
    return render(request, "403_csrf.html", context, status=403)


def _origin(request: HttpRequest) -> str:
    """What the browser says that the form comes from, without any path."""
    said = request.META.get("HTTP_ORIGIN") or request.META.get("HTTP_REFERER", "")
    try:
        parts = urlsplit(said)
    except ValueError:
        return UNNAMED
    if not parts.scheme or not parts.hostname:
        return UNNAMED
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:LONGEST_ORIGIN]


def _page(request: HttpRequest, status: int) -> HttpResponse:
    context = {"theme": _theme(request)}
    return render(request, f"{status}.html", context, status=status)


def _theme(request: HttpRequest) -> Theme:
    try:
        return theme_of(request)
    except SuspiciousOperation:
        # What is told here is that the very query could not be read.
        return ""
