"""The list of results, and the page of one."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.lists.one_result import result_of, run_of
from dashboard.pages.results.gone import gone_page
from dashboard.pages.results.page import results_page, results_state
from dashboard.pages.results.result import result_page
from dashboard.pages.results.result_data import ResultData
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.list_view import list_view
from dashboard.ui.question import ask_of_run

results = list_view("results/results.html", "results", results_state, results_page)


@require_safe
@readable
@with_statement_timeout
@kept_page
def result(request: HttpRequest, result_id: int) -> HttpResponse:
    """By its id in the API, one that is gone at its vendor too."""
    run = run_of(result_id)
    if run is None:
        raise Http404
    clock, current = Clock(), f"project-{run.project_id}"
    ask_of_run(run, clock.now)
    row = result_of(run, result_id)
    if row is None:
        return answer(
            request,
            "results/gone.html",
            gone_page(run, clock),
            current=current,
            clock=clock,
            status=404,
        )
    page = result_page(ResultData(result=row, clock=clock))
    return answer(
        request,
        "results/result.html",
        page,
        current=current,
        clock=clock,
        run=run.pk,
    )
