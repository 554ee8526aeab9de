"""Lists behind numbers: runs, results, cases, milestones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard.contexts.overview import RunRow
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
    State,
    Strip,
    Tool,
)
from dashboard.contexts.run import ResultRow, StatusToggle


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """What all lists share. `count` is the whole number of rows, formatted;
    `counts_note` tells of runs without rows ("and 1,240 in 3 runs without rows").
    """

    title: str
    count: str
    search: SearchBox
    subtitle: str = ""
    counts_note: str = ""
    pager: Pager | None = None
    empty: EmptyState | None = None
    toggles: tuple[StatusToggle, ...] = ()
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    crumbs: tuple[Crumb, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunListPage(ListPage):
    """Column keys: name, project, configuration, outcome, duration, started."""

    rows: tuple[RunRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultListPage(ListPage):
    """Column keys: name, run, message, duration, moment."""

    rows: tuple[ResultRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseListRow:
    """A case with its newest state, last runs and, when failing, since when.

    `muted` says until when, by whom and why; "" where the case is not muted.
    """

    name: str
    href: str
    folder: str
    tool: Tool
    project: Link
    state: State
    results: Number
    strip: Strip | None = None
    since: str = ""
    since_title: str = ""
    since_href: str = ""
    since_css: str = "t-fail"
    last_seen: str = ""
    last_seen_title: str = ""
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseListPage(ListPage):
    """Column keys: name, project, strip, results, since, last_seen."""

    rows: tuple[CaseListRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowListRow:
    """A case with the median and the 95th percentile of what it took to pass.

    `delta` is the median's change against the window before, None without one there.
    """

    name: str
    href: str
    folder: str
    tool: Tool
    project: Link
    strip: Strip
    passed: Number
    p50: Number
    p95: Number
    delta: Delta | None
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowListPage(ListPage):
    """Column keys: name, project, strip, passed, p50, p95, change."""

    rows: tuple[SlowListRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneListRow:
    """`passed` of `scope` tests stand behind the bar, `share` is that rate; `outlook` says when it will be done. Without any test in scope `bar` is None."""

    name: str
    href: str
    pill: Pill
    projects: tuple[Link, ...]
    tools: tuple[Tool, ...]
    outlook: str
    projects_title: str = ""
    bar: OutcomeBar | None = None
    passed: Number | None = None
    scope: Number | None = None
    share: Number | None = None
    due: str = ""
    due_title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneListPage(ListPage):
    """Column keys: name, state, projects, progress, share, outlook, due."""

    rows: tuple[MilestoneListRow, ...] = ()
