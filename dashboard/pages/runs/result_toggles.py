"""What narrows the table of a run's results: statuses, attempts, threads, changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dashboard.filters.state import NO_MESSAGE
from dashboard.pages.runs.result_rows import thread_name
from dashboard.pages.runs.state import RunState
from dashboard.ui.svg.outcomes import STATUS_ORDER, glyph_of
from dashboard.ui.text import numbers
from dashboard.ui.toggles import StatusToggle
from ingest.contract import Status
from ingest.models import Thread

CHANGES = {
    "regression": "Newly failing",
    "new_failure": "New, failing",
    "still_failing": "Still failing",
    "fixed": "Fixed",
}


def toggles(state: RunState) -> tuple[StatusToggle, ...]:
    """All, then a switch for each status that occurs; statuses add up."""
    run, shown = state.run, state.shown_statuses
    found = [
        StatusToggle(
            glyph="",
            text=f"All {numbers.count(run.counts.total)}",
            href=state.href("results", statuses=()),
            is_current=not shown,
        )
    ]
    for status in STATUS_ORDER:
        if count := getattr(run, status):
            found.append(
                StatusToggle(
                    glyph=glyph_of(status),
                    text=f"{str(status).capitalize()} {numbers.count(count)}",
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
            text=f"Attempts {numbers.count(attempts)}",
            href=state.href(
                "results",
                attempts=not state.attempts,
                statuses=None,
                sort="" if state.attempts else "name",
            ),
            is_current=state.attempts,
        ),
    )


def narrowings(
    state: RunState, threads: Mapping[int, Thread]
) -> tuple[StatusToggle, ...]:
    """What narrows the table beside statuses and text; pressing it takes it away."""
    found: list[tuple[str, RunState]] = []
    if state.thread is not None:
        name = f"Thread {thread_name(threads[state.thread])}"
        found.append((name, replace(state, thread=None)))
    if state.change is not None:
        found.append((CHANGES[state.change], replace(state, change=None)))
    if state.signature:
        text = "No message" if state.signature == NO_MESSAGE else "One message"
        found.append((text, replace(state, signature="")))
    if state.cases:
        text = numbers.plural(len(state.cases), "chosen test")
        found.append((text, replace(state, cases=())))
    return tuple(
        StatusToggle(
            glyph="", text=f"{text} ×", href=without.href("results"), is_current=True
        )
        for text, without in found
    )
