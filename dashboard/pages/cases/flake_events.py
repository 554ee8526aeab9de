"""The flake events of a test: run, attempts with their durations, what they failed on."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.metrics.executions import Execution
from dashboard.metrics.flake_events import (
    FlakeEvent,
    RunOfEvent,
    not_passed,
    runs_of_events,
)
from dashboard.pages.cases.page_data import Card, PageData
from dashboard.ui import links
from dashboard.ui.flake_evidence import ALTERNATES, RETRY, SAME_COMMIT
from dashboard.ui.lengths import LONGEST_TEXT, Name, Prose, cut
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Link
from dashboard.ui.run_rows import run_name
from dashboard.ui.text import numbers, times
from dashboard.ui.text.messages import no_message
from ingest.contract import Status
from ingest.series import EventKind

SHOWN = 10
# Attempts of one event that a row has room for.
MOST_STEPS = 6
KINDS = {
    EventKind.MIXED_RUN: RETRY,
    EventKind.SAME_COMMIT: SAME_COMMIT,
    EventKind.ISOLATED_FAILURE: ALTERNATES,
}
UNKNOWN_RUN = RunOfEvent(branch="", commit="", configuration="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An attempt, and how long it took; `href` leads to its result. `is_next_run`: the
    one before is of another.
    """

    href: str
    status: Status
    duration: str
    is_next_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """A flake event with the run that it failed in last, `others` more hold it. `place`
    is its branch, commit and configuration; `left_out` attempts are not among `steps`.
    """

    event: FlakeEvent
    kind: str
    run: Name
    href: str
    others: int
    place: Prose
    steps: tuple[Step, ...]
    left_out: int
    message: Prose


def events_card(data: PageData) -> Card | None:
    """The newest events; None where there is none."""
    events = data.events
    if not events:
        return None
    shown = events[:SHOWN]
    runs = load_or_none("runs of flake events", lambda: runs_of_events(shown)) or {}
    return Card(
        subtitle=_subtitle(data),
        rows=tuple(_row(data, event, runs.get(event.failed.run)) for event in shown),
        more=_more(data) if len(events) > SHOWN else None,
    )


def _subtitle(data: PageData) -> str:
    """ "34: 30 retry, 4 alternates", or "6 retry" where all are."""
    kinds = [KINDS[event.kind] for event in data.events]
    told = [f"{kinds.count(kind)} {kind}" for kind in KINDS.values() if kind in kinds]
    whole = f"{numbers.count(len(kinds))}: " if len(told) > 1 else ""
    return whole + ", ".join(told)


def _more(data: PageData) -> Link:
    return Link(
        text=f"All {numbers.count(len(data.events))}",
        href=links.lost_attempts(data.state.filters, data.case.pk),
    )


def _row(data: PageData, event: FlakeEvent, run: RunOfEvent | None) -> EventRow:
    failed, steps = event.failed, _steps(event)
    run = run or UNKNOWN_RUN
    place = (run.branch, run.commit[:7], run.configuration)
    return EventRow(
        event=event,
        kind=KINDS[event.kind],
        run=run_name(failed.run_name, failed.run_external_id),
        href=links.case_in_run(failed.run, data.case.pk),
        others=len(event.executions) - 1,
        place=", ".join(filter(None, place)),
        # The end of a long chain tells how it came out.
        steps=steps[-MOST_STEPS:],
        left_out=max(len(steps) - MOST_STEPS, 0),
        message=_message(data, failed),
    )


def _steps(event: FlakeEvent) -> tuple[Step, ...]:
    return tuple(
        Step(
            href=links.result(one.result_of(attempt)),
            status=attempt.status,
            duration=""
            if attempt.duration_ms is None
            else times.duration(attempt.duration_ms),
            is_next_run=place > 0 and number == 0,
        )
        for place, one in enumerate(event.executions)
        for number, attempt in enumerate(one.attempts)
    )


def _message(data: PageData, failed: Execution) -> str:
    """The first line of what its last attempt that says something failed on."""
    said = data.said or {}
    places = [(failed.run, attempt.ordinal) for attempt in not_passed(failed)]
    found = [said[place].message for place in places if place in said]
    line = found[-1].strip().partition("\n")[0] if found else ""
    return cut(line, LONGEST_TEXT) or no_message(data.project.tool)
