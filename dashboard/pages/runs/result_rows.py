"""The rows of the table of a run's results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.lists.results import ResultRow as Row
from dashboard.lists.run_results import ResultsPage, earlier_attempts
from dashboard.metrics.compare import Comparison
from dashboard.metrics.flaky import FlakyCase, flakiness_by_case
from dashboard.metrics.streaks import failing_streaks
from dashboard.metrics.strips import LETTERS, Cell, strips
from dashboard.pages.runs.result_changes import INSTANT, Changes, change_of
from dashboard.pages.runs.state import RunState
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.notes_and_mutes import mute_words
from dashboard.ui.parts import State, Strip
from dashboard.ui.result_rows import ResultRow
from dashboard.ui.svg.outcomes import glyph_of
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text import times
from ingest.contract import NOT_PASSED, RunKind, Status
from ingest.models import Run, Thread

STRIP_LENGTH = 20
# How long before the run a flake counts.
FLAKY_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All that the rows of one table share."""

    threads: Mapping[int, Thread]
    clock: Clock
    strips: Mapping[int, tuple[Cell, ...]]
    changes: Changes
    earlier: Mapping[int, list[Status]]
    noted: Mapping[int, CaseRemarks]


def table_of(
    state: RunState,
    threads: Mapping[int, Thread],
    against: Comparison | None,
    noted: Mapping[int, CaseRemarks],
    clock: Clock,
    page: ResultsPage,
) -> Table:
    still = {}
    if against is not None:
        failing = set(against.cases["still_failing"])
        still = {case: at for case, at in page.times.items() if case in failing}
    return Table(
        threads=threads,
        clock=clock,
        strips=_strips(state.run, page.times),
        changes=Changes(
            run=state.run,
            against=against,
            streaks=failing_streaks(state.run, still),
            flaky=_flaky(state.run, page),
        ),
        earlier=earlier_attempts(state.run, page.rows),
        noted=noted,
    )


def _flaky(run: Run, page: ResultsPage) -> dict[int, FlakyCase]:
    """Of the listed cases that did not pass, those flaky in the 30 days to this run."""
    bad = {row.case.id for row in page.rows if Status(row.status) in NOT_PASSED}
    if not bad or run.kind == RunKind.MANUAL or run.removed_at:
        return {}
    until = max(page.times.values()) + INSTANT
    window = Window(since=until - FLAKY_WITHIN, until=until)
    found = flakiness_by_case(Filters(project=(run.project_id,)), sorted(bad), window)
    return {case: one for case, one in found.items() if one.is_flaky}


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
    )


def result_row(table: Table, row: Row) -> ResultRow:
    status = Status(row.status)
    thread = table.threads.get(row.thread or 0)
    change, change_number = change_of(table.changes, row)
    return ResultRow(
        name=row.case.name,
        href=links.case(row.case.id),
        folder=row.case.folder,
        state=State(glyph=glyph_of(status), word=row.status),
        message=row.message,
        duration=times.duration(row.duration_ms),
        thread=thread_name(thread),
        strip=_strip(table, row),
        change=change,
        change_number=change_number,
        attempt=_attempt(table, row),
        muted=mute_words(table.noted.get(row.case.id), table.clock.moment),
    )


def thread_name(thread: Thread | None) -> str:
    if thread is None:
        return ""
    name = thread.name or thread.external_id
    # The column's head says the word already.
    return name[7:] if name.lower().startswith("thread ") else name


def _strip(table: Table, row: Row) -> Strip | None:
    cells = table.strips.get(row.case.id)
    if not cells:
        return None
    return Strip(
        cells=tuple(
            StripCell(
                outcome=LETTERS.get(cell.status, "U"),
                href=f"{links.run(cell.run)}?case={row.case.id}",
                title=f"{table.clock.moment(cell.at)}, {cell.status}",
            )
            for cell in cells
        ),
        slots=STRIP_LENGTH,
    )


def _attempt(table: Table, row: Row) -> str:
    """ "attempt 3, before: failed, failed" on the final one of several."""
    if not row.final:
        return f"attempt {row.attempt}, not final"
    earlier = table.earlier.get(row.case.id)
    if not earlier:
        return ""
    return f"attempt {row.attempt}, before: {', '.join(earlier)}"
