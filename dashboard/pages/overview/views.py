"""The overview and the page of one project."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.filters import selected_connections
from dashboard.lists.imports import imports_in_progress
from dashboard.pages.overview.page import overview_page
from dashboard.ui import freshness
from dashboard.ui.activity.page_data import ActivityData, load_activity, overview_state
from dashboard.ui.answering import (
    SidebarCounts,
    answer,
    asks_for_freshness,
    with_statement_timeout,
)
from dashboard.ui.filter_bar import filter_bar
from dashboard.ui.rendering import rendered
from dashboard.ui.url_state import PageState


@require_safe
@readable
@with_statement_timeout
def overview(request: HttpRequest) -> HttpResponse:
    state = overview_state(request.path, request.GET)
    if asks_for_freshness(request):
        return _freshness(request, state)
    found = load_activity(state)
    page = overview_page(found)
    has_bar = bool(found.connections or found.projects)
    return answer(
        request,
        "overview/overview.html",
        page,
        state=state,
        bar=filter_bar(state, found.offered) if has_bar else None,
        current="overview",
        beside=_known_beside(found),
    )


def _freshness(request: HttpRequest, state: PageState) -> HttpResponse:
    """The live part alone, because every open overview asks for it every 15 s."""
    connections = list(selected_connections(state.filters))
    strip = freshness.strip(state, connections, imports_in_progress())
    return rendered(request, "ui/_freshness.html", {"fresh": strip})


def _known_beside(found: ActivityData) -> SidebarCounts | None:
    """The sidebar's numbers, where the page without filters has them already."""
    history, flaky, state = found.failing, found.flaky, replace(found.state, own={})
    # Without anything chosen the address has no parameter.
    if history is None or flaky is None or state.href != state.path:
        return None
    return SidebarCounts(failing=history.now, flaky=len(flaky.cases))
