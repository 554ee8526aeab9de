"""The page of two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.contexts.connect import FieldOption
from dashboard.contexts.parts import (
    Button,
    Column,
    Crumb,
    Delta,
    EmptyState,
    Link,
    Note,
    Number,
    OutcomeBar,
    Pager,
    Pill,
    SearchBox,
    Sentence,
    State,
    Tool,
    Verdict,
)
from dashboard.contexts.run import OutcomeCount


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFact:
    """A fact of one run; `differs` from the other run's."""

    label: str
    text: str
    differs: bool = False
    is_code: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """One of the two runs: `role` is Base or Head."""

    role: str
    run: Link
    number: str
    pill: Pill
    tool: Tool
    project: Link
    facts: tuple[SideFact, ...]
    bar: OutcomeBar
    counts: tuple[OutcomeCount, ...]
    summary: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryTab:
    """One of the seven categories; its number is the length of its list."""

    glyph: str
    text: str
    number: Number
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSide:
    """An outcome and what it says; `state` None is no result. `href` shows it."""

    state: State | None
    duration: str = ""
    message: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairListRow:
    name: str
    href: str
    folder: str
    base: PairSide
    head: PairSide
    change: Delta | None = None
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCard:
    """The list of one category. Column keys: name, base, head, change."""

    title: str
    text: str
    count: str
    search: SearchBox
    columns: Mapping[str, Column]
    rows: tuple[PairListRow, ...]
    pager: Pager | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    label: str
    options: tuple[FieldOption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChooser:
    """The form that chooses both runs from recent ones."""

    base: tuple[OptionGroup, ...]
    head: tuple[OptionGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """Without `sides` the page asks for two runs; without `card` they cannot be
    compared, and `empty` says why.
    """

    title: str
    chooser: RunChooser
    subtitle: str = ""
    crumbs: tuple[Crumb, ...] = ()
    sides: tuple[ComparedRun, ...] = ()
    swap_href: str = ""
    verdict: Verdict | None = None
    explain_href: str = ""
    tabs: tuple[CategoryTab, ...] = ()
    card: PairCard | None = None
    empty: EmptyState | None = None
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = ()
