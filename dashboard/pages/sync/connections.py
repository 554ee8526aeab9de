"""The rows of the connections: how fresh each is, what it brought, what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from dashboard.lists.connections import plain_address
from dashboard.lists.rejects import rejected_by_connection
from dashboard.lists.sync_activity import (
    Activity,
    UnderWay,
    activity,
    newest_finished_syncs,
    sync_duration_ms,
    under_way,
)
from dashboard.metrics.freshness import state as freshness
from dashboard.pages.sync.state import DAY, HISTORY, REJECTS, WINDOW, address_with
from dashboard.readers import for_signed_in
from dashboard.ui.clock import Clock
from dashboard.ui.freshness import said_error, short_reason
from dashboard.ui.parts import State
from dashboard.ui.text import numbers, times
from ingest.models import Connection, Sync

# Of what is done so far nothing can be foretold earlier.
LEAST_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Progress of a first import: `percent` 0-100, `done` bold, `pace` what it says of
    the rest.
    """

    percent: int
    done: str
    pace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """One connection; the numbers cover 24 h. `sync` is the one under way, `finished`
    the newest that ended.
    """

    connection: Connection
    address: str
    clock: Clock
    activity: Activity
    finished: Sync | None
    sync: UnderWay | None
    rejected: int

    @property
    def state(self) -> State:
        row = self.connection
        if self.sync is not None:
            return State(glyph="syncing", word=_syncing(self.sync))
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
    def took_ms(self) -> int | None:
        return sync_duration_ms(self.finished) if self.finished else None

    @property
    def interval(self) -> str:
        minutes = self.connection.interval_minutes
        return f"every {minutes} min" if minutes % 60 else f"every {minutes // 60} h"

    @property
    def due(self) -> str:
        at = self.connection.next_sync_at
        return times.until(at, self.clock.now) if at else "due now"

    @property
    def syncs_href(self) -> str:
        return address_with(HISTORY, connection=self.connection.pk, window=WINDOW)

    @property
    def rejects_href(self) -> str:
        pk = self.connection.pk
        return for_signed_in(
            address_with(REJECTS, connection=pk, kept=0, window=WINDOW)
        )

    @property
    def backfill(self) -> Backfill | None:
        """How far a first import has come. Without a beginning nobody knows how much
        is left, and then only the projects that are through make the bar.
        """
        sync = self.sync
        if sync is None or not sync.is_first:
            return None
        if sync.share is None or sync.begins is None:
            return _by_projects(sync)
        days = max(round((self.clock.now - sync.begins) / timedelta(days=1)), 1)
        return Backfill(
            percent=int(100 * sync.share),
            done=f"{round(sync.share * days)} of {numbers.plural(days, 'day')}",
            pace=_time_left(sync, sync.share, self.clock),
        )


def connection_rows(
    connections: Iterable[Connection], clock: Clock
) -> tuple[ConnectionRow, ...]:
    """Five queries for all of them."""
    lately, finished, syncs = activity(clock.now), newest_finished_syncs(), under_way()
    rejected = rejected_by_connection(clock.now - DAY)
    return tuple(
        ConnectionRow(
            connection=row,
            address=for_signed_in(_address(row.base_url)),
            clock=clock,
            activity=lately.get(row.pk, Activity()),
            finished=finished.get(row.pk),
            sync=syncs.get(row.pk),
            rejected=rejected.get(row.pk, 0),
        )
        for row in connections
    )


def _address(base_url: str) -> str:
    parts = urlsplit(plain_address(base_url))
    return f"{parts.netloc}{parts.path}".rstrip("/") or base_url


def _syncing(sync: UnderWay) -> str:
    if not sync.is_first:
        return "Syncing"
    return (
        "Backfill"
        if sync.share is None
        else f"Backfill {numbers.whole_percent(sync.share)}"
    )


def _by_projects(sync: UnderWay) -> Backfill:
    through = sync.projects - sync.projects_left
    projects = numbers.plural(sync.projects, "project")
    return Backfill(
        percent=100 * through // max(sync.projects, 1),
        done=f"{numbers.plural(sync.runs_read, 'run')} read",
        pace=f"{numbers.count(through)} of {projects} through,",
    )


def _time_left(sync: UnderWay, share: float, clock: Clock) -> str:
    """ "About 14 min left," at the pace so far."""
    if sync.started_at is None or share < LEAST_SHARE:
        return "The"
    left = (clock.now - sync.started_at) * ((1 - share) / share)
    end = clock.now + max(left, timedelta(minutes=1))
    return f"About {times.age(clock.now, end)} left,"
