"""The search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.filters import Filters
from dashboard.pages.search.page import search_page
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.url_state import PageState


@require_safe
@readable
@with_statement_timeout
def search(request: HttpRequest) -> HttpResponse:
    page = search_page(request.GET.get("q", ""))
    state = PageState(path=request.path, filters=Filters(q=page.search.value))
    return answer(request, "search/search.html", page, state=state, current="search")
