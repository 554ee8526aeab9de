"""Flaky tests: what they cost, where the time goes, one row for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard.contexts.overview import Switch
from dashboard.contexts.parts import (
    Button,
    Column,
    EmptyState,
    Link,
    Note,
    Number,
    Pager,
    SearchBox,
    Sentence,
    Strip,
    Tool,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeShare:
    """A part of the bar of time lost: `percent` of its width; `text` may be ""."""

    percent: float
    text: str
    title: str
    href: str
    is_hot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBar:
    """Where the time goes, longest first; `rest` is all that is too small to draw."""

    subtitle: str
    shares: tuple[TimeShare, ...]
    rest: TimeShare | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A chip that chooses one of a few values: its `summary` is the one in force."""

    name: str
    text: str
    summary: str
    choices: tuple[Switch, ...]
    is_active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyTestRow:
    """A flaky test. `estimate`, `low`, `high` in per cent; `bounds` is what stands under
    the mark. `news` is "new", or "newly flaky" where it flaked before without being
    flaky. `message` is that of its newest failure, which `message_href` opens.
    """

    name: str
    href: str
    folder: str
    tool: Tool
    project: Link
    score: Number
    estimate: float
    low: float
    high: float
    bounds: str
    flips: Number
    failed: Number
    executions: Number
    strip: Strip
    lost: Number
    first_seen: str
    first_seen_title: str = ""
    news: str = ""
    message: str = ""
    message_href: str = ""
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyTable:
    """Column keys: name, score, flips, failed, strip, lost, first_seen, message."""

    search: SearchBox
    states: tuple[Switch, ...]
    menus: tuple[Menu, ...]
    columns: Mapping[str, Column] = field(default_factory=dict)
    rows: tuple[FlakyTestRow, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRule:
    """What another system's rule calls flaky of the same results; `source` is the
    public page that describes it.
    """

    name: str
    rule: str
    number: Number
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRules:
    """`href` loads the panel, which is empty until then; `of` is of how many tests."""

    href: str
    of: Number | None = None
    rules: tuple[OtherRule, ...] = ()
    is_loaded: bool = False
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyPage:
    """`count` is the number of rows that the export holds. `left_out` tells of runs
    that flakiness leaves out, `money` what the time costs; both None without any.
    `empty` replaces everything below the header.
    """

    title: str
    subtitle: str
    count: str
    export: Button
    table: FlakyTable
    verdict: Verdict | None = None
    bar: TimeBar | None = None
    money: Sentence | None = None
    left_out: Sentence | None = None
    others: OtherRules | None = None
    notes: tuple[Note, ...] = ()
    empty: EmptyState | None = None
