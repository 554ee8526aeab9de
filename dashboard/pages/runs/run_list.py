"""The list of runs."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from dashboard.lists import RUNS
from dashboard.lists.flaky_inputs import RUNS_LEFT_OUT
from dashboard.ui import links
from dashboard.ui.list_layout import (
    ListLayout,
    ListPage,
    count_text,
    empty_of,
    export,
    search_box,
)
from dashboard.ui.number_links import sort_columns
from dashboard.ui.pagination import shown
from dashboard.ui.panels import load_or_none
from dashboard.ui.run_rows import HEADS, NUMERIC, RunRow, run_rows
from dashboard.ui.toggles import toggles
from dashboard.ui.url_state import CURSOR, VIEW, PageState, read_state

TOGGLES = (
    ("fail", "Failed", ("failed",)),
    ("pass", "Passed", ("passed",)),
    ("run", "Running", ("running",)),
    ("skip", "Cancelled", ("cancelled",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunListPage(ListPage):
    """Column keys: name, project, configuration, outcome, duration, started."""

    rows: tuple[RunRow, ...] = ()


def runs_state(path: str, query: QueryDict) -> PageState:
    state = read_state(path, query, RUNS.accepts, own=(VIEW, CURSOR))
    return state.only_view(links.LEFT_OUT)


def runs_page(frame: ListLayout) -> RunListPage:
    state = frame.state
    is_left_out = VIEW in state.own
    listing = RUNS_LEFT_OUT if is_left_out else RUNS
    found = load_or_none("runs", lambda: shown(state, listing))
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
