"""The list of runs."""

from __future__ import annotations

from django.http import QueryDict

from dashboard.lists import RUNS
from dashboard.lists.flaky_inputs import RUNS_LEFT_OUT
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout, ListPage, export, list_page
from dashboard.ui.pagination import shown
from dashboard.ui.panels import load_or_none
from dashboard.ui.run_rows import COLUMNS, run_rows
from dashboard.ui.tables import table
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
    listing = RUNS_LEFT_OUT if is_left_out else RUNS
    found = load_or_none("runs", lambda: shown(state, listing))
    rows = run_rows(state, found.rows, layout.projects) if found else ()
    return list_page(
        layout,
        found,
        title="Runs left out of flakiness" if is_left_out else "Runs",
        what="run",
        search="Run name",
        table=table(
            COLUMNS,
            rows,
            css="tall blocks runs",
            state=state,
            default_sort=RUNS.default_sort,
        ),
        toggles=toggles(state, TOGGLES),
        buttons=() if is_left_out else (export(state, "runs/"),),
    )
