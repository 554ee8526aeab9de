"""Lists of runs, results and cases, and the search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.contexts import SlowListPage
from dashboard.filters import Filters
from dashboard.pages import lists
from dashboard.pages.lists.frame import framed
from dashboard.pages.state import PageState
from dashboard.views.answering import answer, with_statement_timeout


@require_safe
@readable
@with_statement_timeout
def runs(request: HttpRequest) -> HttpResponse:
    state = lists.runs_state(request.path, request.GET)
    frame = framed(state)
    page = lists.runs_page(frame)
    return answer(
        request,
        "dashboard/runs.html",
        page,
        state=state,
        bar=frame.bar,
        current="runs",
    )


@require_safe
@readable
@with_statement_timeout
def results(request: HttpRequest) -> HttpResponse:
    state = lists.results_state(request.path, request.GET)
    frame = framed(state)
    page = lists.results_page(frame)
    return answer(
        request,
        "dashboard/results.html",
        page,
        state=state,
        bar=frame.bar,
        current="results",
    )


@require_safe
@readable
@with_statement_timeout
def cases(request: HttpRequest) -> HttpResponse:
    state = lists.cases_state(request.path, request.GET)
    frame = framed(state)
    page = lists.cases_page(frame)
    return answer(
        request,
        "dashboard/slow.html"
        if isinstance(page, SlowListPage)
        else "dashboard/cases.html",
        page,
        state=state,
        bar=frame.bar,
        current="cases",
    )


@require_safe
@readable
@with_statement_timeout
def search(request: HttpRequest) -> HttpResponse:
    page = lists.search_page(request.GET.get("q", ""))
    state = PageState(path=request.path, filters=Filters(q=page.search.value))
    return answer(
        request, "dashboard/search.html", page, state=state, bar=None, current="search"
    )
