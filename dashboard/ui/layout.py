"""The frame around every page: places, projects, theme and the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

from dashboard.access import may_administer, may_write
from dashboard.addresses import address, with_query
from dashboard.database.replica import told_behind_s
from dashboard.lists.names import ProjectName, catalogue
from dashboard.readers import SharedLink, is_signed_in, reader
from dashboard.sharing.routes import SHOWN
from dashboard.ui import links
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Note
from dashboard.ui.past_bar import PastBar
from dashboard.ui.saved_views import (
    OwnerOption,
    ViewGroup,
    owner_options,
    view_groups,
)
from dashboard.ui.sidebar import SidebarCounts
from dashboard.ui.stand_ins import user_name
from dashboard.ui.theme import next_theme_href, theme_of


@dataclass(frozen=True, slots=True)
class Place:
    """One of the main places. `key` is the letter after `g`; `short` names the tab on
    phones, where it `is_tab`: a phone has room for five, the rest is in its menu.
    `route` names the icon too. `is_filtered`: the page has filters, and starts with the
    projects of its reader.
    """

    key: str
    text: str
    short: str
    route: str
    is_tab: bool = True
    is_filtered: bool = True

    @property
    def href(self) -> str:
        return links.start(self.route) if self.is_filtered else address(self.route)


PLACES = (
    Place("o", "Overview", "Overview", "overview"),
    Place("f", "Flaky tests", "Flaky", "flaky"),
    Place("r", "Runs", "Runs", "runs", is_tab=False),
    Place("m", "Milestones", "Milestones", "milestones"),
    Place("s", "Stand-up", "Stand-up", "standup"),
    Place("y", "Sync", "Sync", "sync", is_filtered=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`theme` is "" for the system's; `theme_href` is this page in the next theme.

    `user` is "" for a reader without log-in, who then sees `login_href`; whoever
    `may_write` is shown what changes something, who `may_administer` what connects and
    what is about people.
    `broken` connections failed when they synced last. Of `counts` stands in the sidebar
    what is names. `past` is None for a page of the present. `share_href` leads to the
    form that shares the page; `shared` is the share by which a stranger sees it, who gets
    neither places nor projects beside it.
    """

    current: str
    projects: tuple[ProjectName, ...]
    counts: SidebarCounts
    broken: int
    login_href: str
    theme: Literal["", "light", "dark"]
    theme_href: str
    user: str
    may_write: bool
    may_administer: bool
    toasts: tuple[str, ...]
    notes: tuple[Note, ...]
    past: PastBar | None = None
    views: tuple[ViewGroup, ...] = ()
    view_owners: tuple[OwnerOption, ...] = ()
    places: tuple[Place, ...] = PLACES
    share_href: str = ""
    shared: SharedLink | None = None

    @property
    def current_project(self) -> int | None:
        kind, _, number = self.current.partition("project-")
        return int(number) if number and not kind else None


def layout(
    request: HttpRequest,
    current: str,
    counts: SidebarCounts,
    notes: Sequence[Note] = (),
    here: str = "",
    past: PastBar | None = None,
) -> Layout:
    """The frame of a page. `here` is the address of one that can be saved as a view.

    `current` is a place's route ("sync") or "project-3". Messages kept for the
    person are shown now and then gone: confirmations as toasts, what needs a look as
    notes.
    """
    if reader().share is not None:
        return _shared_layout(request, current, notes)
    names = catalogue()
    sent = list(messages.get_messages(request))
    good = [message for message in sent if message.level < messages.WARNING]
    bad = [message for message in sent if message.level >= messages.WARNING]
    return Layout(
        current=current,
        projects=tuple(names.projects.values()),
        counts=counts,
        broken=names.broken,
        theme=theme_of(request),
        theme_href=next_theme_href(request),
        user=user_name(request),
        may_write=may_write(request),
        may_administer=may_administer(request),
        login_href=links.log_in(request.get_full_path()),
        toasts=tuple(str(message) for message in good),
        notes=(*(_note(message) for message in bad), *_replica_note(), *notes),
        past=past,
        views=load_or_none("saved views", lambda: view_groups(here)) or (),
        view_owners=_view_owners() if here and past is None else (),
        share_href=_share_href(request, here),
    )


def _view_owners() -> tuple[OwnerOption, ...]:
    """Whose views this page can be saved as; nobody's where that did not load."""
    if not is_signed_in():
        return ()
    return load_or_none("teams", owner_options) or ()


def _shared_layout(request: HttpRequest, current: str, notes: Sequence[Note]) -> Layout:
    return Layout(
        current=current,
        projects=(),
        counts=SidebarCounts(),
        broken=0,
        login_href="",
        theme=theme_of(request),
        theme_href=next_theme_href(request),
        user="",
        may_write=False,
        may_administer=False,
        toasts=(),
        notes=(*_replica_note(), *notes),
        places=(),
        shared=reader().share,
    )


def _share_href(request: HttpRequest, here: str) -> str:
    """ "" where the reader may not share, or this is no page to share. `here` says of
    which projects the page is, where its own address does not.
    """
    match = request.resolver_match
    if not may_write(request) or match is None or match.url_name not in SHOWN:
        return ""
    return with_query(address("share"), [("path", here or request.get_full_path())])


def _replica_note() -> tuple[Note, ...]:
    """Said where a page is older than it looks."""
    behind_s = told_behind_s()
    if not behind_s:
        return ()
    return (
        Note(
            kind="info",
            glyph="stale",
            fact=f"This page may be {behind_s} s behind.",
            text="It was read from a copy of the database that is catching up.",
        ),
    )


def _note(message: Message) -> Note:
    is_error = message.level >= messages.ERROR
    return Note(
        kind="bad" if is_error else "warn",
        glyph="failing" if is_error else "stale",
        fact=str(message),
        text="",
    )
