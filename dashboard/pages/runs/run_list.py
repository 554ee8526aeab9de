"""The list of runs."""

from __future__ import annotations

from django.http import QueryDict

from dashboard.lists import RUNS
from dashboard.lists.flaky_inputs import RUNS_LEFT_OUT
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout, ListPage, export, listing_page
from dashboard.ui.run_rows import COLUMNS, run_rows
from dashboard.ui.toggles import toggles
from dashboard.ui.url_state import CURSOR, VIEW, PageState, read_state

TOGGLES = (
    ("fail", "Failed", ("failed",)),
    ("pass", "Passed", ("passed",)),
    ("run", "Running", ("running",)),
    ("skip", "Cancelled", ("cancelled",)),
)


def runs_state(path: str, query: QueryDict) -> PageState:
    state = read_state(path, query, RUNS.accepts, own=(VIEW, CURSOR))
    return state.only_view(links.LEFT_OUT)


def runs_page(layout: ListLayout) -> ListPage:
    state = layout.state
    is_left_out = VIEW in state.own
    return listing_page(
        layout,
        RUNS_LEFT_OUT if is_left_out else RUNS,
        COLUMNS,
        lambda runs: run_rows(runs, layout.projects),
        title="Runs left out of flakiness" if is_left_out else "Runs",
        what="run",
        search="Run name",
        css="tall blocks runs",
        toggles=toggles(state, TOGGLES),
        buttons=() if is_left_out else (export(state, "api-runs"),),
    )
