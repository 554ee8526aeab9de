"""How a page with filters is answered: whole, or the one part that htmx asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from dashboard.filters import Filters, with_default_branches
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.failing import failing_by_project
from dashboard.precomputed.flaky import flaky_by_project
from dashboard.request_cache import request_cache
from dashboard.time_limits import statement_limit
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import FilterBar
from dashboard.ui.layout import layout
from dashboard.ui.panels import LONGEST_S, load_or_none
from dashboard.ui.rendering import rendered
from dashboard.ui.url_state import PageState

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
# A live part asks for itself every 15 s, which is no change of the address.
LIVE_PARTS = frozenset({"freshness"})


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
    state: PageState,
    bar: FilterBar | None,
    current: str,
    beside: SidebarCounts | None = None,
) -> HttpResponse:
    """The page in its frame; an address that htmx pushes is the canonical one.

    `beside` is what stands in the sidebar, where the page knows it already.
    """
    beside = beside or sidebar_counts(_usual(state))
    context = {
        "shell": layout(
            request, current, failing=lambda: beside.failing, counts=beside.counts
        ),
        "filter_bar": bar,
        "page": page,
        "clock": Clock(state.filters.now, state.zone),
    }
    response = rendered(request, template, context)
    target = request.headers.get("HX-Target", "")
    is_swap = "HX-Request" in request.headers and target not in LIVE_PARTS
    if is_swap and request.get_full_path() != state.href:
        response.headers["HX-Push-Url"] = state.href
    return response


@dataclass(frozen=True, slots=True, kw_only=True)
class SidebarCounts:
    """Failing cases by project and flaky ones, of the last 30 days without filters;
    `flaky` None is not known.
    """

    failing: Mapping[int, int]
    flaky: int | None

    @property
    def counts(self) -> Mapping[str, int]:
        """What stands beside the places."""
        return {} if self.flaky is None else {"flaky": self.flaky}


def failing_now() -> Mapping[int, int]:
    """Failing cases by project, of the last 30 days and without filters."""
    return sidebar_counts().failing


def place_counts() -> Mapping[str, int]:
    """What stands beside the places, of the last 30 days and without filters."""
    return sidebar_counts().counts


def _usual(state: PageState) -> Filters | None:
    """Filters of nothing chosen, where those of the page know the default branches."""
    filters = state.filters
    if not state.has_default_window or filters.branch:
        return None
    if filters.default_branch is not None:
        return None
    return Filters(default_branches=filters.default_branches)


def _flaky(filters: Filters) -> int:
    return sum(totals.cases for totals in flaky_by_project(filters).values())


_SIDEBAR = Metric(
    name="beside",
    kind=tuple[dict[int, int], int],
    compute=lambda filters: (failing_by_project(filters), _flaky(filters)),
)


def sidebar_counts(filters: Filters | None = None) -> SidebarCounts:
    """What stands in the sidebar of a page that does not know it already.

    `filters` choose nothing; None asks for the default branches that are in force.
    """
    filters = filters or with_default_branches(Filters())
    found = load_or_none(
        "the sidebar's numbers",
        lambda: cached(_SIDEBAR, filters),
    )
    failing, flaky = found or ({}, None)
    return SidebarCounts(failing=failing, flaky=flaky)


def asks_for_freshness(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target", "") in LIVE_PARTS
