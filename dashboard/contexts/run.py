"""The page of one run: facts, outcomes, threads, against the run before, results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard.contexts.history import History
from dashboard.contexts.lengths import Prose, Snippet
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
    Piece,
    Pill,
    SearchBox,
    Sentence,
    State,
    Strip,
    Tool,
)
from dashboard.marks import Lane


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """A count under the large bar; its number filters the results below."""

    glyph: str
    word: str
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLane:
    """`end` is the clock of its last result ("18:42"); `is_last` marks the slowest."""

    name: str
    runner: Number
    href: str
    lane: Lane
    end: str
    not_passed: Number | None = None
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadsCard:
    """`wall_ms` is the length of the axis; `ticks_ms` are its labels' places.

    `more` says how many lanes were left out ("24 more"), `more_href` shows them.
    """

    subtitle: str
    wall_ms: int
    lanes: tuple[ThreadLane, ...]
    balance: Sentence | None = None
    more: str = ""
    more_href: str = ""
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstTab:
    """One of the three counts; `glyph` failed, fixed or still."""

    glyph: str
    word: str
    number: Number
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstCase:
    """A case in the panel; `note` stands at the right ("thread 4", "failed 9 days")."""

    case: int
    glyph: str
    word: str
    name: str
    href: str
    note: str = ""
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstGroup:
    """Cases with one message (`is_code`) or one heading ("Fixed"); `tone` fail or err.

    `count` is None where nothing is counted. `href` leads to the same message in other
    runs. `more` says how many are not listed ("8 more with this message").
    """

    text: str
    count: Number | None
    cases: tuple[AgainstCase, ...]
    is_code: bool = True
    tone: Literal["fail", "err", ""] = ""
    href: str = ""
    more: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """This run against the run before with the same source and configuration."""

    run: Link
    subtitle: str
    tabs: tuple[AgainstTab, ...]
    groups: tuple[AgainstGroup, ...]
    footer: tuple[Piece, ...] = ()
    footer_link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusToggle:
    """Adds a status to the list or takes it away; `glyph` is "" for All."""

    glyph: str
    text: str
    href: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One result. `change` is its word against the run before; `run` and `moment` are
    printed in lists over several runs, `thread` and `change` inside one run. `muted`
    says until when, by whom and why its case is; "" where it is not.
    """

    name: str
    href: str
    folder: str
    state: State
    message: Snippet
    duration: str
    thread: str = ""
    strip: Strip | None = None
    change: State | None = None
    change_number: Number | None = None
    attempt: str = ""
    run: Link | None = None
    project: str = ""
    tool: Tool | None = None
    moment: str = ""
    moment_title: str = ""
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsCard:
    """`columns` by key: name, thread, message, strip, duration, change."""

    subtitle: str
    columns: dict[str, Column]
    rows: tuple[ResultRow, ...]
    toggles: tuple[StatusToggle, ...]
    search: SearchBox
    pager: Pager | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementForm:
    """What a person may say of a run; `reason` labels a text field, "" shows none.
    `value` is what the field holds.
    """

    verdict: str
    text: str
    reason: str = ""
    is_reason_needed: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether flakiness goes by the run. Without a `fact` there is nothing to say, and
    the form waits behind a button; `form` None is for readers. `seen` is the newest act
    that the form knows; `problem` says why what was sent was not taken.
    """

    fact: str = ""
    text: str = ""
    kind: Literal["warn", "info"] = "info"
    form: JudgementForm | None = None
    action: str = ""
    seen: int = 0
    problem: str = ""
    history: History = History()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """`against` None prints `against_empty`. `summary` ends the line of counts.

    `live_href` is asked every 15 s while the run is open, "" once it ended.
    """

    name: Prose
    number: str
    crumbs: tuple[Crumb, ...]
    pill: Pill
    facts: tuple[Fact, ...]
    bar: OutcomeBar
    counts: tuple[OutcomeCount, ...]
    results: ResultsCard
    against_empty: EmptyState
    summary: Sentence | None = None
    threads: ThreadsCard | None = None
    against: Against | None = None
    judgement: Judgement | None = None
    previous_href: str = ""
    previous_title: str = ""
    next_href: str = ""
    next_title: str = ""
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = ()
    live_href: str = ""
