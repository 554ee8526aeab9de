"""The page of failures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.pages.failures.page import failures_page, failures_state
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.list_layout import list_layout


@require_safe
@readable
@with_statement_timeout
def failures(request: HttpRequest) -> HttpResponse:
    state = failures_state(request.path, request.GET)
    frame = list_layout(state)
    return answer(
        request,
        "failures/failures.html",
        failures_page(frame),
        state=state,
        bar=frame.bar,
        current="failures",
    )
