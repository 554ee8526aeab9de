"""The overview, and the live part of it."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.filters import selected_connections
from dashboard.lists.imports import imports_in_progress
from dashboard.pages.overview.page import overview_page
from dashboard.pages.overview.projects import COLUMNS
from dashboard.ui import freshness
from dashboard.ui.activity import page_data
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.answering import answer, is_polled, with_statement_timeout
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.page_states import reads_state
from dashboard.ui.rendering import rendered
from dashboard.ui.sidebar import SidebarCounts
from dashboard.ui.tables import sorts
from dashboard.ui.url_state import FIND, VIEW, PageState, read_state

ACCEPTS = replace(page_data.ACCEPTS, sorts=sorts(COLUMNS))


def overview_state(path: str, query: QueryDict) -> PageState:
    return read_state(path, query, ACCEPTS, own=(FIND, VIEW), has_default_window=True)


@reads_state(overview_state)
@require_safe
@readable
@with_statement_timeout
@kept_page
def overview(request: HttpRequest) -> HttpResponse:
    state = overview_state(request.path, request.GET)
    if is_polled(request):
        return _freshness(request, state)
    activity = ActivityData(state)
    has_bar = bool(activity.connections or activity.projects)
    return answer(
        request,
        "overview/overview.html",
        overview_page(activity),
        state=state,
        bar=activity.layout.bar if has_bar else None,
        current="overview",
        counts=_sidebar_counts(activity),
    )


def _freshness(request: HttpRequest, state: PageState) -> HttpResponse:
    """The live part alone, because every open overview asks for it every 15 s."""
    connections = list(selected_connections(state.filters))
    strip = freshness.strip(state, connections, imports_in_progress())
    return rendered(request, "ui/_freshness.html", {"fresh": strip})


def _sidebar_counts(activity: ActivityData) -> SidebarCounts | None:
    """Where the page without filters has them already."""
    failing, flaky = activity.failing, activity.flaky
    # Without anything chosen the address has no parameter.
    address = replace(activity.state, own={}).href
    if failing is None or flaky is None or address != activity.state.path:
        return None
    return SidebarCounts(
        failing=failing.now,
        flaky=flaky.number,
        only_totals=frozenset(activity.only_totals),
    )
