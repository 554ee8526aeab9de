"""Syncs as rows of a table: the newest on the sync page, all of them on their own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dashboard.lists.sync_activity import newest_syncs, sync_duration_ms
from dashboard.pages.sync.state import HISTORY, address_with
from dashboard.readers import for_signed_in
from dashboard.ui.freshness import short_reason
from dashboard.ui.lengths import Prose
from dashboard.ui.parts import State
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text import numbers
from ingest.models import Sync, SyncStatus

CODE = re.compile(r"\b([45]\d\d)\b")
COLUMNS = (
    Column(key="started", title="Started", field="started_at", css="b sec nowrap"),
    Column(key="connection", title="Connection", field="connection", css="a"),
    Column(key="project", title="Project", field="project", css="e sec"),
    Column(key="outcome", title="Outcome", field="status", css="d"),
    Column(key="read", title="Read", field="results_read", css="num sec"),
    Column(key="written", title="Written", field="results_written", css="num sec"),
    Column(key="rejected", title="Rejected", field="rejected", css="num sec"),
    Column(key="took", title="Took", css="f num muted"),
)
LATEST = 8
OF_LATEST = ("started", "connection", "outcome", "took")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRow:
    """A finished or running sync, whose `error` is told whole or as its `reason`."""

    sync: Sync
    error: Prose
    reason: str = ""

    @property
    def href(self) -> str:
        return address_with(HISTORY, connection=self.sync.connection_id)

    @property
    def began_at(self) -> datetime:
        return self.sync.started_at or self.sync.requested_at

    @property
    def duration_ms(self) -> int | None:
        return sync_duration_ms(self.sync)

    @property
    def state(self) -> State:
        sync = self.sync
        match sync.status:
            case SyncStatus.QUEUED:
                return State(glyph="syncing", word="waiting for a worker")
            case SyncStatus.RUNNING:
                return State(glyph="syncing", word="under way")
            case SyncStatus.OK:
                return State(glyph="fresh", word=_written(sync))
            case SyncStatus.PARTIAL:
                return State(glyph="stale", word=_written(sync), title=self.error)
        word = self.reason or "failed"
        return State(glyph="failing", word=word, bad=True, title=self.error)


def all_syncs(syncs: Iterable[Sync]) -> Table:
    """Each with its error whole. `syncs` come with their connections and projects."""
    rows = [SyncRow(sync=sync, error=for_signed_in(sync.error)) for sync in syncs]
    return table(COLUMNS, rows, css="blocks")


def latest_syncs() -> Table:
    """Each with its error in a word or two."""
    columns = [column for column in COLUMNS if column.key in OF_LATEST]
    rows = [
        SyncRow(sync=s, error=for_signed_in(s.error), reason=_reason(s.error))
        for s in newest_syncs(LATEST)
    ]
    return table(columns, rows, css="dense headless blocks")


def _reason(error: str) -> str:
    """ "key refused (401)"."""
    code = CODE.search(error)
    return short_reason(error).lower() + (f" ({code[1]})" if code else "")


def _written(sync: Sync) -> str:
    written = numbers.count(sync.results_written)
    parts = [f"{written} written" if sync.results_written else "nothing new"]
    if sync.rejected:
        parts.append(f"{numbers.count(sync.rejected)} rejected")
    if sync.unknown_statuses:
        parts.append(f"{numbers.count(sync.unknown_statuses)} with an unknown status")
    return ", ".join(parts)
