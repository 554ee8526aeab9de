"""The card that says when each project was compared whole with its tool's list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.lists.looks import ProjectLook
from dashboard.ui.clock import Clock
from dashboard.ui.parts import State
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text import numbers, times
from ingest.models import Run

COLUMNS = (
    Column(key="project", title="Project", css="a", width="24%"),
    Column(key="looked_at", title="Compared", css="f sec nowrap", width="116px"),
    Column(key="state", title="State", css="e", width="196px"),
    Column(key="gaps", title="Not up to date", css="d sec"),
    Column(key="act", title="", css="b num", width="132px"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRow:
    look: ProjectLook
    clock: Clock

    @property
    def state(self) -> State:
        look = self.look
        if look.sync is not None:
            return State(glyph="syncing", word=self._progress)
        if look.is_overdue:
            return State(glyph="stale", word="Overdue")
        due = times.until(look.next_at, self.clock.now)
        return State(glyph="fresh", word=f"Again {due}")

    @property
    def _progress(self) -> str:
        """How far the look under way is; the first one has nothing to compare with."""
        sync, known = self.look.sync, self.look.known_runs
        if sync is None or sync.started_at is None:
            return "Waits for a worker"
        if sync.is_backfill or not known:
            return f"{numbers.plural(sync.runs_read, 'run')} so far"
        through = numbers.count(min(sync.runs_read, known))
        return f"{through} of {numbers.plural(known, 'run')}"

    @property
    def percent(self) -> int | None:
        sync, known = self.look.sync, self.look.known_runs
        if sync is None or sync.is_backfill or not known:
            return None
        return min(100 * sync.runs_read // known, 100)

    @property
    def gaps(self) -> str:
        """What of the project cannot be read, or is asked for more rarely."""
        return " ".join(part for part in (self._unreadable, self._silent) if part)

    @property
    def _unreadable(self) -> str:
        look = self.look
        if look.next_try_at is None:
            return ""
        names = ", ".join(look.unreadable)
        more = look.unreadable_runs - len(look.unreadable)
        rest = f" and {numbers.count(more)} more" if more else ""
        runs = numbers.plural(look.unreadable_runs, "run")
        again = times.until(max(look.next_try_at, self.clock.now), self.clock.now)
        return (
            f"{runs} the tool could not give: {names}{rest}. Asked for again {again}."
        )

    @property
    def _silent(self) -> str:
        if not (count := self.look.silent_runs):
            return ""
        verb = "is" if count == 1 else "are"
        return (
            f"{numbers.plural(count, 'open run')} without a change for "
            f"{numbers.plural(Run.LIVELY.days, 'day')} or more {verb} asked for more "
            "rarely, at least once a day."
        )


def looks_table(looks: Iterable[ProjectLook], clock: Clock) -> Table:
    rows = tuple(LookRow(look=look, clock=clock) for look in looks)
    return table(COLUMNS, rows, css="fixed blocks looks")
