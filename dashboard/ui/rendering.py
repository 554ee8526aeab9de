"""The one way from a context to a page: every text fitted before it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.reading.scope import past
from dashboard.ui.clock import Clock
from dashboard.ui.lengths import fitted
from dashboard.ui.past_links import with_moment
from dashboard.ui.stand_ins import form_token


def rendered(
    request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """Whatever a vendor says, no text of it makes the page heavy. Times are told by
    `clock`, that of now unless the context has one.
    """
    short = {name: fitted(value) for name, value in context.items()}
    short.setdefault("clock", Clock())
    page = render(request, template, short | form_token(), status=status)
    if as_of := past():
        page.content = with_moment(page.content.decode(), as_of).encode()
    return page
