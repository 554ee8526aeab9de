"""The page of one project."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.addresses import address, with_query
from dashboard.filters import selected_connections
from dashboard.ids import id_of
from dashboard.lists.imports import imports_in_progress
from dashboard.lists.names import project_names
from dashboard.pages.projects.page import project_page
from dashboard.pages.projects.page_data import ProjectData
from dashboard.ui import freshness
from dashboard.ui.activity.page_data import ACCEPTS
from dashboard.ui.answering import answer, is_polled, with_statement_timeout
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.page_states import reads_state
from dashboard.ui.rendering import rendered
from dashboard.ui.url_state import RUNS, VIEW, PageState, read_state


def project_state(path: str, query: QueryDict, project_id: int) -> PageState:
    if project_id not in project_names():
        raise Http404
    return read_state(
        path,
        query,
        ACCEPTS,
        own=(VIEW, RUNS),
        has_default_window=True,
        pinned={"project": (project_id,)},
    )


@reads_state(project_state)
@require_safe
@readable
@with_statement_timeout
@kept_page
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    others = [value for value in request.GET.getlist("project") if value]
    if others and others != [str(project_id)]:
        return _other_projects(request, others)
    state = project_state(request.path, request.GET, project_id)
    if is_polled(request):
        return _freshness_of(request, state)
    data = ProjectData(state)
    return answer(
        request,
        "projects/project.html",
        project_page(data, data.projects[project_id]),
        state=state,
        bar=data.layout.bar,
        current=f"project-{project_id}",
    )


def _other_projects(request: HttpRequest, projects: list[str]) -> HttpResponse:
    """The chip chose something else than this project: to its page, or to all."""
    query = [(n, v) for n, values in request.GET.lists() for v in values if v]
    rest = [(name, value) for name, value in query if name != "project"]
    number = id_of(projects[0]) if len(projects) == 1 else None
    if number is not None:
        path = address("project", number)
    else:
        path = address("overview")
        rest = [*(("project", value) for value in projects), *rest]
    return redirect(with_query(path, rest))


def _freshness_of(request: HttpRequest, state: PageState) -> HttpResponse:
    """The state of the project's connection, as it stands beside its name."""
    connections = list(selected_connections(state.filters))
    item = freshness.item_of_project(connections, imports_in_progress(), state)
    context = {"fresh": item, "poll_href": state.href}
    return rendered(request, "projects/_project_fresh.html", context)
