"""The list of results."""

from __future__ import annotations

from django.http import QueryDict

from dashboard.lists import RESULTS
from dashboard.lists.flaky_inputs import (
    LOST_ATTEMPTS,
    RESULTS_OF_FLAKINESS,
    RETRIED_ATTEMPTS,
)
from dashboard.lists.since_then import RESULTS_CHANGED, RESULTS_LATE
from dashboard.metrics.exact import final_results
from dashboard.metrics.without_rows import WithoutRows, without_rows
from dashboard.ui import links
from dashboard.ui.list_layout import (
    ListLayout,
    ListPage,
    counts_note,
    export,
    listing_page,
)
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Button
from dashboard.ui.result_rows import COLUMNS, listed_results
from dashboard.ui.toggles import toggles
from dashboard.ui.url_state import CURSOR, VIEW, PageState, read_state

TOGGLES = (
    ("fail", "Failed", ("failed",)),
    ("err", "Error", ("error",)),
    ("block", "Blocked", ("blocked",)),
    ("skip", "Skipped", ("skipped",)),
    ("run", "Not finished", ("running", "unknown", "untested")),
    ("pass", "Passed", ("passed",)),
)
# The lists besides that of all results, with their titles.
VIEWS = {
    links.OF_FLAKINESS: (RESULTS_OF_FLAKINESS, "Results that flakiness goes by"),
    links.RETRIED: (RETRIED_ATTEMPTS, "Attempts that needed a retry"),
    links.LOST: (LOST_ATTEMPTS, "Attempts that flaky tests lost time with"),
    links.LATE: (RESULTS_LATE, "Results that arrived late"),
    links.CHANGED: (RESULTS_CHANGED, "Results that changed later"),
}
NOTHING = WithoutRows(results=0, runs=0)


def results_state(path: str, query: QueryDict) -> PageState:
    state = read_state(path, query, RESULTS.accepts, own=(VIEW, CURSOR))
    return state.only_view(*VIEWS)


def results_page(layout: ListLayout) -> ListPage:
    """All of them with the totals of runs without rows, or one of VIEWS, which are of
    automated runs that flakiness goes by.
    """
    state, filters = layout.state, layout.state.filters
    is_all = VIEW not in state.own
    listing, title = VIEWS.get(state.own.get(VIEW, ""), (RESULTS, "Results"))
    without = load_or_none("totals", lambda: without_rows(filters)) if is_all else None
    return listing_page(
        layout,
        listing,
        COLUMNS,
        lambda results: listed_results(results, layout.projects, layout.clock),
        title=title,
        what="result",
        css="tall blocks fixed",
        counted=lambda: final_results(filters) if is_all else None,
        counts_note=counts_note(without or NOTHING),
        toggles=toggles(state, TOGGLES),
        buttons=(_by_message(state), export(state, "api-results")) if is_all else (),
    )


def _by_message(state: PageState) -> Button:
    """The failures among the same results, grouped."""
    href = links.failures(state.filters)
    return Button(text="Failures by message", href=href, hide_on_phone=True)
