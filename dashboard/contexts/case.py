"""The page of one test: what happened to it, why it fails, what people say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.contexts.history import History
from dashboard.contexts.lengths import Prose, Quote, Words
from dashboard.contexts.parts import (
    Button,
    Crumb,
    Delta,
    EmptyState,
    Link,
    Note,
    Number,
    Piece,
    Pill,
    State,
    Strip,
    Tool,
    Verdict,
)
from dashboard.contexts.run import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and its interval in per cent, for the interval mark."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKpi:
    """One tile of a test: its value and the line below may each hold doors.

    `parts` are (text, unit) pairs. `is_text` prints the value smaller, as words.
    """

    label: str
    parts: tuple[tuple[str, str], ...]
    metric: str = ""
    value: float | None = None
    href: str = ""
    title: str = ""
    glyph: str = ""
    delta: Delta | None = None
    interval: Interval | None = None
    line: tuple[Piece, ...] = ()
    is_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRow:
    """A row of the table beside the chart; `at` is its time in ISO 8601."""

    at: str
    moment: str
    title: str
    state: State
    duration: Number
    run: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionsCard:
    """`chart` comes from dashboard.charts.scatter; `rows` are the newest executions,
    `all_link` the list of all of them. `short` is the strip for phones.
    """

    subtitle: str
    label: str
    chart: Mapping[str, Any]
    strip: Strip
    short: Strip
    strip_text: str
    short_text: str
    rows: tuple[ExecutionRow, ...] = ()
    all_link: Link | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRow:
    """Failures that say the same. `line` is the first line of the newest `message`;
    `days` are results in equal stretches of time, oldest first. `whole_href` leads to a
    message that is cut here.
    """

    state: State
    line: str
    message: Quote
    seen: str
    seen_title: str
    number: Number
    share: str
    days: tuple[float, ...]
    colour: str
    run: Link | None = None
    whole_href: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresCard:
    """`more` tells of the groups that are not listed, with a way to them."""

    subtitle: str
    rows: tuple[SignatureRow, ...]
    more: Link | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SameTestRow:
    """A case of the same test, or one that may be. `said` tells who linked it, `match`
    "92% match"; `buttons` are for people who are logged in.
    """

    tool: Tool
    project: str
    href: str
    name: str
    strip: Strip
    rate: Number
    match: str = ""
    said: str = ""
    is_this: bool = False
    buttons: tuple[Button, ...] = ()
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameTestsCard:
    """`linked` is the confirmed group, this test first; `offered` may be the same;
    `apart` are those that a person said are not. `link_action` takes a test by hand, ""
    for readers, who get `login` instead.
    """

    linked: tuple[SameTestRow, ...]
    offered: tuple[SameTestRow, ...]
    apart: tuple[SameTestRow, ...] = ()
    link_action: str = ""
    login: Link | None = None
    has_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRow:
    """What one published rule says, and the figure that it looks at."""

    name: str
    state: State
    figure: Number
    rule: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionsCard:
    subtitle: str
    rows: tuple[OpinionRow, ...]
    note: str
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofCard:
    """Progress of the proof that a test was mended: `share` is 0-1 of the way."""

    fact: str
    text: str
    share: float
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarksCard:
    """Note and mute of a test, each with who and when; "" where nobody said anything.

    The forms are None for readers, who get `login` instead. A form that came back with
    problems is open.
    """

    owner: str
    text: Words
    issue: Link | None
    noted: str
    muted: str
    muted_reason: str
    muted_by: str
    facts: tuple[Fact, ...] = ()
    note_action: str = ""
    note_form: Any = None
    mute_action: str = ""
    mute_form: Any = None
    unmute: Button | None = None
    unmute_problem: str = ""
    login: Link | None = None
    is_note_open: bool = False
    is_mute_open: bool = False
    history: History = History()


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """`empty` stands instead of all figures where nothing ran in this time."""

    title: Prose
    tool: Tool
    crumbs: tuple[Crumb, ...]
    pills: tuple[Pill, ...]
    remarks: RemarksCard
    same: SameTestsCard
    verdict: Verdict | None = None
    kpis: tuple[CaseKpi, ...] = ()
    executions: ExecutionsCard | None = None
    failures: FailuresCard | None = None
    opinions: OpinionsCard | None = None
    proof: ProofCard | None = None
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = ()
    empty: EmptyState | None = None
