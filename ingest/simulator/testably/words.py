"""The words in which Testably says the same thing twice: statuses and elapsed times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ingest.simulator.moments import RUNNING, UNTESTED, CaseRow
from ingest.simulator.testably.pushed import PushedResult
from ingest.simulator.world import SimMilestone, SimResult, SimRun

VOCABULARIES = ("documented", "real", "mixed")
ELAPSED = ("seconds", "float", "null", "clock", "ms", "mixed")
ARCHIVED_AFTER = timedelta(days=180)
# Testably knows neither a skipped test nor one that could not be executed.
COUNTERS = {
    "passed": "passed",
    "failed": "failed",
    "error": "failed",
    "skipped": "blocked",
    "blocked": "blocked",
    UNTESTED: "not_tested",
    RUNNING: "not_tested",
}
WORDS = {"untested": "not_tested"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`documented` is what the API pages show, else what the product stores."""

    documented: bool

    def run(self, run: SimRun, now: datetime) -> str:
        is_open = run.is_open_at(now)
        if self.documented:
            return "active" if is_open else "closed"
        if not is_open:
            return "completed"
        if not run.results_at(now):
            return "new"
        if run.kind == "manual":
            return "under_review" if not run.pending_at(now) else "paused"
        return "in_progress"

    def result(self, counter: str) -> str:
        if counter == "not_tested" and not self.documented:
            return "untested"
        return counter

    def milestone(self, milestone: SimMilestone, now: datetime) -> str:
        done_at = milestone.completed_at
        done = done_at is not None and done_at <= now
        if self.documented:
            if not done:
                return "active"
            return (
                "archived" if milestone.due_at < now - ARCHIVED_AFTER else "completed"
            )
        if done:
            return "completed"
        if milestone.starts_at > now:
            return "upcoming"
        return "past_due" if milestone.due_at < now else "started"


def counter_of(row: CaseRow, run: SimRun, now: datetime) -> str:
    """The counter that a row adds to: passed, failed, blocked, retest, not_tested."""
    if isinstance(row.result, PushedResult):
        return WORDS.get(row.result.word, row.result.word)
    counter = COUNTERS[row.state]
    # While a run is open, a tester marks some failures to be looked at again.
    marked = row.result is not None and row.result.number % 3 == 0
    if counter == "failed" and marked and run.is_open_at(now):
        return "retest"
    return counter


def elapsed(result: SimResult, unit: str) -> Any:
    """How long a test took, in one of the forms found in the product.

    seconds: whole; float: seconds; ms: whole milliseconds; clock: "MM:SS"; null: not
    recorded; mixed: the forms of the unit seconds in turn.
    """
    if unit == "mixed":
        unit = ("seconds", "float", "clock", "null")[result.number % 4]
    if unit == "null":
        return None
    if unit == "ms":
        return result.duration_ms
    if unit == "float":
        return round(result.duration_ms / 1000, 3)
    whole = round(result.duration_ms / 1000)
    if unit == "clock":
        return f"{whole // 60:02d}:{whole % 60:02d}"
    return whole
