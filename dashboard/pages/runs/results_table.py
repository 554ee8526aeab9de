"""The table of a run's results: its columns, and what each row tells of its test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from dashboard.addresses import address
from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.lists.results import ResultRow
from dashboard.lists.run_results import ResultsPage, earlier_attempts
from dashboard.metrics.compare import Category
from dashboard.metrics.flaky import FlakyCase, flakiness_by_case
from dashboard.metrics.streaks import Streak, failing_streaks
from dashboard.metrics.strips import Cell, strips
from dashboard.pages.runs.page_data import PageData
from dashboard.ui import links
from dashboard.ui.lengths import Name
from dashboard.ui.parts import Number, State, Strip
from dashboard.ui.run_strips import run_strip
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text import numbers
from dashboard.ui.text.verdicts import score_title
from ingest.contract import NOT_PASSED, RunKind, Status
from ingest.models import Run, Thread

STRIP_LENGTH = 20
# How long before the run a flake counts.
FLAKY_WITHIN = timedelta(days=30)
INSTANT = timedelta(microseconds=1)
COLUMNS = (
    Column("name", "Test", "case", sort="name", css="a", width="34%"),
    Column("thread", "Thread", "thread", sort="thread", css="sec trunc", width="84px"),
    Column("message", "Message", "message", css="d"),
    Column("strip", f"Last {STRIP_LENGTH} runs", css="e", width="150px"),
    Column(
        "duration",
        "Duration",
        "duration_ms",
        sort="-duration_ms",
        css="b num sec",
        width="90px",
    ),
    Column("change", "Change", sort="-change", css="f num", width="140px"),
)
# Where there is no run before, nothing can be ordered by what changed since.
COLUMNS_ALONE = (*COLUMNS[:-1], replace(COLUMNS[-1], sort=""))
CHANGES: Mapping[Category, State] = {
    "regression": State(glyph="", word="newly failing", bad=True),
    "new_failure": State(glyph="", word="new, failing", bad=True),
    "fixed": State(glyph="fixed", word="fixed"),
    "still_failing": State(glyph="", word="still failing"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedResult:
    """A result; `change` is its word against the run before, with the number of runs of
    its `streak`. `attempt` tells of several ("attempt 3, before: failed, failed").
    """

    result: ResultRow
    thread: Name
    strip: Strip | None
    change: State | None
    streak: Number | None
    attempt: str
    earlier: Sequence[Status] = ()


def results_table(data: PageData, page: ResultsPage) -> Table:
    run, against = data.run, data.against
    still = set(against.cases["still_failing"] if against else ())
    ends = {case: at for case, at in page.times.items() if case in still}
    streaks, flaky = failing_streaks(run, ends), _flaky_cases(run, page)
    cells, earlier = _outcomes(run, page), earlier_attempts(run, page.rows)

    def row(result: ResultRow) -> ListedResult:
        case = result.case.id
        change, streak = None, None
        if result.final:
            category = against.category_of.get(case) if against else None
            streak = streaks.get(case) if category == "still_failing" else None
            change = _change(result, category, streak, flaky.get(case))
        return ListedResult(
            result=result,
            thread=thread_name(data.threads.get(result.thread or 0)),
            strip=run_strip(cells[case], data.clock, slots=STRIP_LENGTH)
            if cells.get(case)
            else None,
            change=change,
            streak=_streak_number(run, streak) if streak else None,
            attempt=_attempt(result, earlier.get(case)),
            earlier=earlier.get(case, ()) if result.final else (),
        )

    return table(
        COLUMNS if against else COLUMNS_ALONE,
        tuple(map(row, page.rows)),
        css="tall blocks fixed",
        default_sort=data.sort,
        sort_href=lambda sort: data.state.href("results", sort=sort),
    )


def _change(
    result: ResultRow,
    category: Category | None,
    streak: Streak | None,
    flaky: FlakyCase | None,
) -> State | None:
    if streak is not None:
        return State(glyph="", word="still,")
    state = CHANGES.get(category) if category else None
    # A long streak is broken, whatever it was before.
    is_long = category == "still_failing"
    if flaky is None or is_long or Status(result.status) not in NOT_PASSED:
        return state
    # A failure that comes and goes is nothing new.
    before = f"{state.word}; " if state else ""
    title = before + score_title(flaky.rate, flaky.low, flaky.high)
    return State(glyph="flaky", word="flaky", title=title)


def _streak_number(run: Run, streak: Streak) -> Number:
    filters = Filters(
        case=(streak.case,),
        configuration=(run.configuration.name,) if run.configuration else (),
        branch=(run.branch,) if run.branch else (),
        status=links.NOT_PASSED_WORDS,
        since=streak.since,
        until=streak.until + INSTANT,
        final=True,
    )
    return Number(
        text=numbers.plural(streak.count, "run"),
        metric="streak",
        value=streak.count,
        href=f"{address('results')}?{filters.to_query()}" if streak.is_listed else "",
    )


def _flaky_cases(run: Run, page: ResultsPage) -> dict[int, FlakyCase]:
    """Of the listed cases that did not pass, those flaky in the 30 days to this run."""
    bad = {row.case.id for row in page.rows if Status(row.status) in NOT_PASSED}
    if not bad or _is_outside(run):
        return {}
    until = max(page.times.values()) + INSTANT
    window = Window(since=until - FLAKY_WITHIN, until=until)
    cases = flakiness_by_case(Filters(project=(run.project_id,)), sorted(bad), window)
    return {id_: case for id_, case in cases.items() if case.is_flaky}


def _outcomes(run: Run, page: ResultsPage) -> dict[int, tuple[Cell, ...]]:
    """The last outcomes of each case up to this run."""
    if not page.times or _is_outside(run):
        return {}
    window = Window(since=BEGINNING, until=max(page.times.values()) + INSTANT)
    filters = Filters(project=(run.project_id,))
    return strips(list(page.times), filters, window, last=STRIP_LENGTH)


def _is_outside(run: Run) -> bool:
    """A manual run, or one that is gone, is no part of what is usual for a test."""
    return run.kind == RunKind.MANUAL or run.removed_at is not None


def thread_name(thread: Thread | None) -> str:
    if thread is None:
        return ""
    name = thread.name or thread.external_id
    # The column's head says the word already.
    return name[7:] if name.lower().startswith("thread ") else name


def _attempt(result: ResultRow, earlier: list[Status] | None) -> str:
    if not result.final:
        return f"attempt {result.attempt}, not final"
    return f"attempt {result.attempt}, before: {', '.join(earlier)}" if earlier else ""
