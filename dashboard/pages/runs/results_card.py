"""The card of a run's results: what narrows it, its table and its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.filters.state import NO_MESSAGE
from dashboard.lists.run_results import ResultsPage
from dashboard.pages.runs.page_data import PageData
from dashboard.pages.runs.results_table import CHANGES, results_table, thread_name
from dashboard.pages.runs.state import RunState
from dashboard.ui.pagination import numbered_pager
from dashboard.ui.parts import Button, EmptyState, Pager, SearchBox
from dashboard.ui.svg.outcomes import STATUS_ORDER, glyph_of
from dashboard.ui.tables import Table
from dashboard.ui.text import numbers
from dashboard.ui.toggles import StatusToggle, switched
from ingest.models import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsCard:
    """Without a `table` there is no row, and `empty` says why."""

    subtitle: str
    search: SearchBox
    table: Table | None = None
    toggles: tuple[StatusToggle, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None


def results_card(data: PageData) -> ResultsCard:
    state, page = data.state, data.results
    search = state.search_box("Name, folder or key")
    if page is None:
        empty = EmptyState(
            title=f"{data.tool.label} gives totals only for this run",
            text="Its results cannot be read test by test; the counts above are the "
            "tool's.",
            icon="info",
        )
        return ResultsCard(subtitle="none, totals only", search=search, empty=empty)
    return ResultsCard(
        subtitle=_subtitle(state, page),
        search=search,
        table=results_table(data, page),
        toggles=(
            *_narrowings(state, data.threads),
            *_statuses(state),
            *_attempts(state),
        ),
        pager=numbered_pager(
            page.number,
            page.count,
            lambda number: state.href("results", page=number),
            is_moving=state.run.is_open,
        ),
        empty=None if page.count else _empty(state),
    )


def _subtitle(state: RunState, page: ResultsPage) -> str:
    total = state.run.counts.total
    if state.attempts:
        return f"{numbers.plural(page.count, 'attempt')} of {numbers.plural(total, 'test')}"
    return f"{numbers.count(page.count)} of {numbers.count(total)}"


def _empty(state: RunState) -> EmptyState:
    run = state.run
    if not run.counts.total:
        text = "Results appear here as the tool reports them."
        if not run.is_open:
            text = "The tool lists no test for this run."
        return EmptyState(title="No results in this run", text=text, icon="results")
    clear = Button(text="Show all", href=state.rows_href(statuses=()), small=True)
    text = f"{numbers.plural(run.counts.total, 'result')} of this run are hidden."
    return EmptyState(title="No result matches", text=text, icon="filter", button=clear)


def _toggle(
    state: RunState, text: str, is_current: bool, glyph: str = "", **changes: Any
) -> StatusToggle:
    href = state.href("results", **changes)
    return StatusToggle(glyph=glyph, text=text, href=href, is_current=is_current)


def _narrowings(state: RunState, threads: Mapping[int, Thread]) -> list[StatusToggle]:
    """What narrows the table beside statuses and text; pressing it takes it away."""
    texts: dict[str, str] = {}
    if state.thread is not None:
        texts["thread"] = f"Thread {thread_name(threads[state.thread])}"
    if state.change is not None:
        texts["change"] = CHANGES[state.change].word.capitalize()
    if state.signature:
        is_none = state.signature == NO_MESSAGE
        texts["signature"] = "No message" if is_none else "One message"
    if state.cases:
        texts["cases"] = numbers.plural(len(state.cases), "chosen test")
    nothing = RunState(run=state.run, base=state.base)
    return [
        _toggle(state, f"{text} ×", True, **{name: getattr(nothing, name)})
        for name, text in texts.items()
    ]


def _statuses(state: RunState) -> list[StatusToggle]:
    """All, then a switch for each status that occurs; statuses add up."""
    run, current = state.run, state.shown_statuses
    every = f"All {numbers.count(run.counts.total)}"
    return [
        _toggle(state, every, not current, statuses=()),
        *(
            _toggle(
                state,
                f"{str(status).capitalize()} {numbers.count(getattr(run, status))}",
                status in current,
                glyph_of(status),
                statuses=switched(current, [status]),
            )
            for status in STATUS_ORDER
            if getattr(run, status)
        ),
    ]


def _attempts(state: RunState) -> list[StatusToggle]:
    """Every attempt, where tests ran more than once."""
    run, is_on = state.run, state.attempts
    attempts = run.attempts_passed + run.attempts_not_passed + run.attempts_other
    if attempts <= run.counts.total:
        return []
    text = f"Attempts {numbers.count(attempts)}"
    sort = "" if is_on else "name"
    return [_toggle(state, text, is_on, attempts=not is_on, statuses=None, sort=sort)]
