"""The list of results."""

from __future__ import annotations

from django.http import QueryDict

from dashboard.contexts import Button, ResultListPage
from dashboard.lists import RESULTS
from dashboard.lists.flaky_inputs import RESULTS_OF_FLAKINESS
from dashboard.metrics.exact import final_results
from dashboard.metrics.without_rows import WithoutRows, without_rows
from dashboard.pages import doors
from dashboard.pages.lists.frame import (
    Frame,
    count_text,
    counts_note,
    empty_of,
    export,
    search_box,
)
from dashboard.pages.lists.result_rows import HEADS, NUMERIC, result_rows
from dashboard.pages.numbers import sort_columns
from dashboard.pages.paging import shown
from dashboard.pages.panels import loaded
from dashboard.pages.state import CURSOR, VIEW, PageState, read_state
from dashboard.pages.toggles import toggles

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
    return state.only_view(doors.OF_FLAKINESS)


def results_page(frame: Frame) -> ResultListPage:
    if VIEW in frame.state.own:
        return _of_flakiness(frame)
    state = frame.state
    filters = state.filters
    found = loaded(
        "results", lambda: shown(state, RESULTS, counted=lambda: final_results(filters))
    )
    rows = result_rows(state, found.rows, frame.projects) if found else ()
    note = loaded("totals", lambda: without_rows(filters)) or NOTHING
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
    href = doors.failures(state.filters)
    return Button(text="Failures by message", href=href, hide_on_phone=True)


def _of_flakiness(frame: Frame) -> ResultListPage:
    """Those of automated runs that are not left out, without totals of other runs."""
    state = frame.state
    found = loaded("results", lambda: shown(state, RESULTS_OF_FLAKINESS))
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
