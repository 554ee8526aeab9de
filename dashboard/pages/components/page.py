"""The sheet that shows every component and state, once in each theme."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.tools import TOOLS
from dashboard.ui.activity.kpis import Kpi
from dashboard.ui.parts import (
    Button,
    Delta,
    EmptyState,
    Link,
    Note,
    OutcomeBar,
    State,
    Strip,
    Tool,
)
from dashboard.ui.svg.outcomes import OUTCOMES
from dashboard.ui.svg.strips import StripCell

TOKENS = [
    "frame",
    "canvas",
    "surface",
    "surface-2",
    "track",
    "line",
    "line-2",
    "ink-3",
    "ink-2",
    "ink",
    "accent",
    "accent-soft",
    "pass",
    "pass-soft",
    "fail",
    "fail-soft",
    "err",
    "block",
    "skip",
    "flaky",
]
_HISTORY = "PPFPPPEPPSPPBFFFPPPPPFPPEFPPPU"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentSheet:
    """`intervals` are (estimate, low, high) in per cent."""

    theme: str
    tokens: tuple[str, ...]
    outcomes: tuple[State, ...]
    freshness: tuple[State, ...]
    tools: tuple[Tool, ...]
    strip: Strip
    bar: OutcomeBar
    intervals: tuple[tuple[int, int, int], ...]
    deltas: tuple[Delta, ...]
    kpis: tuple[Kpi, ...]
    empties: tuple[EmptyState, ...]
    note: Note


def component_sheets() -> tuple[ComponentSheet, ...]:
    return tuple(_sheet(theme) for theme in ("light", "dark"))


def _sheet(theme: str) -> ComponentSheet:
    return ComponentSheet(
        theme=theme,
        tokens=tuple(TOKENS),
        outcomes=_outcomes(),
        freshness=_freshness(),
        tools=tuple(Tool(vendor=key, label=label) for key, label in TOOLS.items()),
        strip=Strip(cells=tuple(StripCell(outcome=letter) for letter in _HISTORY)),
        bar=OutcomeBar(
            counts={
                "failed": 27,
                "error": 9,
                "blocked": 6,
                "skipped": 12,
                "untested": 40,
                "passed": 186,
            }
        ),
        intervals=((43, 39, 47), (22, 15, 29), (16, 7, 39)),
        deltas=(
            Delta(text="4.1 pts", arrow="down", tone="bad"),
            Delta(text="2.3 pts", arrow="up", tone="good"),
            Delta(text="0.2 pts", arrow="down"),
        ),
        kpis=_kpis(),
        empties=_empties(),
        note=_note(),
    )


def _outcomes() -> tuple[State, ...]:
    words = {outcome.css: outcome.word for outcome in OUTCOMES}
    order = ("pass", "fail", "err", "block", "skip", "run")
    return (
        *(State(glyph=css, word=words[css]) for css in order),
        State(glyph="unknown", word="Unknown"),
        State(glyph="flaky", word="Flaky"),
        State(glyph="fixed", word="Fixed"),
    )


def _freshness() -> tuple[State, ...]:
    return (
        State(glyph="fresh", word="Fresh, 4 min ago"),
        State(glyph="syncing", word="Backfill 61%"),
        State(glyph="stale", word="Stale, 3 h ago"),
        State(glyph="failing", word="Key refused, 26 h"),
        State(glyph="paused", word="Paused"),
    )


def _kpis() -> tuple[Kpi, ...]:
    worse = Delta(text="31", arrow="up", tone="bad")
    return (
        _kpi("Failing now", (("128", ""),), glyph="fail", delta=worse, note="from 97"),
        Kpi(
            label="Pass rate", parts=(), href="", metric="", value=None, state="loading"
        ),
        Kpi(
            label="Runs",
            parts=(("0", ""),),
            href="",
            metric="runs",
            value=0,
            state="empty",
            note="last run 3 Oct.",
            link=Link(text="Show 90d", href="?window=90d"),
        ),
        _kpi(
            "Pass rate",
            (("93.7", "%"),),
            is_stale=True,
            note="without QA.tech, 26 h old",
        ),
    )


def _kpi(
    label: str,
    parts: tuple[tuple[str, str], ...],
    *,
    glyph: str = "",
    delta: Delta | None = None,
    note: str = "",
    is_stale: bool = False,
) -> Kpi:
    return Kpi(
        label=label,
        parts=parts,
        href="#",
        metric="",
        value=None,
        glyph=glyph,
        delta=delta,
        note=note,
        is_stale=is_stale,
    )


def _empties() -> tuple[EmptyState, ...]:
    return (
        EmptyState(
            title="Connect your first tool",
            text="Numbers appear a minute after the first import begins.",
            icon="plug",
            button=Button(text="Connect a tool", href="#", small=True),
        ),
        EmptyState(
            title="No run matches these filters",
            text="Tool is Testmo and Milestone is v26.09.",
            icon="filter",
            button=Button(text="Clear Milestone", href="#", small=True),
        ),
        EmptyState(
            title="This table did not load",
            text="The database took longer than 10 s. The rest of the page is current.",
            glyph="failing",
            button=Button(text="Try again", href="#", icon="sync", small=True),
        ),
        EmptyState(
            title="No flaky tests in 30 days",
            text="1,284 tests ran at least 20 times and none flipped.",
            glyph="fixed",
        ),
    )


def _note() -> Note:
    return Note(
        kind="warn",
        glyph="stale",
        fact="Testably is 3 h behind.",
        text="Numbers for Admin Console and Data Platform stop at 06:10.",
        link=Link(text="Open Sync", href="#"),
    )
