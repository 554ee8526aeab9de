"""The table of connections: how fresh each is, what it brought, what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from dashboard.lists.connections import address as plain_address
from dashboard.lists.imports import ImportProgress
from dashboard.lists.sync_activity import Activity, FinishedSync, UnderWay
from dashboard.metrics.freshness import state as state_of
from dashboard.pages.sync.state import HISTORY, REJECTS, WINDOW, address
from dashboard.readers import for_signed_in
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.freshness import said_error, short_reason
from dashboard.ui.parts import Button, Number, State, Tool, Trend
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
    """One connection. `anchor` is the element's id, target of the freshness strip.

    `last` and `next` are (line, small line); the numbers cover 24 h; `written_hourly`
    holds 24 values, None prints "none".
    """

    anchor: str
    tool: Tool
    name: str
    href: str
    address: str
    state: State
    last: tuple[str, str]
    last_title: str
    next: tuple[str, str]
    read: Number
    written: Number
    rejected: Number
    written_hourly: Trend | None
    buttons: tuple[Button, ...]
    is_bad: bool = False
    backfill: Backfill | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """What is known of all connections, by their id."""

    activity: Mapping[int, Activity]
    ended: Mapping[int, FinishedSync]
    under_way: Mapping[int, UnderWay]
    importing: Mapping[int, ImportProgress]
    rejected: Mapping[int, int]


def connection_row(
    row: Connection, material: PageData, clock: Clock, *, may_write: bool
) -> ConnectionRow:
    sync = material.under_way.get(row.pk)
    share = _share(material.importing.get(row.pk))
    activity = material.activity.get(row.pk, Activity())
    state = _state(row, sync, share, clock)
    written = activity.written
    return ConnectionRow(
        anchor=f"connection-{row.pk}",
        tool=tool(row.vendor),
        name=row.name,
        href=_href(row, may_write),
        address=for_signed_in(_address(row.base_url)),
        state=state,
        last=_last(row, sync, material.ended.get(row.pk), clock),
        last_title=clock.timestamp(row.last_success_at),
        next=_next(row, sync, clock),
        read=_number(row, "results_read", activity.read),
        written=_number(row, "results_written", written),
        rejected=_rejected(row, material.rejected.get(row.pk, 0)),
        written_hourly=Trend(kind="bars", values=tuple(map(float, activity.hourly)))
        if written
        else None,
        buttons=_buttons(row, sync, state) if may_write else (),
        is_bad=state.bad,
        backfill=_backfill(sync, share, clock) if sync and sync.is_first else None,
    )


def _href(row: Connection, may_write: bool) -> str:
    """Its settings, for those who may change them; else what it did."""
    if may_write:
        return f"/connect/?connection={row.pk}"
    return address(HISTORY, connection=row.pk)


def _address(base_url: str) -> str:
    parts = urlsplit(plain_address(base_url))
    return f"{parts.netloc}{parts.path}".rstrip("/") or base_url


def _share(importing: ImportProgress | None) -> float | None:
    return importing.share if importing and importing.is_first else None


def _state(
    row: Connection, sync: UnderWay | None, share: float | None, clock: Clock
) -> State:
    if sync is not None:
        return State(glyph="syncing", word=_syncing(sync, share))
    if row.paused_at is not None:
        return State(
            glyph="paused", word="Paused", title=clock.timestamp(row.paused_at)
        )
    if row.last_success_at is None and not row.last_error:
        return State(glyph="syncing", word="Waiting")
    condition = state_of(row, clock.now)
    if condition == "failing":
        return State(
            glyph="failing",
            word=short_reason(row.last_error),
            bad=True,
            title=said_error(row),
        )
    return State(glyph=condition, word=condition.capitalize())


def _syncing(sync: UnderWay, share: float | None) -> str:
    if not sync.is_first:
        return "Syncing"
    return "Backfill" if share is None else f"Backfill {int(100 * share)}%"


def _last(
    row: Connection, sync: UnderWay | None, ended: FinishedSync | None, clock: Clock
) -> tuple[str, str]:
    when = clock.ago(row.last_success_at)
    if sync is not None and sync.started_at is None:
        return when, "waits for a worker"
    if sync is not None:
        return when, f"{numbers.plural(sync.runs_read, 'run')} so far"
    if row.last_error and row.last_success_at:
        return when, clock.moment(row.last_success_at)
    if row.paused_at is not None:
        by = for_signed_in(row.paused_by)
        return when, f"paused by {by}" if by else ""
    if ended is None or row.last_success_at is None:
        return when, ""
    return when, f"took {times.duration(ended.duration_ms)}"


def _next(row: Connection, sync: UnderWay | None, clock: Clock) -> tuple[str, str]:
    every = f"every {_interval(row.interval_minutes)}"
    if row.paused_at is not None:
        return "paused", "keeps its data"
    if sync is not None and sync.is_first:
        return "after backfill", f"then {every}"
    if sync is not None:
        return "after this one", every
    when = _until(row.next_sync_at, clock)
    return ("tries again", when) if row.last_error else (when, every)


def _interval(minutes: int) -> str:
    if minutes % 60:
        return f"{minutes} min"
    return f"{minutes // 60} h"


def _until(moment: datetime | None, clock: Clock) -> str:
    return times.until(moment, clock.now) if moment else "due now"


def _number(row: Connection, metric: str, value: int) -> Number:
    href = address(HISTORY, connection=row.pk, window=WINDOW) if value else ""
    return Number(text=numbers.count(value), metric=metric, value=value, href=href)


def _rejected(row: Connection, value: int) -> Number:
    href = address(REJECTS, connection=row.pk, kept=0, window=WINDOW) if value else ""
    href = for_signed_in(href)
    return Number(text=numbers.count(value), metric="rejected", value=value, href=href)


def _buttons(
    row: Connection, sync: UnderWay | None, state: State
) -> tuple[Button, ...]:
    if row.paused_at is not None:
        return (_post(row, "Resume", "resume", "Resuming"),)
    pause = _post(row, "Pause", "pause", "Pausing")
    if sync is not None:
        return (pause,)
    if state.bad:
        return (_post(row, "Test", "test", "Testing"), _small(pause))
    return (_post(row, "Sync now", "now", "Syncing"), _small(pause))


def _post(row: Connection, text: str, action: str, busy: str) -> Button:
    return Button(
        text=text,
        href=f"/sync/{row.pk}/{action}/",
        method="post",
        small=True,
        busy_text=busy,
    )


def _small(pause: Button) -> Button:
    """The same as an icon, beside the button that people press more often."""
    return Button(
        text=pause.text,
        href=pause.href,
        method="post",
        small=True,
        icon="pause",
        icon_only=True,
        hide_on_phone=True,
    )


def _backfill(sync: UnderWay, share: float | None, clock: Clock) -> Backfill:
    """How far a first import has come. Without a beginning nobody knows how much is
    left, and then only the projects that are through make the bar.
    """
    reached = sync.reached
    back = f", back to {times.day(reached.astimezone(clock.zone))}" if reached else ""
    if share is None or sync.begins is None:
        through = sync.projects - sync.projects_left
        return Backfill(
            percent=100 * through // max(sync.projects, 1),
            done=f"{numbers.plural(sync.runs_read, 'run')} read",
            rest=f"{back}. {numbers.count(through)} of "
            f"{numbers.plural(sync.projects, 'project')} through, new runs come first.",
        )
    days = max(round((clock.now - sync.begins) / timedelta(days=1)), 1)
    return Backfill(
        percent=int(100 * share),
        done=f"{round(share * days)} of {numbers.plural(days, 'day')}",
        rest=f"{back}. {_left(sync, share, clock)}new runs come first.",
    )


def _left(sync: UnderWay, share: float, clock: Clock) -> str:
    """ "About 14 min left, " at the pace so far."""
    if sync.started_at is None or share < LEAST_SHARE:
        return "The "
    left = (clock.now - sync.started_at) * ((1 - share) / share)
    return f"About {times.age(clock.now, clock.now + max(left, timedelta(minutes=1)))} left, "
