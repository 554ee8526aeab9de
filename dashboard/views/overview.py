"""The overview and the page of one project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.filters import selected_connections
from dashboard.lists.imports import importing
from dashboard.pages import freshness
from dashboard.pages.filter_bar import filter_bar
from dashboard.pages.overview import (
    Material,
    gather,
    overview_page,
    overview_state,
    project_page,
    project_state,
)
from dashboard.pages.state import PageState
from dashboard.views.answering import LIVE_PARTS, answer, patient


@require_safe
@readable
@patient
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
        failing=_known_failing(found),
    )


@require_safe
@readable
@patient
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    others = [value for value in request.GET.getlist("project") if value]
    if others and others != [str(project_id)]:
        return _other_projects(request, others)
    state = project_state(request.path, request.GET, project_id)
    if _asks_for_freshness(request):
        return _freshness(request, state)
    found = gather(state)
    if project_id not in found.projects:
        raise Http404
    return answer(
        request,
        "dashboard/project.html",
        project_page(found, found.projects[project_id]),
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
    strip = freshness.strip(state, connections, importing())
    return render(request, "_freshness.html", {"fresh": strip})


def _known_failing(found: Material) -> Callable[[], Mapping[int, int]] | None:
    """The sidebar's numbers, where the page without filters has them already."""
    history, state = found.failing, replace(found.state, own={})
    # Without anything chosen the address has no parameter.
    if history is None or state.href != state.path:
        return None
    return lambda: history.now
