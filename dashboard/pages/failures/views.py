"""The page of failures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.lists.failures import FAILURES
from dashboard.pages.failures.page import failures_page
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.list_layout import list_layout
from dashboard.ui.url_state import CURSOR, read_state


@require_safe
@readable
@with_statement_timeout
def failures(request: HttpRequest) -> HttpResponse:
    state = read_state(
        request.path,
        request.GET,
        FAILURES.accepts,
        own=(CURSOR,),
        has_default_window=True,
    )
    layout = list_layout(state)
    return answer(
        request,
        "failures/failures.html",
        failures_page(layout),
        state=state,
        bar=layout.bar,
        current="failures",
    )
