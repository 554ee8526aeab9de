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
    layout = list_layout(results_state(request.path, request.GET))
    return answer(
        request,
        "results/results.html",
        results_page(layout),
        state=layout.state,
        bar=layout.bar,
        current="results",
    )
