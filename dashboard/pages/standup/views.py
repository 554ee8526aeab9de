"""The stand-up, as a page and as Markdown."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.pages.standup.page import standup_page
from dashboard.pages.standup.page_data import PageData, load_page_data, standup_state
from dashboard.ui.answering import SidebarCounts, answer, with_statement_timeout
from dashboard.ui.filter_bar import FilterBar, WindowLink, filter_bar

# Days since the last stand-up: yesterday, over a weekend, a week ago.
WINDOWS = ((1, "24 h"), (3, "3 d"), (7, "7 d"))


@require_safe
@readable
@with_statement_timeout
def standup(request: HttpRequest) -> HttpResponse:
    query = request.GET.copy()
    is_text = query.getlist("format") == ["md"]
    if is_text:
        del query["format"]
    found = load_page_data(standup_state(request.path, query))
    page = standup_page(found, request.build_absolute_uri("/"))
    if is_text:
        return HttpResponse(page.markdown, content_type="text/plain; charset=utf-8")
    return answer(
        request,
        "standup/standup.html",
        page,
        state=found.state,
        bar=_bar(found),
        current="standup",
        # There is no sidebar.
        beside=SidebarCounts(failing={}, flaky=None),
    )


def _bar(found: PageData) -> FilterBar | None:
    """The folded filter bar, with the times that a stand-up is about."""
    if not found.connections and not found.projects:
        return None
    state, filters = found.state, found.filters
    bar = filter_bar(state, found.offered)
    days = None if filters.since or filters.until else filters.window_days or 1
    links = (
        WindowLink(
            text=text,
            href=state.with_filters(window_days=number, since=None, until=None),
            is_current=days == number,
        )
        for number, text in WINDOWS
    )
    return replace(bar, windows=tuple(links))
