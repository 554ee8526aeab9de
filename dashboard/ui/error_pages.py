"""Pages that say that there is no page: each stands alone and asks no table."""

from __future__ import annotations

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.ui.theme import Theme, theme_of


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    return _page(request, 500)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    context = {"theme": _theme(request)}
    return render(request, f"{status}.html", context, status=status)


def _theme(request: HttpRequest) -> Theme:
    try:
        return theme_of(request)
    except SuspiciousOperation:
        # What is told here is that the very query could not be read.
        return ""
