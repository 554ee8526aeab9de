"""Syncs as lines: the newest on the sync page, all of them on their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dashboard.lists.sync_activity import sync_duration_ms
from dashboard.pages.sync.state import HISTORY, address
from dashboard.readers import for_signed_in
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.freshness import short_reason
from dashboard.ui.lengths import Prose
from dashboard.ui.parts import State, Tool
from dashboard.ui.text import numbers, times
from ingest.models import Sync, SyncStatus

CODE = re.compile(r"\b([45]\d\d)\b")


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


def sync_line(sync: Sync, clock: Clock, *, is_short: bool) -> SyncLine:
    """`sync` comes with its connection and project. Short lines tell the error in a
    word or two; long ones whole, under the outcome.
    """
    started = sync.started_at or sync.requested_at
    return SyncLine(
        started=clock.moment(started),
        started_title=clock.timestamp(started),
        tool=tool(sync.connection.vendor),
        name=sync.connection.name,
        href=address(HISTORY, connection=sync.connection_id),
        state=_state(sync, is_short),
        duration=times.duration(sync_duration_ms(sync.started_at, sync.finished_at))
        if sync.finished_at
        else "",
        project=sync.project.name if sync.project else "",
        read=numbers.count(sync.results_read),
        written=numbers.count(sync.results_written),
        rejected=numbers.count(sync.rejected),
        error="" if is_short else for_signed_in(sync.error),
    )


def _state(sync: Sync, is_short: bool) -> State:
    written = _written(sync)
    if sync.status == SyncStatus.QUEUED:
        return State(glyph="syncing", word="waiting for a worker")
    if sync.status == SyncStatus.RUNNING:
        return State(glyph="syncing", word="under way")
    if sync.status == SyncStatus.OK:
        return State(glyph="fresh", word=written)
    if sync.status == SyncStatus.PARTIAL:
        return State(glyph="stale", word=written, title=for_signed_in(sync.error))
    word = _reason(sync.error) if is_short else "failed"
    return State(glyph="failing", word=word, bad=True, title=for_signed_in(sync.error))


def _reason(error: str) -> str:
    """ "key refused (401)"."""
    code = CODE.search(error)
    return short_reason(error).lower() + (f" ({code[1]})" if code else "")


def _written(sync: Sync) -> str:
    parts = [f"{numbers.count(sync.results_written)} written"]
    if not sync.results_written:
        parts = ["nothing new"]
    if sync.rejected:
        parts.append(f"{numbers.count(sync.rejected)} rejected")
    if sync.unknown_statuses:
        parts.append(f"{numbers.count(sync.unknown_statuses)} with an unknown status")
    return ", ".join(parts)
