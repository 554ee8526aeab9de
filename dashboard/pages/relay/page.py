"""What the page of the relay prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.addresses import address
from dashboard.lists.relay import (
    QUEUES_SHOWN,
    ToolRelay,
    WaitingQueue,
    tool_relays,
    waiting_queues,
)
from dashboard.pages.relay.text import relay_verdict
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.parts import Note, State, Verdict
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text import times
from dashboard.ui.text.numbers import plural
from ingest.connections import relay_is_on
from ingest.housekeeping import RELAYED_KEPT
from ingest.models import STUCK, RelayState

TOOLS = (
    Column(key="tool", title="Tool", css="a"),
    Column(key="state", title="Relay", css="b", width="120px"),
    Column(key="waiting", title="Waiting", css="num c", width="96px"),
    Column(
        key="sent",
        title=f"Handed on, {RELAYED_KEPT.days} days",
        css="num d",
        width="150px",
    ),
    Column(key="delay", title="Half within, 95 % within", css="num e", width="190px"),
    Column(key="last", title="Last", css="num f sec nowrap", width="120px"),
)
STATES = {
    RelayState.WAITING: State(glyph="syncing", word="Waiting"),
    RelayState.REFUSED: State(glyph="failing", word="Refused", bad=True),
    RelayState.UNCLEAR: State(glyph="stale", word="Unclear"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRow:
    relay: ToolRelay

    @property
    def state(self) -> State:
        if self.relay.connection.paused_at is not None:
            return State(glyph="paused", word="Paused")
        if not self.relay.is_on:
            return State(glyph="paused", word="Off")
        return State(glyph="fresh", word="On")

    @property
    def delay(self) -> str:
        p50_ms, p95_ms = self.relay.p50_ms, self.relay.p95_ms
        if p50_ms is None:
            return ""
        return f"{times.duration(p50_ms)}, {times.duration(p95_ms)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """Of one run, or of a project's imported tests."""

    queue: WaitingQueue
    clock: Clock

    @property
    def state(self) -> State:
        state = RelayState(self.queue.part.state)
        if state == RelayState.WAITING and self._held:
            return State(glyph="paused", word="On hold")
        return STATES[state]

    @property
    def _held(self) -> str:
        """Why nothing of the project is handed on now, "" where it is."""
        project = self.queue.part.project
        if project.removed_at:
            return "the tool no longer has the project"
        if project.connection.paused_at:
            return "the connection is paused"
        return "" if relay_is_on(project.connection) else "the relay is off"

    @property
    def name(self) -> str:
        run = self.queue.part.run
        return run.name if run else "Imported tests"

    @property
    def href(self) -> str:
        part = self.queue.part
        return links.run(part.run_id) if part.run_id else links.project(part.project_id)

    @property
    def counts(self) -> str:
        """ "7 requests waiting, 1 not taken"."""
        waiting, stuck = self.queue.waiting, self.queue.stuck
        parts = [f"{plural(waiting, 'request')} waiting"] if waiting else []
        if stuck:
            parts.append(
                f"{stuck:,} not taken"
                if waiting
                else f"{plural(stuck, 'request')} not taken"
            )
        return ", ".join(parts)

    @property
    def next_try(self) -> str:
        """ "next try in 3 min", "" where a person has to decide."""
        part = self.queue.part
        if part.state != RelayState.WAITING:
            return ""
        if self._held:
            return f"not tried: {self._held}"
        if part.next_try_at is None or part.next_try_at <= self.clock.now:
            return "next try now"
        return f"next try {times.until(part.next_try_at, self.clock.now)}"

    @property
    def action(self) -> str:
        """Where the decision of a person goes, "" where none is needed."""
        part = self.queue.part
        if part.state not in STUCK:
            return ""
        if part.run_id:
            return address("relay-run", part.run_id)
        return address("relay-project", part.project_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayPage:
    """`live_href` is asked every 15 s; `days`: of which what was handed on is counted."""

    verdict: Verdict | None
    notes: tuple[Note, ...]
    tools: Table
    days: int
    queues: tuple[QueueRow, ...]
    live_href: str


def relay_page(clock: Clock) -> RelayPage:
    tools, queues = tool_relays(clock.now), waiting_queues()
    return RelayPage(
        verdict=relay_verdict(tools, clock),
        notes=_notes(queues),
        tools=table(TOOLS, tuple(ToolRow(relay=one) for one in tools), css="blocks"),
        days=RELAYED_KEPT.days,
        queues=tuple(QueueRow(queue=one, clock=clock) for one in queues),
        live_href=address("relay"),
    )


def _notes(queues: Sequence[WaitingQueue]) -> tuple[Note, ...]:
    if len(queues) < QUEUES_SHOWN:
        return ()
    text = "Those that wait for a person come first, then the oldest."
    fact = f"{QUEUES_SHOWN} runs are shown."
    return (Note(kind="info", glyph="stale", fact=fact, text=text),)
