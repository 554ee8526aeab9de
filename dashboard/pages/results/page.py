"""The list of results."""

from __future__ import annotations

from django.http import QueryDict

from dashboard.lists import RESULTS
from dashboard.lists.flaky_inputs import RESULTS_OF_FLAKINESS
from dashboard.metrics.exact import final_results
from dashboard.metrics.without_rows import WithoutRows, without_rows
from dashboard.pages.results.rows import HEADS, NUMERIC, result_rows
from dashboard.ui import links
from dashboard.ui.list_layout import (
    ListLayout,
    count_text,
    counts_note,
    empty_of,
    export,
    search_box,
)
from dashboard.ui.number_links import sort_columns
from dashboard.ui.pagination import shown
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Button
from dashboard.ui.result_rows import ResultListPage
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
NOTHING = WithoutRows(results=0, runs=0)


def results_state(path: str, query: QueryDict) -> PageState:
    state = read_state(path, query, RESULTS.accepts, own=(VIEW, CURSOR))
    return state.only_view(links.OF_FLAKINESS)


def results_page(frame: ListLayout) -> ResultListPage:
    if VIEW in frame.state.own:
        return _of_flakiness(frame)
    state = frame.state
    filters = state.filters
    found = load_or_none(
        "results", lambda: shown(state, RESULTS, counted=lambda: final_results(filters))
    )
    rows = result_rows(state, found.rows, frame.projects) if found else ()
    note = load_or_none("totals", lambda: without_rows(filters)) or NOTHING
    return ResultListPage(
        title="Results",
        subtitle=frame.subtitle,
        count=count_text(found),
        counts_note=counts_note(note),
        search=search_box(state, "Name, folder or key"),
        columns=sort_columns(state, HEADS, RESULTS.default_sort, numeric=NUMERIC),
        rows=rows,
        pager=found.pager if found else None,
        empty=empty_of(frame, "result", found),
        toggles=toggles(state, TOGGLES),
        buttons=(_by_message(state), export(state, "results/")),
        notes=frame.notes(found),
    )


def _by_message(state: PageState) -> Button:
    """The failures among the same results, grouped."""
    href = links.failures(state.filters)
    return Button(text="Failures by message", href=href, hide_on_phone=True)


def _of_flakiness(frame: ListLayout) -> ResultListPage:
    """Those of automated runs that are not left out, without totals of other runs."""
    state = frame.state
    found = load_or_none("results", lambda: shown(state, RESULTS_OF_FLAKINESS))
    return ResultListPage(
        title="Results that flakiness goes by",
        subtitle=frame.subtitle,
        count=count_text(found),
        search=search_box(state, "Name, folder or key"),
        columns=sort_columns(state, HEADS, RESULTS.default_sort, numeric=NUMERIC),
        rows=result_rows(state, found.rows, frame.projects) if found else (),
        pager=found.pager if found else None,
        empty=empty_of(frame, "result", found),
        toggles=toggles(state, TOGGLES),
        notes=frame.notes(found),
    )
