"""The page of failures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.pages.failures import failures_page, failures_state
from dashboard.pages.lists.frame import framed
from dashboard.views.answering import answer, with_statement_timeout


@require_safe
@readable
@with_statement_timeout
def failures(request: HttpRequest) -> HttpResponse:
    state = failures_state(request.path, request.GET)
    frame = framed(state)
    return answer(
        request,
        "dashboard/failures.html",
        failures_page(frame),
        state=state,
        bar=frame.bar,
        current="failures",
    )
