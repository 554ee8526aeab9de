"""The stand-up, as a page and as Markdown."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.filter_bar import FilterBar, WindowLink
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.list_layout import list_layout
from dashboard.ui.page_states import reads_state
from dashboard.ui.sidebar import SidebarCounts
from dashboard.ui.standup.page import standup_page
from dashboard.ui.standup.page_data import TV, PageData, standup_state
from dashboard.ui.url_state import VIEW

# Days since the last stand-up: yesterday, over a weekend, a week ago.
WINDOWS = ((1, "24 h"), (3, "3 d"), (7, "7 d"))


@reads_state(standup_state)
@require_safe
@readable
@with_statement_timeout
@kept_page
def standup(request: HttpRequest) -> HttpResponse:
    query = request.GET.copy()
    is_text = query.getlist("format") == ["md"]
    if is_text:
        del query["format"]
    data = PageData(layout=list_layout(standup_state(request.path, query)))
    page = standup_page(data, request.build_absolute_uri("/"))
    if is_text:
        return HttpResponse(page.markdown, content_type="text/plain; charset=utf-8")
    is_tv = data.state.own.get(VIEW) == TV
    return answer(
        request,
        "standup/tv.html" if is_tv else "standup/standup.html",
        page,
        state=data.state,
        bar=None if data.has_nothing else _bar(data),
        current="standup",
        # There is no sidebar.
        counts=SidebarCounts(),
    )


def _bar(data: PageData) -> FilterBar:
    """The folded filter bar, with the times that a stand-up is about."""
    state, filters = data.state, data.filters
    days = None if filters.since or filters.until else filters.window_days or 1
    windows = tuple(
        WindowLink(
            text=text,
            href=state.with_filters(window_days=number, since=None, until=None),
            is_current=days == number,
        )
        for number, text in WINDOWS
    )
    return replace(data.layout.bar, windows=windows)
