"""The rows of the connections: how fresh each is, what it brought, what can be done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from dashboard.addresses import address
from dashboard.lists.connections import plain_address
from dashboard.lists.imports import imports_in_progress
from dashboard.lists.rejects import rejected_by_connection
from dashboard.lists.sync_activity import (
    Activity,
    FinishedSync,
    UnderWay,
    activity,
    newest_finished_syncs,
    under_way,
)
from dashboard.metrics.freshness import state as freshness
from dashboard.pages.sync.state import DAY, HISTORY, REJECTS, WINDOW, address_with
from dashboard.readers import for_signed_in
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.freshness import said_error, short_reason
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Button, Number, State, Trend
from dashboard.ui.text import numbers, times
from ingest.models import Connection

# Of what is done so far nothing can be foretold earlier.
LEAST_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Progress of a first import: `percent` 0-100, `done` bold, `rest` what is left."""

    percent: int
    done: str
    rest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """One connection; the numbers cover 24 h. `sync` is the one under way, `finished`
    the newest that ended, `share` (0-1) how much of a first import is done.
    """

    connection: Connection
    address: str
    clock: Clock
    may_write: bool
    activity: Activity
    finished: FinishedSync | None
    sync: UnderWay | None
    share: float | None
    rejected_count: int

    @property
    def href(self) -> str:
        """Its settings, for those who may change them; else what it did."""
        if self.may_write:
            return links.settings_of(self.connection.pk)
        return address_with(HISTORY, connection=self.connection.pk)

    @property
    def state(self) -> State:
        row = self.connection
        if self.sync is not None:
            return State(glyph="syncing", word=_syncing(self.sync, self.share))
        if row.paused_at is not None:
            since = self.clock.timestamp(row.paused_at)
            return State(glyph="paused", word="Paused", title=since)
        if row.last_success_at is None and not row.last_error:
            return State(glyph="syncing", word="Waiting")
        glyph, error = freshness(row, self.clock.now), row.last_error
        if glyph != "failing":
            return State(glyph=glyph, word=glyph.capitalize())
        return State(
            glyph=glyph, word=short_reason(error), bad=True, title=said_error(row)
        )

    @property
    def last_ago(self) -> str:
        return self.clock.ago(self.connection.last_success_at)

    @property
    def last_title(self) -> str:
        return self.clock.timestamp(self.connection.last_success_at)

    @property
    def last_detail(self) -> str:
        row, sync = self.connection, self.sync
        if sync is not None and sync.started_at is None:
            return "waits for a worker"
        if sync is not None:
            return f"{numbers.plural(sync.runs_read, 'run')} so far"
        if row.last_error and row.last_success_at:
            return self.clock.moment(row.last_success_at)
        if row.paused_at is not None:
            by = for_signed_in(row.paused_by)
            return f"paused by {by}" if by else ""
        if self.finished is None or row.last_success_at is None:
            return ""
        return f"took {times.duration(self.finished.duration_ms)}"

    @property
    def next(self) -> tuple[str, str]:
        """When it syncs next, and the small line below."""
        row, every = self.connection, _every(self.connection.interval_minutes)
        if row.paused_at is not None:
            return "paused", "keeps its data"
        if self.sync is not None and self.sync.is_first:
            return "after backfill", f"then {every}"
        if self.sync is not None:
            return "after this one", every
        when = _until(row.next_sync_at, self.clock)
        return ("tries again", when) if row.last_error else (when, every)

    @property
    def read(self) -> Number:
        return counted("results_read", self.activity.read, self._syncs_href)

    @property
    def written(self) -> Number:
        return counted("results_written", self.activity.written, self._syncs_href)

    @property
    def _syncs_href(self) -> str:
        return address_with(HISTORY, connection=self.connection.pk, window=WINDOW)

    @property
    def rejected(self) -> Number:
        href = address_with(
            REJECTS, connection=self.connection.pk, kept=0, window=WINDOW
        )
        return counted("rejected", self.rejected_count, for_signed_in(href))

    @property
    def written_hourly(self) -> Trend:
        return Trend(kind="bars", values=tuple(map(float, self.activity.hourly)))

    @property
    def buttons(self) -> tuple[Button, ...]:
        if not self.may_write:
            return ()
        if self.connection.paused_at is not None:
            return (self._button("Resume", "resume", "Resuming"),)
        pause = self._button("Pause", "pause", "Pausing")
        if self.sync is not None:
            return (pause,)
        # As an icon, beside the button that people press more often.
        small = replace(
            pause, icon="pause", icon_only=True, hide_on_phone=True, busy_text=""
        )
        if self.state.bad:
            return (self._button("Test", "test", "Testing"), small)
        return (self._button("Sync now", "now", "Syncing"), small)

    def _button(self, text: str, action: str, busy: str) -> Button:
        href = address(f"sync-{action}", self.connection.pk)
        return Button(text=text, href=href, method="post", small=True, busy_text=busy)

    @property
    def backfill(self) -> Backfill | None:
        """How far a first import has come. Without a beginning nobody knows how much
        is left, and then only the projects that are through make the bar.
        """
        sync = self.sync
        if sync is None or not sync.is_first:
            return None
        reached = sync.reached and times.day(sync.reached.astimezone(self.clock.zone))
        back = f", back to {reached}" if reached else ""
        if self.share is None or sync.begins is None:
            return _by_projects(sync, back)
        days = max(round((self.clock.now - sync.begins) / timedelta(days=1)), 1)
        left = _left(sync, self.share, self.clock)
        return Backfill(
            percent=int(100 * self.share),
            done=f"{round(self.share * days)} of {numbers.plural(days, 'day')}",
            rest=f"{back}. {left}new runs come first.",
        )


def connection_rows(
    connections: Iterable[Connection], clock: Clock, *, may_write: bool
) -> tuple[ConnectionRow, ...]:
    """Six queries for all of them."""
    lately, finished, syncs = activity(clock.now), newest_finished_syncs(), under_way()
    importing = imports_in_progress()
    rejected = rejected_by_connection(clock.now - DAY)
    # Of what is no first import nobody asks how far it has come.
    shares = {pk: one.share for pk, one in importing.items() if one.is_first}
    return tuple(
        ConnectionRow(
            connection=row,
            address=for_signed_in(_address(row.base_url)),
            clock=clock,
            may_write=may_write,
            activity=lately.get(row.pk, Activity()),
            finished=finished.get(row.pk),
            sync=syncs.get(row.pk),
            share=shares.get(row.pk),
            rejected_count=rejected.get(row.pk, 0),
        )
        for row in connections
    )


def _address(base_url: str) -> str:
    parts = urlsplit(plain_address(base_url))
    return f"{parts.netloc}{parts.path}".rstrip("/") or base_url


def _syncing(sync: UnderWay, share: float | None) -> str:
    if not sync.is_first:
        return "Syncing"
    return "Backfill" if share is None else f"Backfill {int(100 * share)}%"


def _every(minutes: int) -> str:
    return f"every {minutes} min" if minutes % 60 else f"every {minutes // 60} h"


def _until(moment: datetime | None, clock: Clock) -> str:
    return times.until(moment, clock.now) if moment else "due now"


def _by_projects(sync: UnderWay, back: str) -> Backfill:
    through = sync.projects - sync.projects_left
    return Backfill(
        percent=100 * through // max(sync.projects, 1),
        done=f"{numbers.plural(sync.runs_read, 'run')} read",
        rest=f"{back}. {numbers.count(through)} of "
        f"{numbers.plural(sync.projects, 'project')} through, new runs come first.",
    )


def _left(sync: UnderWay, share: float, clock: Clock) -> str:
    """ "About 14 min left, " at the pace so far."""
    if sync.started_at is None or share < LEAST_SHARE:
        return "The "
    left = (clock.now - sync.started_at) * ((1 - share) / share)
    end = clock.now + max(left, timedelta(minutes=1))
    return f"About {times.age(clock.now, end)} left, "
