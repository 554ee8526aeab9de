"""Overview and project page: key figures, freshness, charts, tables of projects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dashboard.contexts.parts import (
    Button,
    Column,
    Delta,
    EmptyState,
    Link,
    Note,
    Number,
    OutcomeBar,
    SearchBox,
    State,
    Tool,
    Verdict,
)


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
class Kpi:
    """One tile. `parts` are (text, unit) pairs: (("41", "h"), ("20", "m")).

    The whole tile is a link to `href`; `metric` and `value` name the number for the
    API, unrounded. `note` stands beside the delta. `is_stale` puts the triangle into
    the label; `link` offers a way out when the figure is empty.
    """

    label: str
    parts: tuple[tuple[str, str], ...]
    href: str
    metric: str
    value: float | None
    glyph: str = ""
    delta: Delta | None = None
    note: str = ""
    link: Link | None = None
    title: str = ""
    state: Literal["ready", "loading", "empty"] = "ready"
    is_stale: bool = False
    trend: Trend | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessItem:
    """A connection: `glyph` fresh, syncing, stale, failing or paused; age and reason."""

    glyph: str
    word: str
    tool: Tool
    name: str
    age: str
    href: str
    is_bad: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessStrip:
    """`more` says what was left out: "and 5 fresh". `poll_href` is asked every 15 s."""

    items: tuple[FreshnessItem, ...]
    more: str = ""
    more_href: str = "/sync/"
    poll_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One position of a segmented control; `number` is of the rows that it shows."""

    text: str
    href: str
    is_current: bool = False
    number: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCard:
    """A Plotly chart: `chart` comes from dashboard.charts, `columns` and `rows` are the
    same rows as a table; a row's first text links to the day's results.
    """

    key: str
    title: str
    subtitle: str
    label: str
    chart: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[Number, ...], ...]
    switches: tuple[Switch, ...] = ()
    height: int = 372
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallMultiple:
    """A project's rates 0-1 by day, oldest first; `before` is the window before."""

    name: str
    href: str
    tool: Tool
    rate: Number
    delta: Delta | None
    values: tuple[float | None, ...]
    before: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiples:
    """`floor` is the lowest rate 0-1 of the common scale; `all_link` "All 23" or None."""

    subtitle: str
    floor: float
    items: tuple[SmallMultiple, ...]
    all_link: Link | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """`trend` are rates 0-1 by day. `extra` are further figures, one for each of the
    table's `extra_columns`, so that a later column needs no new field.
    """

    name: str
    href: str
    tool: Tool
    last_run: str
    last_run_title: str
    last_run_href: str
    rate: Number
    delta: Delta | None
    trend: tuple[float | None, ...]
    bar: OutcomeBar | None
    not_passed: Number
    total: Number
    failing: Number
    freshness: State
    extra: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTable:
    """`trend_text` heads the small line ("30 days"); `floor`, `ceiling` rates 0-1."""

    count: str
    columns: Mapping[str, Column]
    rows: tuple[ProjectRow, ...]
    trend_text: str
    floor: float
    ceiling: float
    search: SearchBox
    extra_columns: tuple[Column, ...] = ()
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """`empty` replaces everything below the header (no connection, no run)."""

    title: str
    subtitle: str
    kpis: tuple[Kpi, ...] = ()
    verdict: Verdict | None = None
    freshness: FreshnessStrip | None = None
    daily: ChartCard | None = None
    multiples: Multiples | None = None
    projects: ProjectTable | None = None
    notes: tuple[Note, ...] = ()
    buttons: tuple[Button, ...] = ()
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """A change against the run before: `tone` "bad" or "good", "" for a plain word."""

    number: Number
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run in a list. `state` is its verdict, `not_passed` of `total` stand behind the
    bar; a run without rows has `detail` "totals only". `number` is what people call it
    ("#4187"), `before` what changed against the run before, `marks` are words such as
    "outage".
    """

    name: str
    href: str
    state: State
    tool: Tool
    project: Link
    source: str
    configuration: str
    milestones: tuple[Link, ...]
    bar: OutcomeBar | None
    not_passed: Number
    total: Number
    duration: str
    started: str
    started_title: str
    detail: str = ""
    number: str = ""
    before: tuple[RunChange, ...] = ()
    marks: tuple[str, ...] = ()
