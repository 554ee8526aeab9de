"""The page of one run."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import may_write, readable, writable
from dashboard.contexts import FilterBar
from dashboard.deciding.runs import (
    CannotJudge,
    exclude,
    leave_to_the_rule,
    put_back,
)
from dashboard.filters import Filters
from dashboard.lists.acts import ABOUT_RUN, with_acts
from dashboard.lists.choices import choices
from dashboard.lists.names import milestone_names, project_names
from dashboard.models import Verdict
from dashboard.pages.clock import Clock
from dashboard.pages.filter_bar import Offered, filter_bar
from dashboard.pages.run import run_page
from dashboard.pages.state import PageState
from dashboard.views.live import beside_unless_polled
from dashboard.views.shell import shell
from ingest.models import Run


@require_safe
@readable
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    row = get_object_or_404(
        Run.objects.select_related(
            "project__connection", "source", "configuration", "judgement"
        ).annotate(**with_acts(ABOUT_RUN)),
        pk=run_id,
    )
    clock, beside = Clock(), beside_unless_polled(request)
    context = {
        "shell": shell(
            request,
            f"project-{row.project_id}",
            failing=lambda: beside.failing,
            counts=beside.counts,
        ),
        "filter_bar": _filter_bar(row, clock),
        "page": run_page(row, request.GET, clock, may_write=may_write(request)),
    }
    return render(request, "dashboard/run.html", context)


@require_POST
@writable
def judge(request: HttpRequest, run_id: int) -> HttpResponse:
    """What a person says of a run, and back to its page."""
    row = get_object_or_404(Run, pk=run_id)
    by, reason = request.user.get_username(), request.POST.get("reason", "").strip()
    try:
        match request.POST.get("verdict"):
            case Verdict.EXCLUDED:
                exclude(row, reason=reason, by=by)
                messages.success(request, "The run is left out of flakiness.")
            case Verdict.KEPT:
                put_back(row, reason=reason, by=by)
                messages.success(request, "The run counts again.")
            case "rule":
                leave_to_the_rule(row, by=by)
                messages.success(request, "Taken back.")
            case _:
                messages.error(request, "Choose what to do with the run.")
    except CannotJudge as error:
        messages.error(request, str(error))
    return redirect("run", run_id)


def _filter_bar(row: Run, clock: Clock) -> FilterBar:
    """A run is one whatever is filtered: the bar leads to the runs of its project."""
    state = PageState(
        path="/runs/", filters=Filters(project=(row.project_id,), now=clock.now)
    )
    chosen = choices(state.filters, None)
    offered = Offered(
        projects=project_names(),
        milestones=milestone_names([int(id_) for id_ in chosen.runs["milestone"]]),
        choices=chosen,
        cases={},
    )
    return filter_bar(state, offered)
