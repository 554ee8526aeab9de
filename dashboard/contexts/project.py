"""The page of one project: key figures, trend, recent runs, its tests to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard.contexts.overview import ChartCard, FreshnessItem, Kpi, RunRow, Switch
from dashboard.contexts.parts import (
    Button,
    Column,
    Crumb,
    Delta,
    EmptyState,
    Link,
    Note,
    Number,
    Strip,
    Tool,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRuns:
    """The newest runs; `switches` choose among them, `glyphs` stand in those by text."""

    number: Number
    rows: tuple[RunRow, ...]
    columns: Mapping[str, Column]
    footer: str
    link: Link
    switches: tuple[tuple[Switch, str], ...] = ()
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyLine:
    """`score` is the flake rate in per cent, `low` to `high` its interval (0-100)."""

    name: str
    href: str
    strip: Strip
    score: Number
    estimate: float
    low: float
    high: float
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowLine:
    """`width` is the median by that of the slowest ("78%"); `delta` above 20 % only."""

    name: str
    href: str
    folder: str
    median: Number
    p95: Number
    width: str
    delta: Delta | None = None
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingLine:
    """How long a test has been failing, and in how many runs in a row."""

    name: str
    href: str
    folder: str
    age: str
    since_title: str
    streak: Number
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCard:
    """The first few of a ranked list; `number` counts the whole one."""

    title: str
    number: Number | None = None
    sub: str = ""
    flaky: tuple[FlakyLine, ...] = ()
    slow: tuple[SlowLine, ...] = ()
    failing: tuple[FailingLine, ...] = ()
    link: Link | None = None
    glyph: str = ""
    icon: str = ""
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """`fresh` is the state of the project's connection, beside its name; `poll_href` is
    asked for it every 15 s.
    """

    title: str
    tool: Tool
    crumbs: tuple[Crumb, ...]
    kpis: tuple[Kpi, ...]
    runs: RecentRuns
    fresh: FreshnessItem | None = None
    poll_href: str = ""
    verdict: Verdict | None = None
    trend: ChartCard | None = None
    lists: tuple[ListCard, ...] = ()
    links: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = field(default=())
