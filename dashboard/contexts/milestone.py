"""The page of one milestone: risk, progress, burn-up, runs, what is left, its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.contexts.history import History
from dashboard.contexts.lengths import Prose
from dashboard.contexts.parts import (
    Button,
    Crumb,
    EmptyState,
    Link,
    Note,
    Number,
    OutcomeBar,
    Pill,
    Sentence,
    State,
    Tool,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCard:
    """The verdict in words, at most three causes and what it would take.

    `takes` are stretches of a sentence, (text, whether it is bold).
    """

    glyph: str
    fact: str
    rest: str
    causes: tuple[Sentence, ...] = ()
    takes: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressLine:
    """One outcome: glyph, word, number of tests and their share of the scope."""

    glyph: str
    word: str
    number: Number
    share: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressCard:
    """`passed` is the rate of the scope as (text, unit) parts; `note` tells of runs
    without rows, which count nowhere.
    """

    scope: Number
    passed: tuple[tuple[str, str], ...]
    passed_value: float | None
    finished: Number
    bar: OutcomeBar
    lines: tuple[ProgressLine, ...]
    note: str = ""
    note_link: Link | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendItem:
    """A line of the legend: `mark` is scope, finished, passed or forecast."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnUpCard:
    """`chart` comes from dashboard.charts; `rows` are the same days as a table."""

    subtitle: str
    label: str
    chart: Mapping[str, Any]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    legend: tuple[LegendItem, ...] = ()
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributingRun:
    """A run with how many tests count with a result of it."""

    name: str
    number: str
    href: str
    state: State
    tool: Tool
    project: Link
    bar: OutcomeBar | None
    not_passed: Number
    total: Number
    counts_here: Number
    finished: str
    finished_title: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsCard:
    """The newest runs; `all_link` opens all of them. `noun`: run or runs, by `total`."""

    total: Number
    tools: str
    rows: tuple[ContributingRun, ...]
    noun: str = "runs"
    footer: str = ""
    all_link: Link | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftLine:
    """What is left of a project: widths in per cent of the longest line."""

    tool: Tool
    name: str
    href: str
    number: Number
    not_passed: float
    not_run: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftCard:
    total: Number
    lines: tuple[LeftLine, ...]
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """A vendor's milestone in this one. `placed` says who put it here, and when;
    `split` is the button that takes it out, None where it cannot be.
    """

    tool: Tool
    name: str
    project: Link
    state: State
    due: str
    vendor_url: str = ""
    placed: str = ""
    split: Button | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersCard:
    """`join_href` takes the form that joins another milestone, "" for readers.

    `summary` stands there while the rows are folded.
    """

    summary: str
    lines: tuple[MemberLine, ...]
    join_href: str = ""
    others: tuple[tuple[int, str], ...] = ()
    history: History = History()


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestonePage:
    """`opens` are the milestone's pages at its tools. A card is None when it did not
    load, and then `failed` stands in the page.
    """

    title: Prose
    crumbs: tuple[Crumb, ...]
    pill: Pill
    due: str
    due_title: str
    members: MembersCard
    runs: RunsCard
    opens: tuple[Link, ...] = ()
    opens_text: str = ""
    buttons: tuple[Button, ...] = ()
    risk: RiskCard | None = None
    progress: ProgressCard | None = None
    burn_up: BurnUpCard | None = None
    left: LeftCard | None = None
    failed: EmptyState | None = None
    notes: tuple[Note, ...] = ()
