"""The sync page, from tables to what the template prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from dashboard.lists.imports import imports_in_progress
from dashboard.lists.names import project_names
from dashboard.lists.rejects import reason_groups, rejected_by_connection, unknown_words
from dashboard.lists.sync_activity import (
    activity,
    latest_syncs,
    newest_finished_syncs,
    projects_of,
    under_way,
)
from dashboard.pages.sync.connections import ConnectionRow, PageData, connection_row
from dashboard.pages.sync.history import SyncLine, sync_line
from dashboard.pages.sync.lists import problem_notes
from dashboard.pages.sync.rejected import (
    FOR_SIGNED_IN,
    NOTHING,
    RejectGroup,
    UnknownStatus,
    reject_group,
    rejected_total,
    unknown_status,
)
from dashboard.pages.sync.state import DAY, HISTORY, SYNC, Query
from dashboard.pages.sync.totals import Reconciliation, totals_card
from dashboard.pages.sync.trouble import failing_note, needs_person, stale_note
from dashboard.readers import is_signed_in
from dashboard.ui.clock import Clock
from dashboard.ui.parts import Button, EmptyState, Link, Note, Number
from dashboard.ui.text import numbers
from ingest.models import Connection

LATEST = 8
NO_CONNECTION = EmptyState(
    title="Connect your first tool",
    text="Its runs and results appear here a minute after the first import begins.",
    icon="plug",
    button=Button(text="Connect a tool", href="/connect/", primary=True),
)
# Parameters of the filter bar, which is hidden here: they are no mistake.
QUIET = (
    "project",
    "tool",
    "source",
    "configuration",
    "milestone",
    "branch",
    "window",
    "since",
    "until",
)


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


def sync_page(query: QueryDict, clock: Clock, *, may_write: bool) -> SyncPage:
    """The page for a person who may change connections, or for a reader."""
    asked = Query(query)
    has_all_totals = asked.word("totals", "all") == "all"
    for name in QUIET:
        asked.text(name)
    chosen = asked.texts("connection")
    connections = list(Connection.objects.order_by("name"))
    if not connections:
        return SyncPage(
            subtitle="nothing is connected yet",
            connections=(),
            empty=NO_CONNECTION,
            notes=problem_notes(asked.finish()),
        )
    material = _material(clock)
    notes = _notes(connections, material, clock, may_write=may_write)
    by_id = {row.pk: row for row in connections}
    shown = [row for row in connections if {str(row.pk), row.name} & chosen]
    shown = shown or connections
    groups = reason_groups() if is_signed_in() else []
    rejects = tuple(reject_group(group, by_id, clock) for group in groups)
    unknown = tuple(
        unknown_status(word, place, by_id, may_write=may_write)
        for place, word in enumerate(unknown_words(), 1)
    )
    return SyncPage(
        subtitle=_subtitle(len(connections), len(notes)),
        connections=tuple(
            connection_row(row, material, clock, may_write=may_write) for row in shown
        ),
        all_link=_all_link(len(connections)) if shown != connections else None,
        syncs=tuple(
            sync_line(sync, clock, is_short=True) for sync in latest_syncs(LATEST)
        ),
        syncs_href=HISTORY,
        rejects=rejects,
        unknown=unknown,
        rejected_total=rejected_total(sum(material.rejected.values())),
        rejects_empty=None if rejects or unknown else _no_rejects(),
        reconciliation=totals_card(project_names(), clock, has_all=has_all_totals),
        notes=(*problem_notes(asked.finish()), *notes),
        buttons=_buttons(may_write),
        poll_href=_poll_href(has_all_totals, shown if shown != connections else ()),
    )


def _no_rejects() -> EmptyState:
    return NOTHING if is_signed_in() else FOR_SIGNED_IN


def _material(clock: Clock) -> PageData:
    return PageData(
        activity=activity(clock.now),
        ended=newest_finished_syncs(),
        under_way=under_way(),
        importing=imports_in_progress(),
        rejected=rejected_by_connection(clock.now - DAY),
    )


def _notes(
    connections: Sequence[Connection],
    material: PageData,
    clock: Clock,
    *,
    may_write: bool,
) -> list[Note]:
    troubled = [row for row in connections if needs_person(row, clock)]
    projects = projects_of([row.pk for row in troubled]) if troubled else {}
    notes = [
        failing_note(row, projects.get(row.pk, ()), clock, may_write=may_write)
        for row in troubled
    ]
    # One that waits for a worker is as late as one that nobody asked for.
    begun = {pk for pk, sync in material.under_way.items() if sync.started_at}
    stale = stale_note([row for row in connections if row.pk not in begun], clock)
    return [*notes, stale] if stale else notes


def _subtitle(connections: int, needing: int) -> str:
    count = numbers.plural(connections, "connection")
    if not needing:
        return f"{count}, none needs you"
    return f"{count}, {needing} {'needs' if needing == 1 else 'need'} you"


def _all_link(connections: int) -> Link:
    return Link(text=f"All {numbers.count(connections)}", href=SYNC)


def _poll_href(has_all_totals: bool, chosen: Sequence[Connection]) -> str:
    pairs = [("totals", "all")] if has_all_totals else []
    pairs += [("connection", str(row.pk)) for row in chosen]
    return f"{SYNC}?{urlencode(pairs)}" if pairs else SYNC


def _buttons(may_write: bool) -> tuple[Button, ...]:
    if not may_write:
        log_in = f"/login/?next={SYNC}"
        return (Button(text="Log in to change connections", href=log_in),)
    return (
        Button(
            text="Sync all now",
            href="/sync/all/",
            method="post",
            icon="sync",
            busy_text="Syncing",
        ),
        Button(text="Add connection", href="/connect/", icon="plus", primary=True),
    )
