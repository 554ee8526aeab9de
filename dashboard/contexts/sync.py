"""The sync page and the lists behind it: connections, rejects, syncs, totals."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.contexts.lengths import Prose, Record
from dashboard.contexts.lists import ListPage
from dashboard.contexts.overview import Trend
from dashboard.contexts.parts import (
    Button,
    EmptyState,
    Link,
    Note,
    Number,
    State,
    Tool,
)


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
class StatusChoice:
    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownStatus:
    """A word that no map knows, with the form that maps it (POST to `action`).

    Fields sent: `hidden`, and `status` with one of `choices`.
    """

    key: str
    tool: Tool
    title: str
    text: str
    count: Number
    action: str
    choices: tuple[StatusChoice, ...]
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectGroup:
    """Rejected records of one reason; `text` says what to do."""

    tool: Tool
    title: str
    text: str
    count: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncLine:
    """A finished or running sync in the list."""

    started: str
    started_title: str
    tool: Tool
    name: str
    href: str
    state: State
    duration: str
    project: str = ""
    read: str = ""
    written: str = ""
    rejected: str = ""
    error: Prose = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRow:
    """A run whose tool states other totals; `detail` tells them by status ("failed 27, here 26")."""

    run: Link
    tool: Tool
    project: str
    vendor: Number
    ours: Number
    difference: Number
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The tools' own totals against the stored rows. `fact` is the bold sentence."""

    fact: str
    text: str
    glyph: str
    rows: tuple[ReconciliationRow, ...] = ()
    more: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPage:
    """`rejected_total` opens every reject of 24 h. `poll_href` is asked every 15 s.

    `all_link` leads to all connections, where only some are shown.
    """

    subtitle: str
    connections: tuple[ConnectionRow, ...]
    syncs: tuple[SyncLine, ...] = ()
    syncs_href: str = ""
    rejects: tuple[RejectGroup, ...] = ()
    unknown: tuple[UnknownStatus, ...] = ()
    rejected_total: Number | None = None
    rejects_empty: EmptyState | None = None
    reconciliation: Reconciliation | None = None
    notes: tuple[Note, ...] = ()
    buttons: tuple[Button, ...] = ()
    empty: EmptyState | None = None
    poll_href: str = ""
    all_link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectRow:
    """A rejected record: `payload` is its text as it came, `whole_href` leads to one that
    is cut here.
    """

    tool: Tool
    connection: str
    project: str
    where: str
    reason: str
    payload: Record
    moment: str
    moment_title: str
    whole_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectListPage(ListPage):
    rows: tuple[RejectRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncListPage(ListPage):
    rows: tuple[SyncLine, ...] = ()
