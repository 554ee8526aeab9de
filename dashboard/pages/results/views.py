"""The list of results."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.pages.results.page import results_page, results_state
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.list_layout import list_layout


@require_safe
@readable
@with_statement_timeout
def results(request: HttpRequest) -> HttpResponse:
    state = results_state(request.path, request.GET)
    frame = list_layout(state)
    page = results_page(frame)
    return answer(
        request,
        "results/results.html",
        page,
        state=state,
        bar=frame.bar,
        current="results",
    )
