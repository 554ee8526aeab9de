"""The table of a run's results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard import words
from dashboard.contexts import (
    Column,
    EmptyState,
    Number,
    Pager,
    ResultRow,
    ResultsCard,
    SearchBox,
    State,
    StatusToggle,
    Strip,
    StripCell,
    Tool,
)
from dashboard.contexts.parts import Button
from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.lists.notes import CaseRemarks, notes_of
from dashboard.lists.results import ResultRow as Row
from dashboard.lists.run_results import (
    PAGE_SIZE,
    ResultsPage,
    Wanted,
    earlier_attempts,
    results_page,
)
from dashboard.metrics.compare import Comparison
from dashboard.metrics.streaks import Streak, failing_streaks
from dashboard.metrics.strips import LETTERS, Cell, strips
from dashboard.pages import doors
from dashboard.pages.clock import Clock
from dashboard.pages.remarks import mute_words
from dashboard.pages.run.outcome import glyph_of
from dashboard.pages.run.state import STATUS_ORDER, RunState
from ingest.contract import Detail, RunKind, Status
from ingest.models import Run, Thread

STRIP_LENGTH = 20
INSTANT = timedelta(microseconds=1)
# What a first click on a head orders by: the worst or longest first, names from A.
FIRST_SORT = {
    "name": "name",
    "thread": "thread",
    "duration": "-duration_ms",
    "change": "-change",
}
HEADS = {
    "name": "Test",
    "thread": "Thread",
    "message": "Message",
    "strip": f"Last {STRIP_LENGTH} runs",
    "duration": "Duration",
    "change": "Change",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """All that the rows of one table share."""

    state: RunState
    against: Comparison | None
    threads: Mapping[int, Thread]
    clock: Clock
    strips: Mapping[int, tuple[Cell, ...]]
    streaks: Mapping[int, Streak]
    earlier: Mapping[int, list[Status]]
    noted: Mapping[int, CaseRemarks]


def results_card(
    state: RunState,
    tool: Tool,
    threads: Mapping[int, Thread],
    against: Comparison | None,
    clock: Clock,
) -> ResultsCard:
    if state.run.detail == Detail.COUNTS:
        return _totals_only(state, tool)
    sort = state.sort or ("-change" if against else "name")
    page = results_page(state.run, _wanted(state, against, sort), against)
    table = _table(state, threads, against, clock, page)
    return ResultsCard(
        subtitle=_subtitle(state, page),
        columns=_columns(state, sort, against),
        rows=tuple(_row(table, row) for row in page.rows),
        toggles=(*_narrowings(state, threads), *_toggles(state)),
        search=_search(state),
        pager=_pager(state, page),
        empty=_empty(state) if not page.count else None,
    )


def _totals_only(state: RunState, tool: Tool) -> ResultsCard:
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


def _wanted(state: RunState, against: Comparison | None, sort: str) -> Wanted:
    cases: set[int] | None = set(state.cases) if state.cases else None
    if state.change is not None:
        changed = set(against.cases[state.change]) if against else set()
        cases = changed if cases is None else cases & changed
    return Wanted(
        statuses=state.shown_statuses,
        q=state.q,
        thread=state.thread,
        cases=cases,
        message=state.message,
        has_attempts=state.has_attempts,
        sort=sort,
        page=state.page,
    )


def _table(
    state: RunState,
    threads: Mapping[int, Thread],
    against: Comparison | None,
    clock: Clock,
    page: ResultsPage,
) -> _Table:
    still = {}
    if against is not None:
        failing = set(against.cases["still_failing"])
        still = {case: at for case, at in page.times.items() if case in failing}
    return _Table(
        state=state,
        against=against,
        threads=threads,
        clock=clock,
        strips=_strips(state.run, page.times),
        streaks=failing_streaks(state.run, still),
        earlier=earlier_attempts(state.run, page.rows),
        noted=notes_of({row.case.id for row in page.rows}, clock.now),
    )


def _strips(run: Run, times: Mapping[int, datetime]) -> dict[int, tuple[Cell, ...]]:
    """The last outcomes of each case up to this run; a manual run is part of none."""
    if not times or run.kind == RunKind.MANUAL or run.removed_at:
        return {}
    until = max(times.values()) + INSTANT
    return strips(
        list(times),
        Filters(project=(run.project_id,)),
        Window(since=BEGINNING, until=until),
        last=STRIP_LENGTH,
        projects=[run.project_id],
    )


def _row(table: _Table, row: Row) -> ResultRow:
    status = Status(row.status)
    thread = table.threads.get(row.thread or 0)
    change, change_number = _change(table, row)
    return ResultRow(
        name=row.case.name,
        href=doors.case(row.case.id),
        folder=row.case.folder,
        state=State(glyph=glyph_of(status), word=row.status),
        message=row.message,
        duration=words.duration(row.duration_ms),
        thread=_thread_name(thread),
        strip=_strip(table, row),
        change=change,
        change_number=change_number,
        attempt=_attempt(table, row),
        muted=mute_words(table.noted.get(row.case.id), table.clock.moment),
    )


def _thread_name(thread: Thread | None) -> str:
    if thread is None:
        return ""
    name = thread.name or thread.external_id
    # The column's head says the word already.
    return name[7:] if name.lower().startswith("thread ") else name


def _strip(table: _Table, row: Row) -> Strip | None:
    cells = table.strips.get(row.case.id)
    if not cells:
        return None
    return Strip(
        cells=tuple(
            StripCell(
                outcome=LETTERS.get(cell.status, "U"),
                href=f"{doors.run(cell.run)}?case={row.case.id}",
                title=f"{table.clock.moment(cell.at)}, {cell.status}",
            )
            for cell in cells
        ),
        slots=STRIP_LENGTH,
    )


def _attempt(table: _Table, row: Row) -> str:
    """ "attempt 3, before: failed, failed" on the final one of several."""
    if not row.final:
        return f"attempt {row.attempt}, not final"
    earlier = table.earlier.get(row.case.id)
    if not earlier:
        return ""
    return f"attempt {row.attempt}, before: {', '.join(earlier)}"


def _change(table: _Table, row: Row) -> tuple[State | None, Number | None]:
    if table.against is None or not row.final:
        return None, None
    category = table.against.category_of.get(row.case.id)
    if category == "regression":
        return State(glyph="", word="newly failing", bad=True), None
    if category == "new_failure":
        return State(glyph="", word="new, failing", bad=True), None
    if category == "fixed":
        return State(glyph="fixed", word="fixed"), None
    if category == "still_failing":
        streak = table.streaks.get(row.case.id)
        if streak is None:
            return State(glyph="", word="still failing"), None
        return State(glyph="", word="still,"), _streak(table.state.run, streak)
    return None, None


def _streak(run: Run, streak: Streak) -> Number:
    filters = Filters(
        case=(streak.case,),
        configuration=(run.configuration.name,) if run.configuration else (),
        branch=(run.branch,) if run.branch else (),
        status=("error", "failed"),
        since=streak.since,
        until=streak.until + INSTANT,
        final=True,
    )
    return Number(
        text=words.plural(streak.count, "run"),
        metric="streak",
        value=streak.count,
        href=f"/results/?{filters.to_query()}" if streak.is_listed else "",
    )


def _subtitle(state: RunState, page: ResultsPage) -> str:
    total = state.run.counts.total
    if state.has_attempts:
        return f"{words.plural(page.count, 'attempt')} of {words.plural(total, 'test')}"
    return f"{words.count(page.count)} of {words.count(total)}"


def _columns(
    state: RunState, sort: str, against: Comparison | None
) -> dict[str, Column]:
    columns = {}
    for key, text in HEADS.items():
        first = FIRST_SORT.get(key, "")
        if key == "change" and against is None:
            first = ""
        is_sorted = bool(first) and sort.removeprefix("-") == first.removeprefix("-")
        columns[key] = Column(
            text=text,
            href=_sort_href(state, sort, first) if first else "",
            sorted="" if not is_sorted else "desc" if sort.startswith("-") else "asc",
            numeric=key in ("duration", "change"),
        )
    return columns


def _sort_href(state: RunState, sort: str, first: str) -> str:
    if sort != first:
        return state.href("results", sort=first)
    turned = first[1:] if first.startswith("-") else f"-{first}"
    return state.href("results", sort=turned)


def _toggles(state: RunState) -> tuple[StatusToggle, ...]:
    """All, then a switch for each status that occurs; statuses add up."""
    run, shown = state.run, state.shown_statuses
    found = [
        StatusToggle(
            glyph="",
            text=f"All {words.count(run.counts.total)}",
            href=state.href("results", statuses=()),
            is_current=not shown,
        )
    ]
    for status in STATUS_ORDER:
        if count := getattr(run, status):
            found.append(
                StatusToggle(
                    glyph=glyph_of(status),
                    text=f"{str(status).capitalize()} {words.count(count)}",
                    href=state.href("results", statuses=_switched(shown, status)),
                    is_current=status in shown,
                )
            )
    return (*found, *_attempts(state))


def _switched(shown: tuple[Status, ...], status: Status) -> tuple[Status, ...]:
    if status in shown:
        return tuple(other for other in shown if other is not status)
    return (*shown, status)


def _attempts(state: RunState) -> tuple[StatusToggle, ...]:
    """Every attempt, where tests ran more than once."""
    run = state.run
    attempts = run.attempts_passed + run.attempts_not_passed + run.attempts_other
    if attempts <= run.counts.total:
        return ()
    return (
        StatusToggle(
            glyph="",
            text=f"Attempts {words.count(attempts)}",
            href=state.href(
                "results",
                has_attempts=not state.has_attempts,
                statuses=None,
                sort="" if state.has_attempts else "name",
            ),
            is_current=state.has_attempts,
        ),
    )


CHANGES = {
    "regression": "Newly failing",
    "new_failure": "New, failing",
    "still_failing": "Still failing",
    "fixed": "Fixed",
}


def _narrowings(
    state: RunState, threads: Mapping[int, Thread]
) -> tuple[StatusToggle, ...]:
    """What narrows the table beside statuses and text; pressing it takes it away."""
    found: list[tuple[str, RunState]] = []
    if state.thread is not None:
        name = f"Thread {_thread_name(threads[state.thread])}"
        found.append((name, replace(state, thread=None)))
    if state.change is not None:
        found.append((CHANGES[state.change], replace(state, change=None)))
    if state.message is not None:
        found.append(("One message", replace(state, message=None)))
    if state.cases:
        text = words.plural(len(state.cases), "chosen test")
        found.append((text, replace(state, cases=())))
    return tuple(
        StatusToggle(
            glyph="", text=f"{text} ×", href=without.href("results"), is_current=True
        )
        for text, without in found
    )


def _search(state: RunState) -> SearchBox:
    hidden = replace(state, q="", page=1).pairs()
    return SearchBox(
        action=doors.run(state.run.pk),
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
        text=words.rows_range(page.first + 1, last, page.count),
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
    text = f"{words.plural(run.counts.total, 'result')} of this run are hidden."
    return EmptyState(title="No result matches", text=text, icon="filter", button=clear)
