"""The page that says why somebody was not signed in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.ui.theme import theme_of

SWITCHED_OFF = "This user was switched off. An administrator can switch it on again."


def refusal(
    request: HttpRequest,
    sentence: str,
    *,
    title: str = "You are not signed in",
    status: int = 403,
) -> HttpResponse:
    context = {
        "title": title,
        "text": sentence,
        "has_log_in": not request.user.is_authenticated,
        "theme": theme_of(request),
    }
    return render(request, "account/message.html", context, status=status)
