"""The page of flaky tests, and its panel of other rules."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.pages.flaky.other_rules import not_yet, other_rules
from dashboard.pages.flaky.page import flaky_page
from dashboard.pages.flaky.page_data import load_page_data
from dashboard.pages.flaky.state import flaky_state
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.list_layout import list_layout
from dashboard.ui.rendering import rendered

PANEL = "other-rules"


@require_safe
@readable
@with_statement_timeout
def flaky(request: HttpRequest) -> HttpResponse:
    asked = flaky_state(request.path, request.GET)
    if request.headers.get("HX-Target") == PANEL:
        # Every visit asks for it once the page is there; the page costs less.
        return rendered(
            request, "flaky/_other_rules.html", {"others": other_rules(asked)}
        )
    frame = list_layout(asked.page)
    others = other_rules(asked) if asked.shows_others else not_yet(asked)
    page = flaky_page(load_page_data(frame, asked), others)
    return answer(
        request,
        "flaky/flaky.html",
        page,
        state=asked.page,
        bar=None if page.empty and not frame.projects else frame.bar,
        current="flaky",
    )
