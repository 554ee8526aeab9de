"""The page of a project's tests by their folders."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.addresses import address
from dashboard.filters import selected_connections
from dashboard.lists.names import project_names
from dashboard.pages.suites.page import suites_page, suites_state
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.filter_bar import Offered
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.list_layout import ListLayout


@require_safe
@readable
@with_statement_timeout
@kept_page
def suites(request: HttpRequest, project_id: int) -> HttpResponse:
    projects = project_names()
    if project_id not in projects:
        raise Http404
    path = address("project-tests", project_id)
    state = suites_state(path, request.GET, project_id)
    # Nothing of the filter bar applies: a test stands here whatever its runs were.
    offered = Offered(projects=projects, milestones={}, choices=None, cases={})
    connections = list(selected_connections(state.filters))
    layout = ListLayout(state=state, offered=offered, connections=connections)
    return answer(
        request,
        "suites/suites.html",
        suites_page(layout, projects[project_id]),
        state=state,
        current=f"project-{project_id}",
    )
