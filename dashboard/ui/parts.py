"""The small parts that several pages are made of, as templates print them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard.ui.lengths import Name, Prose, Quote
from dashboard.ui.svg.strips import StripCell


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOption:
    value: str
    text: str
    checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The small picture under a figure: `values` oldest first, None is a gap.

    `floor` is the value at the bottom edge of a line; None takes the smallest value.
    """

    kind: Literal["line", "bars"]
    values: tuple[float | None, ...]
    colour: str = "ink"
    floor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One position of a segmented control; `number` is of the rows that it shows."""

    text: str
    href: str
    is_current: bool = False
    number: Number | None = None


Tone = Literal["good", "bad", "flat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A vendor as people see it: `vendor` is the key ("testmo"), `label` the name."""

    vendor: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A printed number and the door to the rows behind it.

    `text` is formatted; `value` is unrounded, in the API's unit (rates 0-1, durations
    ms); `metric` is the API's name of it. Without `href` it is printed plain.
    """

    text: str
    metric: str = ""
    value: float | None = None
    href: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A change: `arrow` is the number's direction, `tone` says whether that is good."""

    text: str
    arrow: Literal["up", "down", ""] = ""
    tone: Tone = "flat"
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    text: Name
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    """One step of the path above a title; `href` may be ""."""

    text: Name
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a sentence; with `href` it is a door, `value` its number if any."""

    text: str
    href: str = ""
    metric: str = ""
    value: float | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A bold fact and what follows from it. Pieces carry their own spaces."""

    bold: tuple[Piece, ...]
    rest: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The sentence that opens a page; `glyph` is a name of dashboard.marks.GLYPHS."""

    glyph: str
    sentence: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A glyph with its word: an outcome, a run's status or a freshness.

    `bad` prints the word in the failing colour. `title` holds the full time or reason.
    """

    glyph: str
    word: str
    bad: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pill:
    """A page's status: `tone` is one of pass, fail, run, flaky, skip."""

    glyph: str
    word: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A verb to press. `method` get is a link, post a small form of `fields`.

    `busy_text` is the present participle shown while the request is under way.
    """

    text: str
    href: str
    method: Literal["get", "post"] = "get"
    icon: str = ""
    primary: bool = False
    small: bool = False
    icon_only: bool = False
    hide_on_phone: bool = False
    busy_text: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A message that asks for a person: `kind` warn or bad.

    `answer` is the vendor's raw reply, shown behind "See the answer" when not empty.
    """

    kind: Literal["warn", "bad", "info"]
    glyph: str
    fact: Prose
    text: Prose
    buttons: tuple[Button, ...] = ()
    link: Link | None = None
    answer: Quote = ""


def warning(fact: Prose, text: Prose, link: Link | None = None) -> Note:
    """What a reader of the numbers beside it should know."""
    return Note(kind="warn", glyph="stale", fact=fact, text=text, link=link)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyState:
    """Why there is nothing here, and the one button that changes it.

    `glyph` or `icon` stands on top, whichever is set. `is_error` announces it.
    """

    title: str
    text: Prose
    glyph: str = ""
    icon: str = ""
    button: Button | None = None
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Outcomes, oldest first; `slots` empty places are kept at the left."""

    cells: tuple[StripCell, ...]
    slots: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """ "1-50 of 61" and the neighbours' addresses, "" where there is none. `note` is
    what may happen on the way.
    """

    text: str
    previous_href: str = ""
    next_href: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchBox:
    """A GET form with one text field; `hidden` keeps the rest of the page's state."""

    action: str
    value: str
    placeholder: str
    name: str = "q"
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of the facts row. `links` are printed instead of `text` when there are any."""

    label: str
    text: Prose
    links: tuple[Link, ...] = ()
    tool: Tool | None = None
    icon: str = ""
    delta: Delta | None = None
    is_code: bool = False
    title: Prose = ""
