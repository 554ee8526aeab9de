"""The search, and the palette that asks as one types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.addresses import address, with_query
from dashboard.pages.search.page import search_page, searching, words_sought
from dashboard.pages.search.palette import palette_rows
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.rendering import rendered
from dashboard.ui.sidebar import sidebar_counts


@require_safe
@readable
@with_statement_timeout
@kept_page
def search(request: HttpRequest) -> HttpResponse:
    wanted, counts = words_sought(request.GET.get("q", "")), sidebar_counts()
    return answer(
        request,
        "search/search.html",
        search_page(wanted, counts),
        state=searching(wanted),
        current="search",
        counts=counts,
    )


@require_safe
@readable
@with_statement_timeout
@kept_page
def palette(request: HttpRequest) -> HttpResponse:
    """The rows alone, for what was typed, or what was opened lately."""
    if "HX-Request" not in request.headers:
        # They are no page, for whoever comes here from the log-in.
        return redirect(
            with_query(address("search"), [("q", request.GET.get("q", ""))])
        )
    found = palette_rows(
        words_sought(request.GET.get("q", "")),
        request.GET.getlist("recent"),
        sidebar_counts(),
    )
    return rendered(request, "search/palette.html", {"palette": found})
