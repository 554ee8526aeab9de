"""The list of runs, the page of one, and what a person says of it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import may_write, readable
from dashboard.annotations.audit_log import ChangedMeanwhile, based_on
from dashboard.annotations.runs import CannotJudge, exclude, leave_to_the_rule, put_back
from dashboard.lists import RUNS
from dashboard.lists.flaky_inputs import RUNS_LEFT_OUT, RUNS_UNCOUNTED
from dashboard.lists.or_404 import run_or_404, run_with_acts_or_404
from dashboard.models import Verdict
from dashboard.pages.runs.page import RunPage, judged_again, run_page
from dashboard.pages.runs.page_data import PageData
from dashboard.ui import links
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from dashboard.ui.history import changed_since
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.list_layout import (
    ListLayout,
    ListPage,
    export,
    listing_page,
)
from dashboard.ui.list_view import list_view
from dashboard.ui.question import ask_of_run
from dashboard.ui.run_rows import COLUMNS, run_rows
from dashboard.ui.toggles import toggles
from dashboard.ui.url_state import CURSOR, VIEW, PageState, read_state
from dashboard.ui.write_action import write_action

TOGGLES = (
    ("fail", "Failed", ("failed",)),
    ("pass", "Passed", ("passed",)),
    ("run", "Running", ("running",)),
    ("skip", "Cancelled", ("cancelled",)),
)


def runs_state(path: str, query: QueryDict) -> PageState:
    state = read_state(path, query, RUNS.accepts, own=(VIEW, CURSOR))
    return state.only_view(*_LISTS)


# What is listed in place of all runs, by `view`, with its title.
_LISTS = {
    links.LEFT_OUT: (RUNS_LEFT_OUT, "Runs left out of flakiness"),
    links.UNCOUNTED: (RUNS_UNCOUNTED, "Runs excluded from every number"),
}


def runs_page(layout: ListLayout) -> ListPage:
    state = layout.state
    listing, title = _LISTS.get(state.own.get(VIEW, ""), (RUNS, "Runs"))
    return listing_page(
        layout,
        listing,
        COLUMNS,
        lambda runs: run_rows(runs, layout.projects),
        title=title,
        what="run",
        search="Run name",
        css="tall fixed blocks runs",
        toggles=toggles(state, TOGGLES),
        buttons=() if VIEW in state.own else (export(state, "api-runs"),),
    )


runs = list_view("runs/runs.html", "runs", runs_state, runs_page)


@require_safe
@readable
@with_statement_timeout
@kept_page
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    return _page(request, run_id)


def _page(
    request: HttpRequest,
    run_id: int,
    change: Callable[[RunPage], RunPage] = lambda page: page,
    status: int = 200,
) -> HttpResponse:
    """`change` tells on it what did not go well."""
    row = run_with_acts_or_404(run_id)
    clock = Clock()
    ask_of_run(row, clock.now)
    data = PageData(run=row, query=request.GET, clock=clock)
    page = run_page(data, may_write=may_write(request))
    return answer(
        request,
        "runs/run.html",
        change(page),
        current=f"project-{row.project_id}",
        clock=clock,
        run=run_id,
        status=status,
    )


@write_action
@with_statement_timeout
def judge(request: HttpRequest, run_id: int) -> HttpResponse:
    """What a person says of a run, and back to its page."""
    row = run_or_404(run_id)
    by = request.user.get_username()
    version = based_on(request.POST.get("expected_version", ""))
    verdict, reason = request.POST.get("verdict"), request.POST.get("reason", "")
    reason = reason.strip()
    try:
        match verdict:
            case Verdict.EXCLUDED | Verdict.UNCOUNTED:
                is_wide = verdict == Verdict.UNCOUNTED
                exclude(
                    row,
                    reason=reason,
                    by=by,
                    from_every_number=is_wide,
                    expected_version=version,
                )
                of = "every number" if is_wide else "flakiness"
                messages.success(request, f"The run is left out of {of}.")
            case Verdict.KEPT:
                put_back(row, reason=reason, by=by, expected_version=version)
                messages.success(request, "The run counts again.")
            case "rule":
                leave_to_the_rule(row, by=by, expected_version=version)
                messages.success(request, "Taken back.")
            case _:
                messages.error(request, "Choose what to do with the run.")
    except CannotJudge as error:
        messages.error(request, str(error))
    except ChangedMeanwhile as changed:
        problem = changed_since(changed.act, by, "judgement", Clock())

        def with_sent(page: RunPage) -> RunPage:
            return judged_again(page, verdict or "", reason, problem)

        return _page(request, run_id, with_sent, status=409)
    return redirect("run", run_id)
