"""The page of flaky tests, and its panel of other rules."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.pages.flaky.page import flaky_page, other_rules
from dashboard.pages.flaky.page_data import PageData, flaky_state
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.list_layout import list_layout
from dashboard.ui.page_states import reads_state
from dashboard.ui.rendering import rendered

PANEL = "other-rules"


@reads_state(lambda path, query: flaky_state(path, query)[0])
@require_safe
@readable
@with_statement_timeout
@kept_page
def flaky(request: HttpRequest) -> HttpResponse:
    state, choice = flaky_state(request.path, request.GET)
    if request.headers.get("HX-Target") == PANEL:
        # Every visit asks for it once the page is there; the page costs less.
        panel = {"others": other_rules(state, is_asked=True)}
        return rendered(request, "flaky/_other_rules.html", panel)
    layout = list_layout(state)
    page = flaky_page(PageData(layout, choice))
    return answer(
        request,
        "flaky/flaky.html",
        page,
        state=state,
        bar=None if page.nothing and not layout.projects else layout.bar,
        current="flaky",
    )
