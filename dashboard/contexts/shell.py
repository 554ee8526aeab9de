"""The frame around every page: places, projects, theme, user and the filter bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard.contexts.lengths import Name
from dashboard.contexts.parts import Note, Number, Tool


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
class Shell:
    """`theme` is "" for the system's; `theme_href` is this page in the next theme.

    `user` is "" for a reader without log-in, who then sees `login_href`.
    `is_first_run` leaves the counts out and says where projects will appear.
    """

    places: tuple[Place, ...]
    projects: tuple[ProjectLink, ...] = ()
    theme: Literal["", "light", "dark"] = ""
    theme_href: str = "?theme=dark"
    user: str = ""
    login_href: str = "/login/"
    logout_href: str = "/logout/"
    search_href: str = "/search/"
    api_href: str = "/api/docs/"
    is_first_run: bool = False
    toasts: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterOption:
    """A checkbox of a filter; `count` is a formatted number or ""."""

    value: str
    text: Name
    count: str = ""
    checked: bool = False
    tool: Tool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterWay:
    """A way to choose that is no single value ("All branches"), with its address."""

    text: str
    href: str
    count: str = ""
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One chip: `name` is the URL parameter, `summary` what stands on the chip.

    `clear_href` is the page without this filter; only active chips show it. `ways` stand
    above the options.
    """

    name: str
    text: str
    summary: str
    options: tuple[FilterOption, ...]
    is_active: bool = False
    clear_href: str = ""
    ways: tuple[FilterWay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowLink:
    """A time range ("30d") and the page's address with it."""

    text: str
    href: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterBar:
    """`hidden` is the state beside the chips (window, view, q, status, sort), kept when
    a chip changes; `custom_hidden` is everything but the time range. `since` and
    `until` are ISO dates or "". `ignored` are sentences on unknown parameters.
    """

    action: str
    filters: tuple[Filter, ...]
    windows: tuple[WindowLink, ...]
    hidden: tuple[tuple[str, str], ...] = ()
    custom_hidden: tuple[tuple[str, str], ...] = ()
    since: str = ""
    until: str = ""
    is_custom: bool = False
    ignored: tuple[str, ...] = ()
