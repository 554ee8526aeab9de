"""The stand-up: one screen on what changed since yesterday, read from across a room."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.contexts.lengths import Made
from dashboard.contexts.overview import FreshnessItem
from dashboard.contexts.parts import EmptyState, Link, Number, OutcomeBar, Piece, Tool

ONE_LINE = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The verdict: `lead`, then `fact`, of which `is_bad` prints it in the failing
    colour, then the rest. `second` is the line below it. Pieces carry their own spaces.
    """

    glyph: str
    lead: str
    fact: Piece | None = None
    is_bad: bool = False
    rest: tuple[Piece, ...] = ()
    second: tuple[Piece, ...] = ()

    @property
    def text(self) -> str:
        """The first sentence, whole."""
        pieces = (*((self.fact,) if self.fact else ()), *self.rest)
        return self.lead + "".join(piece.text for piece in pieces)

    @property
    def is_long(self) -> bool:
        """Whether it fills more than a line of the largest letters."""
        return len(self.text) > ONE_LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupItem:
    """A line of a card: `title` with its link, below it `tool` and `text`.

    `muted` says until when and by whom its test is muted, `muted_until` only the time.
    `count` is the number of tests that it stands for, where it is a group, `is_largest`
    of several; `run` is the run that it began in. `title_tool` is the tool that the title names. `bar`, with
    `bar_left` and `bar_right` below it, draws how far a milestone is.
    """

    title: str
    href: str
    text: tuple[Piece, ...]
    tool: Tool | None = None
    count: Number | None = None
    run: Link | None = None
    title_tool: Tool | None = None
    is_largest: bool = False
    bar: OutcomeBar | None = None
    bar_left: tuple[Piece, ...] = ()
    bar_right: tuple[Piece, ...] = ()
    muted: str = ""
    muted_until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupCard:
    """One of the five cards. `more` leads to what there is beside `items` ("2 more").

    `quiet` is the sentence of a card without any item. A card whose numbers did not
    load has `empty` instead of them, and no `number`.
    """

    key: str
    glyph: str
    title: str
    number: Number | None
    items: tuple[StandupItem, ...] = ()
    more: Link | None = None
    quiet: str = ""
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandupPage:
    """`day` and `since` name the time that is told ("Thu 19 Nov", "since yesterday
    09:15"), `at` when it was ("09:15"). `scope` says what it is about ("9 projects, 5
    tools"). `share_href` is the page with its time fixed, `markdown` the same page as
    text; `poll_href` is "" where it is fixed already. `empty` replaces everything below
    the header.
    """

    title: str
    day: str
    since: str
    at: str
    scope: str
    poll_href: str
    share_href: str
    now_href: str
    markdown_href: str
    headline: Headline | None = None
    cards: tuple[StandupCard, ...] = ()
    freshness: tuple[FreshnessItem, ...] = ()
    fresh_more: Link | None = None
    markdown: Made = ""
    empty: EmptyState | None = None
