"""The table of a run's results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists.run_results import (
    PAGE_SIZE,
    ResultSelection,
    ResultsPage,
    results_page,
)
from dashboard.metrics.compare import Comparison
from dashboard.pages.runs.result_columns import columns
from dashboard.pages.runs.result_rows import result_row, table_of
from dashboard.pages.runs.result_toggles import narrowings, toggles
from dashboard.pages.runs.state import RunState
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.parts import Button, Column, EmptyState, Pager, SearchBox, Tool
from dashboard.ui.result_rows import ResultRow
from dashboard.ui.text import numbers
from dashboard.ui.toggles import StatusToggle
from ingest.contract import Detail
from ingest.models import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsCard:
    """`columns` by key: name, thread, message, strip, duration, change."""

    subtitle: str
    columns: dict[str, Column]
    rows: tuple[ResultRow, ...]
    toggles: tuple[StatusToggle, ...]
    search: SearchBox
    pager: Pager | None = None
    empty: EmptyState | None = None


def listed_results(state: RunState, against: Comparison | None) -> ResultsPage | None:
    """The results that the table lists; None of a run with totals only."""
    if state.run.detail == Detail.COUNTS:
        return None
    wanted = _wanted(state, against, _sort(state, against))
    return results_page(state.run, wanted, against)


def _sort(state: RunState, against: Comparison | None) -> str:
    return state.sort or ("-change" if against else "name")


def results_card(
    state: RunState,
    page: ResultsPage,
    threads: Mapping[int, Thread],
    against: Comparison | None,
    noted: Mapping[int, CaseRemarks],
    clock: Clock,
) -> ResultsCard:
    """`page` comes from listed_results; `noted` marks those of its tests as muted."""
    table = table_of(state, threads, against, noted, clock, page)
    return ResultsCard(
        subtitle=_subtitle(state, page),
        columns=columns(state, _sort(state, against), against),
        rows=tuple(result_row(table, row) for row in page.rows),
        toggles=(*narrowings(state, threads), *toggles(state)),
        search=_search(state),
        pager=_pager(state, page),
        empty=_empty(state) if not page.count else None,
    )


def totals_only(state: RunState, tool: Tool) -> ResultsCard:
    """The card of a run that has no rows."""
    nothing = EmptyState(
        title=f"{tool.label} gives totals only for this run",
        text="Its results cannot be read test by test; the counts above are the tool's.",
        icon="info",
    )
    return ResultsCard(
        subtitle="none, totals only",
        columns={},
        rows=(),
        toggles=(),
        search=_search(state),
        empty=nothing,
    )


def _wanted(state: RunState, against: Comparison | None, sort: str) -> ResultSelection:
    cases: set[int] | None = set(state.cases) if state.cases else None
    if state.change is not None:
        changed = set(against.cases[state.change]) if against else set()
        cases = changed if cases is None else cases & changed
    return ResultSelection(
        statuses=state.shown_statuses,
        q=state.q,
        thread=state.thread,
        cases=cases,
        signature=state.signature,
        has_attempts=state.attempts,
        sort=sort,
        page=state.page,
    )


def _subtitle(state: RunState, page: ResultsPage) -> str:
    total = state.run.counts.total
    if state.attempts:
        return f"{numbers.plural(page.count, 'attempt')} of {numbers.plural(total, 'test')}"
    return f"{numbers.count(page.count)} of {numbers.count(total)}"


def _search(state: RunState) -> SearchBox:
    hidden = replace(state, q="", page=1).pairs()
    return SearchBox(
        action=links.run(state.run.pk),
        value=state.q,
        placeholder="Name, folder or key",
        hidden=tuple(hidden),
    )


def _pager(state: RunState, page: ResultsPage) -> Pager | None:
    if page.count <= PAGE_SIZE:
        return None
    last = page.first + len(page.rows)
    previous = state.href("results", page=page.number - 1) if page.number > 1 else ""
    following = state.href("results", page=page.number + 1) if last < page.count else ""
    return Pager(
        text=numbers.rows_range(page.first + 1, last, page.count),
        previous_href=previous,
        next_href=following,
    )


def _empty(state: RunState) -> EmptyState:
    run = state.run
    if not run.counts.total:
        text = "Results appear here as the tool reports them."
        if not run.is_open:
            text = "The tool lists no test for this run."
        return EmptyState(title="No results in this run", text=text, icon="results")
    clear = Button(
        text="Show all", href=RunState(run=run).href("results", statuses=()), small=True
    )
    text = f"{numbers.plural(run.counts.total, 'result')} of this run are hidden."
    return EmptyState(title="No result matches", text=text, icon="filter", button=clear)
