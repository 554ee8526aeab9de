"""The frame around every page: places, projects, theme and the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

from dashboard.access import may_write
from dashboard.addresses import address
from dashboard.filters import Filters
from dashboard.lists.names import Catalogue, catalogue
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Note, Number, Tool
from dashboard.ui.sidebar import SidebarCounts
from dashboard.ui.text import numbers
from dashboard.ui.theme import next_theme_href, theme_of

# Key after `g`, name, name of the tab, route (which names the icon too).
PLACES = (
    ("o", "Overview", "Overview", "overview"),
    ("f", "Flaky tests", "Flaky", "flaky"),
    ("r", "Runs", "Runs", "runs"),
    ("m", "Milestones", "Milestones", "milestones"),
    ("s", "Stand-up", "Stand-up", "standup"),
    ("y", "Sync", "Sync", "sync"),
)
# A phone has room for five tabs; the rest is in its menu.
NO_TABS = frozenset({"runs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One of the main places. `key` is the letter after `g`; `short` names the tab.

    `number` of the place's rows stands at the right, to which the place leads; `alarm`
    is the title of a failing square there ("1 connection failing"). `is_tab`: it is a
    tab on phones too.
    """

    key: str
    text: str
    short: str
    icon: str
    href: str
    number: Number | None = None
    alarm: str = ""
    is_current: bool = False
    is_tab: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLink:
    """A project in the sidebar with its number of failing cases."""

    name: str
    href: str
    tool: Tool
    failing: Number | None = None
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`theme` is "" for the system's; `theme_href` is this page in the next theme.

    `user` is "" for a reader without log-in, who then sees `login_href`; whoever
    `may_write` is shown what changes something.
    `is_first_run` leaves the counts out and says where projects will appear.
    """

    places: tuple[Place, ...]
    login_href: str
    logout_href: str
    search_href: str
    api_href: str
    projects: tuple[ProjectLink, ...] = ()
    theme: Literal["", "light", "dark"] = ""
    theme_href: str = "?theme=dark"
    user: str = ""
    may_write: bool = False
    is_first_run: bool = False
    toasts: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def layout(
    request: HttpRequest,
    current: str,
    counts: SidebarCounts,
    notes: Sequence[Note] = (),
) -> Layout:
    """The frame of a page.

    `current` is a place's icon name ("sync") or "project-3". Messages kept for the
    person are shown now and then gone: confirmations as toasts, what needs a look as
    notes.
    """
    names = catalogue()
    waiting = list(messages.get_messages(request))
    good = [message for message in waiting if message.level < messages.WARNING]
    bad = [message for message in waiting if message.level >= messages.WARNING]
    return Layout(
        places=_places(current, counts, names.broken),
        projects=_project_links(names, current, counts),
        theme=theme_of(request),
        theme_href=next_theme_href(request),
        user=request.user.get_username() if request.user.is_authenticated else "",
        may_write=may_write(request),
        login_href=links.log_in(request.get_full_path()),
        logout_href=address("logout"),
        search_href=address("search"),
        api_href=address("api-docs"),
        is_first_run=not names.projects,
        toasts=tuple(str(message) for message in good),
        notes=(*(_note(message) for message in bad), *notes),
    )


def _places(current: str, counts: SidebarCounts, broken: int) -> tuple[Place, ...]:
    return tuple(
        Place(
            key=key,
            text=text,
            short=short,
            icon=icon,
            href=address(icon),
            number=_flaky(counts) if icon == "flaky" else None,
            alarm=_alarm(broken) if icon == "sync" else "",
            is_current=icon == current,
            is_tab=icon not in NO_TABS,
        )
        for key, text, short, icon in PLACES
    )


def _alarm(broken: int) -> str:
    return numbers.plural(broken, "connection") + " failing" if broken else ""


def _flaky(counts: SidebarCounts) -> Number | None:
    """The place is its door."""
    return counted("flaky", counts.flaky, "") if counts.flaky else None


def _project_links(
    names: Catalogue, current: str, counts: SidebarCounts
) -> tuple[ProjectLink, ...]:
    return tuple(
        ProjectLink(
            name=project.name,
            href=address("project", project.id),
            tool=tool(project.tool),
            failing=_failing(project.id, counts.failing),
            is_current=current == f"project-{project.id}",
        )
        for project in names.projects.values()
    )


def _failing(project: int, failing: Mapping[int, int] | None) -> Number | None:
    if failing is None:
        return None
    href = links.failing(Filters(project=(project,)))
    return counted("failing_now", failing.get(project, 0), href)


def _note(message: Message) -> Note:
    is_error = message.level >= messages.ERROR
    return Note(
        kind="bad" if is_error else "warn",
        glyph="failing" if is_error else "stale",
        fact=str(message),
        text="",
    )
