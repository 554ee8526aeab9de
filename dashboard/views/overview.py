"""The overview and the page of one project."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.filters import selected_connections
from dashboard.lists.imports import imports_in_progress
from dashboard.lists.names import project_names
from dashboard.pages import freshness
from dashboard.pages.filter_bar import filter_bar
from dashboard.pages.overview import (
    Material,
    gather,
    gather_project,
    overview_page,
    overview_state,
    project_page,
    project_state,
)
from dashboard.pages.state import PageState
from dashboard.views.answering import LIVE_PARTS, Beside, answer, with_statement_timeout
from dashboard.views.rendering import rendered


@require_safe
@readable
@with_statement_timeout
def overview(request: HttpRequest) -> HttpResponse:
    state = overview_state(request.path, request.GET)
    if _asks_for_freshness(request):
        return _freshness(request, state)
    found = gather(state)
    page = overview_page(found)
    has_bar = bool(found.connections or found.projects)
    return answer(
        request,
        "dashboard/overview.html",
        page,
        state=state,
        bar=filter_bar(state, found.offered) if has_bar else None,
        current="overview",
        beside=_known_beside(found),
    )


@require_safe
@readable
@with_statement_timeout
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    others = [value for value in request.GET.getlist("project") if value]
    if others and others != [str(project_id)]:
        return _other_projects(request, others)
    state = project_state(request.path, request.GET, project_id)
    if _asks_for_freshness(request):
        return _freshness_of(request, state, project_id)
    found = gather(state)
    if project_id not in found.projects:
        raise Http404
    return answer(
        request,
        "dashboard/project.html",
        project_page(gather_project(found), found.projects[project_id]),
        state=state,
        bar=filter_bar(state, found.offered),
        current=f"project-{project_id}",
    )


def _other_projects(request: HttpRequest, projects: list[str]) -> HttpResponse:
    """The chip chose something else than this project: to its page, or to all."""
    query = [(n, v) for n, values in request.GET.lists() for v in values if v]
    rest = [(name, value) for name, value in query if name != "project"]
    if len(projects) == 1 and projects[0].isascii() and projects[0].isdigit():
        path = f"/projects/{projects[0]}/"
    else:
        path, rest = "/", [*(("project", value) for value in projects), *rest]
    return redirect(f"{path}?{urlencode(rest)}" if rest else path)


def _asks_for_freshness(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target", "") in LIVE_PARTS


def _freshness(request: HttpRequest, state: PageState) -> HttpResponse:
    """The live part alone, because every open overview asks for it every 15 s."""
    connections = list(selected_connections(state.filters))
    strip = freshness.strip(state, connections, imports_in_progress())
    return rendered(request, "_freshness.html", {"fresh": strip})


def _freshness_of(
    request: HttpRequest, state: PageState, project_id: int
) -> HttpResponse:
    """The same for one project, as it stands beside its name."""
    names = project_names()
    if project_id not in names:
        raise Http404
    connections = list(selected_connections(state.filters))
    item = freshness.of_project(
        names[project_id], connections, imports_in_progress(), state
    )
    context = {"fresh": item, "poll_href": state.href}
    return rendered(request, "_project_fresh.html", context)


def _known_beside(found: Material) -> Beside | None:
    """The sidebar's numbers, where the page without filters has them already."""
    history, flaky, state = found.failing, found.flaky, replace(found.state, own={})
    # Without anything chosen the address has no parameter.
    if history is None or flaky is None or state.href != state.path:
        return None
    return Beside(failing=history.now, flaky=len(flaky.cases))
