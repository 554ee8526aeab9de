"""The page of two runs side by side."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.pages.compare.page import compare_page
from dashboard.pages.compare.state import CompareState
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.question import ask_of_run


@require_safe
@readable
@with_statement_timeout
@kept_page
def compare(request: HttpRequest) -> HttpResponse:
    state = CompareState.read(request.GET)
    run = state.head or state.base
    current = f"project-{run.project_id}" if run else "runs"
    clock = Clock()
    if run:
        ask_of_run(run, clock.now)
    page = compare_page(state, clock)
    return answer(request, "compare/compare.html", page, current=current)
