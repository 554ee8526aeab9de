"""The page of one run."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.contexts import FilterBar
from dashboard.filters import Filters
from dashboard.lists.choices import choices
from dashboard.lists.names import milestone_names, project_names
from dashboard.pages.clock import Clock
from dashboard.pages.filter_bar import Offered, filter_bar
from dashboard.pages.run import run_page
from dashboard.pages.state import PageState
from dashboard.views.live import counts_unless_polled, failing_unless_polled
from dashboard.views.shell import shell
from ingest.models import Run


@require_safe
@readable
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    row = get_object_or_404(
        Run.objects.select_related("project__connection", "source", "configuration"),
        pk=run_id,
    )
    clock = Clock()
    context = {
        "shell": shell(
            request,
            f"project-{row.project_id}",
            failing=failing_unless_polled(request),
            counts=counts_unless_polled(request),
        ),
        "filter_bar": _filter_bar(row, clock),
        "page": run_page(row, request.GET, clock),
    }
    return render(request, "dashboard/run.html", context)


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
