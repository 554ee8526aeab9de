"""How a page is answered: in its frame, with the part that htmx asked for in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from dashboard.readers import reader
from dashboard.reading.scope import past
from dashboard.request_cache import request_cache
from dashboard.time_limits import statement_limit
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import FilterBar
from dashboard.ui.layout import layout
from dashboard.ui.panels import LONGEST_S
from dashboard.ui.parts import Note
from dashboard.ui.past_bar import past_bar
from dashboard.ui.rendering import rendered
from dashboard.ui.sidebar import SidebarCounts, sidebar_counts
from dashboard.ui.url_state import PageState

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
# Ids of the parts that ask for themselves every 15 s: of the answer they take their own
# part only, and the address does not change.
LIVE_PARTS = frozenset({"arrived", "freshness", "outcomes", "started", "sync"})


def with_statement_timeout(view: View[P]) -> View[P]:
    """A page whose parts may fail alone, and take so long only."""

    @wraps(view)
    def limited(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        with statement_limit(LONGEST_S), request_cache():
            return view(request, *args, **kwargs)

    return limited


def answer(
    request: HttpRequest,
    template: str,
    page: Any,
    *,
    current: str,
    state: PageState | None = None,
    bar: FilterBar | None = None,
    clock: Clock | None = None,
    counts: SidebarCounts | None = None,
    notes: Sequence[Note] = (),
    run: int | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page in its frame; an address that htmx pushes is the canonical one.

    `current` is what the sidebar marks, `counts` what stands in it, where the page knows
    that already. Times are told by `clock`, without one by that of the `state`. `run` is
    the one that the page is about.
    """
    bar_of_past = None
    # A share says its moment in words of its own.
    if not is_polled(request) and reader().share is None:
        bar_of_past = past_bar(request, state.filters if state else None, run)
    if counts is None:
        # Of the past nothing is computed beforehand, and a frame must not take so long; a
        # visitor of a share has no sidebar.
        has_none = (
            is_polled(request) or past() is not None or reader().share is not None
        )
        counts = SidebarCounts() if has_none else sidebar_counts(state)
    if clock is None:
        clock = Clock(state.filters.now, state.zone) if state else Clock()
    context = {
        "shell": layout(
            request, current, counts, notes, bar.here if bar else "", bar_of_past
        ),
        # A visitor of a share changes order, page and theme only.
        "filter_bar": None if reader().share else bar,
        "page": page,
        "clock": clock,
    }
    response = rendered(request, template, context, status)
    is_swap = "HX-Request" in request.headers and not is_polled(request)
    if state and is_swap and request.get_full_path() != state.href:
        response.headers["HX-Push-Url"] = state.href
    return response


def is_polled(request: HttpRequest) -> bool:
    """Whether a live part asks for itself again, and nobody would see the rest."""
    return request.headers.get("HX-Target", "") in LIVE_PARTS
