"""How old the data is, connection by connection: the strip, its notes, its words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.addresses import address
from dashboard.lists.imports import ImportProgress
from dashboard.lists.names import ProjectName
from dashboard.metrics.freshness import is_behind, today_of
from dashboard.metrics.freshness import state as state_of
from dashboard.readers import for_signed_in
from dashboard.ui import links
from dashboard.ui.parts import Link, Note, State, warning
from dashboard.ui.text import times
from dashboard.ui.text.numbers import listed_names, whole_percent
from dashboard.ui.text.verdicts import StaleTool
from dashboard.ui.url_state import PageState
from ingest.looks import is_overdue
from ingest.models import Connection
from ingest.models.connection import PUSH

AT_MOST = 6
# More notes than this say together what each would say alone.
NOTES_AT_MOST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessItem:
    """A connection: `glyph` fresh, syncing, stale, failing or paused; age and reason."""

    glyph: str
    tool: str
    name: str
    age: str
    href: str
    title: str

    @property
    def is_bad(self) -> bool:
        return self.glyph == "failing"

    @property
    def word(self) -> str:
        return "sync failing" if self.is_bad else self.glyph


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessStrip:
    """`more` says what was left out: "and 5 fresh". `poll_href` is asked every 15 s."""

    items: tuple[FreshnessItem, ...]
    more: str
    poll_href: str
    more_href: str


def strip(
    state: PageState,
    connections: Sequence[Connection],
    importing: Mapping[int, ImportProgress],
) -> FreshnessStrip:
    """One item a connection; of more than six only those that are not fresh."""
    items = shown = [_item(state, one, importing) for one in connections]
    if len(items) > AT_MOST:
        shown = [item for item in items if item.glyph != "fresh"]
    return FreshnessStrip(
        items=tuple(shown),
        more=_more(len(shown), len(items) - len(shown)),
        poll_href=state.href,
        more_href=address("sync"),
    )


def _more(shown: int, fresh: int) -> str:
    if not fresh:
        return ""
    return f"and {fresh} fresh" if shown else f"all {fresh} fresh"


def _item(
    state: PageState, connection: Connection, importing: Mapping[int, ImportProgress]
) -> FreshnessItem:
    now = today_of(state.filters)
    glyph, age = _condition(connection, importing.get(connection.pk), now)
    return FreshnessItem(
        glyph=glyph,
        tool=connection.vendor,
        name=connection.name,
        age=age,
        href=links.sync_of(connection.pk),
        title=said_error(connection),
    )


def _condition(
    connection: Connection, importing: ImportProgress | None, now: datetime
) -> tuple[str, str]:
    """Its glyph, and what stands behind the name."""
    age = age_of(connection, now)
    if connection.paused_at is not None:
        return "paused", f"paused, {age}"
    if importing is not None:
        return "syncing", importing_text(importing)
    condition = state_of(connection, now)
    if overdue := overdue_look(connection, now):
        return condition, f"{age}, {overdue}"
    return condition, f"{age}, sync failed" if condition == "failing" else age


def overdue_look(connection: Connection, now: datetime) -> str:
    """How long ago its projects were compared whole, where that is too long ago and all
    that it is late with.
    """
    at = connection.looked_at
    is_late = connection.last_error or is_behind(connection, now)
    if at is None or is_late or not is_overdue(connection, at, now):
        return ""
    return f"not compared whole for {times.age(at, now)}"


def importing_text(importing: ImportProgress) -> str:
    if not importing.is_first:
        return "syncing"
    if importing.share is None:
        return "first import"
    return f"backfill {whole_percent(importing.share)}"


def said_error(connection: Connection) -> str:
    """How the last attempt ended, which may name the vendor's address."""
    return for_signed_in(connection.last_error[:300])


def age_of(connection: Connection, now: datetime) -> str:
    success = connection.last_success_at
    if success is None:
        return "nothing yet" if connection.vendor == PUSH else "never synced"
    return times.age(success, now)


def state_of_project(
    connection: Connection, importing: Mapping[int, ImportProgress], state: PageState
) -> State:
    """The freshness of a project is that of its connection."""
    item, success = _item(state, connection, importing), connection.last_success_at
    word, title = item.word, ""
    if success:
        title = times.timestamp(success, state.zone)
        if item.glyph in ("fresh", "stale", "failing"):
            word = times.ago(success, today_of(state.filters), state.zone)
    return State(glyph=item.glyph, word=word, bad=item.is_bad, title=title)


def item_of_project(
    connections: Sequence[Connection],
    importing: Mapping[int, ImportProgress],
    state: PageState,
) -> FreshnessItem | None:
    """The connection of a project, as it stands beside its name."""
    if not connections:
        return None
    item = _item(state, connections[0], importing)
    is_age = (
        item.age not in ("now", "nothing yet", "never synced") and "," not in item.age
    )
    if is_age and item.glyph != "syncing":
        return replace(item, age=f"{item.age} ago")
    return item


def not_fresh(connections: Sequence[Connection], now: datetime) -> list[Connection]:
    """Connections that have given data before, and whose last data is old now."""
    given = [c for c in connections if c.last_success_at]
    return [c for c in given if c.last_error or is_behind(c, now)]


def stale_tools(connections: Sequence[Connection], now: datetime) -> list[StaleTool]:
    """For the end of a verdict; with many of them a note says it better."""
    old = not_fresh(connections, now)
    if len(old) > NOTES_AT_MOST:
        return []
    return [StaleTool(name=c.name, age=age_of(c, now)) for c in old]


def notes(
    state: PageState,
    connections: Sequence[Connection],
    projects: Mapping[int, ProjectName],
) -> tuple[Note, ...]:
    """A note for each connection that is stale or failing, one for many."""
    now = state.filters.now
    running = [c for c in connections if not c.paused_at]
    overdue = [c for c in running if overdue_look(c, now)]
    old = not_fresh(running, now) + [c for c in running if _has_never_worked(c)]
    return _late_notes(old, projects, state) + _overdue_notes(overdue, now)


def _has_never_worked(connection: Connection) -> bool:
    return bool(connection.last_error and not connection.last_success_at)


def _late_notes(
    old: Sequence[Connection], projects: Mapping[int, ProjectName], state: PageState
) -> tuple[Note, ...]:
    if len(old) > NOTES_AT_MOST:
        return (_common_note(old, state),)
    return tuple(_note_on(connection, projects, state) for connection in old)


def _overdue_notes(overdue: Sequence[Connection], now: datetime) -> tuple[Note, ...]:
    """On connections whose runs come in, but may have changed at the tool since."""
    text = "What changed late at the tool may be missing."
    if len(overdue) > NOTES_AT_MOST:
        names = listed_names([connection.name for connection in overdue])
        fact = f"{len(overdue)} tools were not compared whole for long: {names}."
        return (_note(overdue, fact, text, address("sync")),)
    return tuple(
        _note(
            [one],
            f"{one.name} was {overdue_look(one, now)}.",
            text,
            links.sync_of(one.pk),
        )
        for one in overdue
    )


def _note_on(
    connection: Connection, projects: Mapping[int, ProjectName], state: PageState
) -> Note:
    now, success = state.filters.now, connection.last_success_at
    reason = said_error(connection) if connection.last_error else ""
    href = links.sync_of(connection.pk)
    if success is None:
        fact = f"{connection.name} has not synced yet."
        return _note([connection], fact, reason, href)
    names = [p.name for p in projects.values() if p.connection == connection.pk]
    until, age = times.moment(success, now, state.zone), times.age(success, now)
    fact = f"{connection.name} is {age} behind."
    if age == "now":
        fact = f"{connection.name} did not answer the last sync."
    reach = f"Numbers for {listed_names(names or ['its projects'])} stop at {until}."
    return _note([connection], fact, f"{reach} {reason}".strip(), href)


def _common_note(old: Sequence[Connection], state: PageState) -> Note:
    text = f"{listed_names([c.name for c in old])} did not sync lately."
    successes = [c.last_success_at for c in old if c.last_success_at]
    if successes:
        oldest = times.moment(min(successes), state.filters.now, state.zone)
        text += f" The oldest data is of {oldest}."
    return _note(old, f"{len(old)} tools are behind.", text, address("sync"))


def _note(old: Sequence[Connection], fact: str, text: str, href: str) -> Note:
    failing = any(connection.last_error for connection in old)
    return Note(
        kind="bad" if failing else "warn",
        glyph="failing" if failing else "stale",
        fact=fact,
        text=text,
        link=Link(text="Open Sync", href=href),
    )


def synced_words(connections: Sequence[Connection], state: PageState) -> str:
    """The oldest success among the connections, for a page's second line."""
    successes = [c.last_success_at for c in connections if c.last_success_at]
    if not successes:
        return ""
    return f"synced {times.ago(min(successes), state.filters.now, state.zone)}"


KEY = re.compile(r"credential|denied access|refused the key|valid key|\b40[13]\b")
ADDRESS = re.compile(r"address|host|certificate|encrypted|redirects", re.IGNORECASE)
AWAY = re.compile(r"did not answer|broke off|trouble of its own|asked for a pause")


def short_reason(error: str) -> str:
    """Two words for a table on why a connection fails."""
    if KEY.search(error):
        return "Key refused"
    if AWAY.search(error):
        return "No answer"
    return "Wrong address" if ADDRESS.search(error) else "Failing"


def left_out_of_address(sentences: Sequence[str]) -> tuple[Note, ...]:
    return tuple(warning("Left out of the address.", text) for text in sentences)
