"""The list of runs."""

from __future__ import annotations

from django.http import QueryDict

from dashboard.contexts import RunListPage
from dashboard.lists import RUNS
from dashboard.lists.flaky_inputs import RUNS_LEFT_OUT
from dashboard.pages import doors
from dashboard.pages.lists.frame import Frame, count_text, empty_of, export, search_box
from dashboard.pages.numbers import sort_columns
from dashboard.pages.paging import shown
from dashboard.pages.panels import loaded
from dashboard.pages.run_rows import HEADS, NUMERIC, run_rows
from dashboard.pages.state import CURSOR, VIEW, PageState, read_state
from dashboard.pages.toggles import toggles

TOGGLES = (
    ("fail", "Failed", ("failed",)),
    ("pass", "Passed", ("passed",)),
    ("run", "Running", ("running",)),
    ("skip", "Cancelled", ("cancelled",)),
)


def runs_state(path: str, query: QueryDict) -> PageState:
    state = read_state(path, query, RUNS.accepts, own=(VIEW, CURSOR))
    return state.only_view(doors.LEFT_OUT)


def runs_page(frame: Frame) -> RunListPage:
    state = frame.state
    is_left_out = VIEW in state.own
    listing = RUNS_LEFT_OUT if is_left_out else RUNS
    found = loaded("runs", lambda: shown(state, listing))
    columns = sort_columns(state, HEADS, RUNS.default_sort, numeric=NUMERIC)
    return RunListPage(
        title="Runs left out of flakiness" if is_left_out else "Runs",
        subtitle=frame.subtitle,
        count=count_text(found),
        search=search_box(state, "Run name"),
        columns=columns,
        rows=run_rows(state, found.rows, frame.projects) if found else (),
        pager=found.pager if found else None,
        empty=empty_of(frame, "run", found),
        toggles=toggles(state, TOGGLES),
        buttons=() if is_left_out else (export(state, "runs/"),),
        notes=frame.notes(found),
    )
