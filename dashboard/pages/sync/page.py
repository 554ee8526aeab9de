"""The sync page, from tables to what the template prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from dashboard.addresses import address, with_query
from dashboard.filters import Filters, selected_connections
from dashboard.filters.parameters import Parameter, one_of
from dashboard.lists.looks import project_looks
from dashboard.lists.names import project_names
from dashboard.lists.rejects import MAPPABLE, reason_groups, unknown_words
from dashboard.lists.relay import is_used
from dashboard.lists.sync_activity import projects_of
from dashboard.pages.sync.connections import ConnectionRow, connection_rows
from dashboard.pages.sync.lists import problem_notes
from dashboard.pages.sync.looks import looks_table
from dashboard.pages.sync.rejected import (
    RecordGroup,
    reason_group,
    word_group,
)
from dashboard.pages.sync.state import REJECTS, SYNC, WINDOW, address_with
from dashboard.pages.sync.sync_rows import latest_syncs
from dashboard.pages.sync.totals import Reconciliation, totals_card
from dashboard.pages.sync.trouble import (
    failing_note,
    is_late,
    needs_person,
    stale_note,
)
from dashboard.pages.sync.waiting import waiting
from dashboard.readers import for_signed_in, is_signed_in
from dashboard.ui.clock import Clock
from dashboard.ui.parts import Note, Verdict
from dashboard.ui.tables import Table
from dashboard.ui.text import numbers
from dashboard.ui.url_state import read_declared
from ingest.models import Connection
from ingest.models.connection import PUSH

# Parameters of the filter bar, which is hidden here: they are no mistake.
QUIET = (
    *("project", "tool", "source", "configuration", "milestone", "branch"),
    *("window", "since", "until"),
)
PARAMETERS = (
    Parameter("totals", one_of(("all",))),
    *(Parameter(name, str) for name in ("connection", *QUIET)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPage:
    """`connection_count` is of all, of which `connections` are those chosen. `meanings`
    are what an `unknown` word can be mapped to. `rejected` counts every reject of 24 h;
    `waiting` says what waits for a person. `poll_href` is asked every 15 s.
    """

    connection_count: int
    subtitle: str
    waiting: Verdict | None
    notes: tuple[Note, ...]
    poll_href: str
    connections: tuple[ConnectionRow, ...]
    syncs: Table
    looks: Table
    unknown: tuple[RecordGroup, ...]
    rejects: tuple[RecordGroup, ...]
    rejected: int
    reconciliation: Reconciliation | None
    meanings: Sequence[str] = MAPPABLE

    @property
    def relay_href(self) -> str:
        return for_signed_in(address("relay")) if is_used() else ""

    @property
    def rejects_href(self) -> str:
        return for_signed_in(address_with(REJECTS, kept=0, window=WINDOW))


def sync_page(query: QueryDict, clock: Clock) -> SyncPage:
    """The page for a person who may change connections, or for a reader."""
    values, problems = read_declared(query, PARAMETERS)
    totals, chosen = values["totals"], set(query.getlist("connection"))
    by_id = {row.pk: row for row in selected_connections(Filters())}
    rows = connection_rows([c for c in by_id.values() if c.vendor != PUSH], clock)
    troubled, late = _troubled(rows, clock)
    words, looks = unknown_words(), project_looks(clock.now)
    named = [
        row for row in rows if {str(row.connection.pk), row.connection.name} & chosen
    ]
    waits = waiting([*troubled, *late], words, by_id, looks)
    groups = reason_groups() if is_signed_in() else []
    return SyncPage(
        connection_count=len(rows),
        subtitle=_subtitle(len(rows), waits.total),
        waiting=waits.verdict,
        poll_href=_poll_href(totals, named if len(named) < len(rows) else ()),
        connections=tuple(named) or rows,
        syncs=latest_syncs(),
        looks=looks_table(looks, clock),
        unknown=tuple(word_group(word, by_id) for word in words),
        rejects=tuple(reason_group(group, by_id, clock) for group in groups),
        rejected=sum(row.rejected for row in rows),
        reconciliation=totals_card(project_names(), clock, has_all=totals == "all"),
        notes=(*problem_notes(problems), *_notes(troubled, late, clock)),
    )


def _troubled(
    rows: Sequence[ConnectionRow], clock: Clock
) -> tuple[list[Connection], list[Connection]]:
    """The connections that fail, and others that nobody has tried to sync."""
    troubled = [one.connection for one in rows if needs_person(one.connection, clock)]
    # One that waits for a worker is as late as one that nobody asked for.
    idle = [r.connection for r in rows if r.sync is None or r.sync.started_at is None]
    late = [row for row in idle if row not in troubled and is_late(row, clock)]
    return troubled, late


def _notes(
    troubled: Sequence[Connection], late: Sequence[Connection], clock: Clock
) -> list[Note]:
    projects = projects_of([row.pk for row in troubled]) if troubled else {}
    notes = [failing_note(row, projects.get(row.pk, ()), clock) for row in troubled]
    stale = stale_note(late, clock)
    return [*notes, stale] if stale else notes


def _subtitle(connections: int, waiting: int) -> str:
    count = numbers.plural(connections, "connection")
    if not connections:
        return "nothing is connected yet"
    if not waiting:
        return f"{count}, nothing waits for you"
    things = numbers.plural(waiting, "thing")
    return f"{count}, {things} {'waits' if waiting == 1 else 'wait'} for you"


def _poll_href(totals: str, chosen: Sequence[ConnectionRow]) -> str:
    pairs = [("totals", totals)] if totals else []
    pairs += [("connection", str(row.connection.pk)) for row in chosen]
    return with_query(address(SYNC), pairs)
