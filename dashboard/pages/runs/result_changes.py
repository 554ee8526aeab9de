"""What a result says against the run before: new, fixed, still failing, or flaky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from dashboard.filters import Filters
from dashboard.lists.results import ResultRow as Row
from dashboard.metrics.compare import Comparison
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.streaks import Streak
from dashboard.ui.parts import Number, State
from dashboard.ui.text import numbers
from ingest.contract import NOT_PASSED, Status
from ingest.models import Run

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is known of the cases of one page of results; `flaky` of those that did not
    pass and are flaky.
    """

    run: Run
    against: Comparison | None
    streaks: Mapping[int, Streak]
    flaky: Mapping[int, FlakyCase]


def change_of(changes: Changes, row: Row) -> tuple[State | None, Number | None]:
    """The words for the change, and the number of runs of a streak behind them."""
    word, number = _against(changes, row)
    found = changes.flaky.get(row.case.id)
    if found is None or not row.final or Status(row.status) not in NOT_PASSED:
        return word, number
    if number is not None or (word is not None and word.word == "still failing"):
        # A long streak is broken, whatever it was before.
        return word, number
    return _flaky(found, word), None


def _flaky(found: FlakyCase, word: State | None) -> State:
    """A failure that comes and goes is nothing new."""
    rate = f"flakes in {100 * found.rate:.1f} % of its runs"
    sure = f"95 % between {100 * found.low:.0f} and {100 * found.high:.0f}"
    before = f"{word.word}; " if word else ""
    return State(glyph="flaky", word="flaky", title=f"{before}{rate}, {sure}")


def _against(changes: Changes, row: Row) -> tuple[State | None, Number | None]:
    if changes.against is None or not row.final:
        return None, None
    category = changes.against.category_of.get(row.case.id)
    if category == "regression":
        return State(glyph="", word="newly failing", bad=True), None
    if category == "new_failure":
        return State(glyph="", word="new, failing", bad=True), None
    if category == "fixed":
        return State(glyph="fixed", word="fixed"), None
    if category == "still_failing":
        streak = changes.streaks.get(row.case.id)
        if streak is None:
            return State(glyph="", word="still failing"), None
        return State(glyph="", word="still,"), _streak(changes.run, streak)
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
        text=numbers.plural(streak.count, "run"),
        metric="streak",
        value=streak.count,
        href=f"/results/?{filters.to_query()}" if streak.is_listed else "",
    )
