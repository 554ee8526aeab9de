"""The page of flaky tests, and its panel of other rules."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.pages.flaky import (
    flaky_page,
    flaky_state,
    gather,
    not_yet,
    other_rules,
)
from dashboard.pages.lists.frame import framed
from dashboard.views.answering import answer, with_statement_timeout
from dashboard.views.rendering import rendered

PANEL = "other-rules"


@require_safe
@readable
@with_statement_timeout
def flaky(request: HttpRequest) -> HttpResponse:
    asked = flaky_state(request.path, request.GET)
    if request.headers.get("HX-Target") == PANEL:
        # Every visit asks for it once the page is there; the page costs less.
        return rendered(request, "_other_rules.html", {"others": other_rules(asked)})
    frame = framed(asked.page)
    others = other_rules(asked) if asked.shows_others else not_yet(asked)
    page = flaky_page(gather(frame, asked), others)
    return answer(
        request,
        "dashboard/flaky.html",
        page,
        state=asked.page,
        bar=None if page.empty and not frame.projects else frame.bar,
        current="flaky",
    )
