"""What a search found, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.contexts.parts import EmptyState, Number, SearchBox, State, Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One line: a name that leads to its page, and what helps to tell it apart.

    `muted` says until when a test is muted, "" where it is not.
    """

    text: str
    href: str
    detail: str = ""
    tool: Tool | None = None
    state: State | None = None
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKind:
    """The first lines of one kind; `count` leads to the list of all of them."""

    title: str
    count: Number
    lines: tuple[Found, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    title: str
    search: SearchBox
    kinds: tuple[FoundKind, ...] = ()
    empty: EmptyState | None = None
