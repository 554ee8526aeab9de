"""Why a page has nothing to show, and the one button that changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from dashboard.addresses import address
from dashboard.filters import Filters
from dashboard.lists.facets import CHOSEN, DEFAULT_BRANCH
from dashboard.lists.imports import ImportProgress
from dashboard.readers import Role, reader
from dashboard.ui import links
from dashboard.ui.filter_bar import TEXTS, WINDOWS, Offered, option_name
from dashboard.ui.freshness import importing_text
from dashboard.ui.parts import Button, EmptyState, Link
from dashboard.ui.text import times
from dashboard.ui.url_state import PageState
from ingest.models import Connection

SINGULAR = {**TEXTS, "project": "Project"}


def no_connection() -> EmptyState:
    if not reader().may(Role.ADMIN):
        return EmptyState(
            title="No tool is connected that you can see",
            text="Numbers appear here once an administrator connects one.",
            icon="plug",
        )
    return EmptyState(
        title="Connect your first tool",
        text="Numbers appear here a minute after the first import begins.",
        icon="plug",
        button=Button(text="Connect a tool", href=address("connect"), primary=True),
    )


def no_run_yet(
    connections: Iterable[Connection], importing: Mapping[int, ImportProgress]
) -> EmptyState:
    """Tools are connected and nothing has come in."""
    under_way = [
        f"{connection.name} ({importing_text(importing[connection.pk])})"
        for connection in connections
        if connection.pk in importing
    ]
    watch = Button(text="Open Sync", href=address("sync"))
    if under_way:
        return EmptyState(
            title="The first import is under way",
            text=f"{', '.join(under_way)}. The newest runs come first.",
            glyph="syncing",
            button=watch,
        )
    return EmptyState(
        title="No run has come in yet",
        text="Sync says what each tool answered, and when it is asked again.",
        icon="sync",
        button=watch,
    )


def totals_only(filters: Filters) -> EmptyState:
    """There are results, of which nobody knows which test they are of."""
    return EmptyState(
        title="Totals only",
        text="The tool gives totals for these runs, but not the result of each test.",
        icon="runs",
        button=Button(text="Open the runs", href=links.runs(filters), small=True),
    )


def nothing_in_window(state: PageState, newest: datetime) -> EmptyState:
    """There are runs, but before the window."""
    last, link = last_run(state, newest)
    return EmptyState(
        title="Nothing ran in this time",
        text=f"{last[0].upper()}{last[1:]}",
        icon="calendar",
        button=Button(text=link.text, href=link.href, small=True),
    )


def test_is_gone(state: PageState, gone_at: datetime) -> EmptyState:
    """All results of the test are marked as removed."""
    day = times.day(gone_at.astimezone(state.zone).date())
    return EmptyState(
        title="No result of this test is left",
        text=f"Its tool no longer has the runs that it was in, as the sync of {day} "
        f"found. It is in no list and no count until it runs again.",
        icon="calendar",
    )


def test_never_ran(state: PageState, declared_at: datetime) -> EmptyState:
    """Its tool told of the test, and no result of it came in yet."""
    day = times.day(declared_at.astimezone(state.zone).date())
    return EmptyState(
        title="This test never ran",
        text=f"Its tool told of it on {day}, and no result of it came in since. It is in "
        f"the list of tests and in no rate.",
        icon="calendar",
    )


def last_run(state: PageState, newest: datetime) -> tuple[str, Link]:
    """ "last run 3 Oct." and the shortest time range that holds it."""
    now = state.filters.now
    day = newest.astimezone(state.zone).date()
    year = "" if day.year == now.astimezone(state.zone).year else f" {day.year}"
    return f"last run {times.day(day)}{year}.", _reaching(state, newest)


def _reaching(state: PageState, newest: datetime) -> Link:
    now = state.filters.now
    age = now - newest
    days = next((d for d in WINDOWS if timedelta(0) < age < timedelta(days=d)), None)
    if days is None:
        # Whole days around it: nothing shorter would be round.
        days = max(age.days + 1, 1)
    href = state.with_filters(window_days=days, since=None, until=None)
    return Link(text=f"Show {days}d", href=href)


def nothing_matches(state: PageState, offered: Offered, what: str) -> EmptyState:
    """Names the active filters and offers to take the narrowest away."""
    active = [name for name in (*CHOSEN, "connection", "case") if _values(state, name)]
    said = [f"{SINGULAR[name]} is {_said(state, name, offered)}" for name in active]
    if state.filters.branches_in_force:
        said.append("Branch is the default one")
    if state.filters.status:
        said.append(f"Status is {_or(state.filters.status)}")
    if state.filters.q:
        said.append(f"Text is “{state.filters.q[:60]}”")
    if state.filters.message:
        said.append(f"Part of a message is “{state.filters.message[:60]}”")
    if state.filters.signature:
        said.append("The failure has one message")
    text = f"{_and(said)}." if said else "No filter is set."
    return EmptyState(
        title=f"No {what} matches these filters",
        text=text,
        icon="filter",
        button=_clearing(state, active, offered),
    )


def _clearing(state: PageState, active: list[str], offered: Offered) -> Button | None:
    if state.filters.q:
        return Button(text="Clear search", href=state.with_filters(q=""), small=True)
    if state.filters.message:
        href = state.with_filters(message="")
        return Button(text="Clear search", href=href, small=True)
    if state.filters.status:
        href = state.with_filters(status=())
        return Button(text="Show every status", href=href, small=True)
    free = [name for name in active if name not in state.pinned]
    without = offered.choices.without if offered.choices else {}
    if without.get(DEFAULT_BRANCH, 0) > max([0, *(without.get(n, 0) for n in free)]):
        is_off = False if state.has_default_window else None
        href = state.with_filters(default_branch=is_off)
        return Button(text="Show all branches", href=href, small=True)
    if not free:
        if state.window is None:
            return None
        href = state.with_filters(window_days=90, since=None, until=None)
        return Button(text="Show 90d", href=href, small=True)
    narrowest = max(free, key=lambda name: without.get(name, 0))
    return Button(
        text=f"Clear {SINGULAR[narrowest]}",
        href=state.with_filters(**{narrowest: ()}),
        small=True,
    )


def _values(state: PageState, name: str) -> tuple[int | str, ...]:
    values: tuple[int | str, ...] = getattr(state.filters, name)
    return values


def _said(state: PageState, name: str, offered: Offered) -> str:
    return _or(option_name(name, value, offered) for value in _values(state, name))


def _or(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _and(parts: list[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
