"""The lists behind the sync page: syncs, rejected records, results of unknown words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

from dashboard.addresses import address
from dashboard.lists import one_connection
from dashboard.lists.names import project_names
from dashboard.lists.rejects import rejects, results_with_word
from dashboard.lists.results import rows as result_rows
from dashboard.lists.sync_activity import results_of, syncs_chosen
from dashboard.pages.sync.state import (
    DAY,
    SYNC,
    HistoryState,
    RejectsState,
    UnknownState,
)
from dashboard.pages.sync.sync_rows import all_syncs
from dashboard.ui.clock import Clock
from dashboard.ui.list_layout import ListPage
from dashboard.ui.pagination import PAGE_SIZE, numbered_pager, page_within
from dashboard.ui.parts import Button, EmptyState, Note, SearchBox, warning
from dashboard.ui.result_rows import COLUMNS, listed_results
from dashboard.ui.tables import Table, table
from dashboard.ui.text import numbers
from dashboard.ui.url_state import DeclaredState

M = TypeVar("M", bound=Model)


def problem_notes(problems: Sequence[str]) -> tuple[Note, ...]:
    return tuple(warning(problem, "") for problem in problems)


def _list_page(
    state: DeclaredState,
    rows: QuerySet[M],
    make_table: Callable[[list[M]], Table],
    *,
    title: str,
    subtitle: str,
    search: SearchBox,
    nothing: tuple[str, str],
    buttons: tuple[Button, ...] = (),
) -> ListPage:
    """A page beyond the last is the last one. `nothing` says why there is no row."""
    count = rows.count()
    page = page_within(state.page, count)
    back = Button(text="Back to Sync", href=address(SYNC), small=True)
    empty = EmptyState(title=nothing[0], text=nothing[1], icon="filter", button=back)
    return ListPage(
        title=title,
        subtitle=subtitle,
        count=numbers.count(count),
        search=search,
        table=make_table(list(rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])),
        pager=numbered_pager(
            page, count, lambda number: state.href(page=number), is_moving=True
        ),
        buttons=buttons,
        notes=problem_notes(state.problems),
        empty=None if count else empty,
    )


def history_page(query: QueryDict, clock: Clock) -> ListPage:
    """Every sync, a line for each project, newest first."""
    state = HistoryState.read(query)
    syncs = syncs_chosen(
        connection=state.connection,
        status=state.status,
        since=_since(state.window, clock),
        until=clock.now,
        q=state.q,
    )
    connection = one_connection(state.connection) if state.connection else None
    read, written = results_of(syncs)
    return _list_page(
        state,
        syncs.select_related("connection", "project"),
        all_syncs,
        title=f"Syncs of {connection.name}" if connection else "Syncs",
        subtitle=f"{numbers.count(read)} results read, {numbers.count(written)} written",
        search=state.search_box("Connection or project"),
        nothing=("No sync here", "None was asked for in this time."),
    )


def rejects_page(query: QueryDict, clock: Clock) -> ListPage:
    """Rejected records, whole and as they came."""
    state = RejectsState.read(query)
    rows = rejects(
        connection=state.connection,
        project=state.project,
        run=state.run,
        reason=state.reason,
        state=state.state,
        is_stored={"0": False, "1": True}.get(state.kept),
        since=_since(state.window, clock),
        q=state.q,
    )
    every = "of one run" if state.run else "kept whole, each sync tries them again"
    return _list_page(
        state,
        rows.select_related("connection", "project"),
        lambda rows: table((), rows),
        title="Rejected records",
        subtitle=state.reason or every,
        search=state.search_box("Reason, place or text"),
        nothing=("No record here", "None was rejected for this reason."),
    )


def unknown_page(query: QueryDict, clock: Clock) -> ListPage:
    """Results that carry one unknown status word of one connection."""
    state = UnknownState.read(query)

    def results(rows: list[Any]) -> Table:
        shown = listed_results(result_rows(rows), project_names(), clock)
        return table(COLUMNS, shown, css="tall blocks fixed")

    mapping = f"{address(SYNC)}#rejects"
    return _list_page(
        state,
        results_with_word(state.connection or 0, state.word),
        results,
        title=f"Status “{state.word[:80]}”",
        subtitle="unknown until somebody maps it",
        search=SearchBox(
            action=address("results"),
            value="",
            placeholder="Name, folder or key",
            hidden=(("status", "unknown"),),
        ),
        nothing=("No result here", "None carries this word as unknown."),
        buttons=(Button(text="Map status", href=mapping, primary=True),),
    )


def _since(days: int | None, clock: Clock) -> datetime | None:
    return clock.now - days * DAY if days else None
