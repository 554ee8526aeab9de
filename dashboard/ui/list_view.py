"""The view of a list: what its address says, what stands around it, and its page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.list_layout import ListLayout, ListPage, list_layout
from dashboard.ui.page_states import reads_state
from dashboard.ui.url_state import PageState


def list_view(
    template: str,
    place: str,
    state: Callable[[str, QueryDict], PageState],
    page: Callable[[ListLayout], ListPage],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """`place` is what is marked in the sidebar."""

    @reads_state(state)
    @require_safe
    @readable
    @with_statement_timeout
    @kept_page
    def view(request: HttpRequest) -> HttpResponse:
        layout = list_layout(state(request.path, request.GET))
        return answer(
            request,
            template,
            page(layout),
            state=layout.state,
            bar=layout.bar,
            current=place,
        )

    return view
