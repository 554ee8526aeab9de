"""The table of flaky tests with what narrows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.lists.facets import CHOSEN
from dashboard.lists.flaky_choice import (
    DEFAULT_SORT,
    NEW,
    PARAMETERS,
    SETTLED,
    WORSE,
    FlakyChoice,
)
from dashboard.pages.flaky.cost import window_length
from dashboard.pages.flaky.page_data import PageData
from dashboard.pages.flaky.rows import FlakyTestRow, rows
from dashboard.ui.list_layout import empty_of
from dashboard.ui.number_links import counted, sort_columns
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import Button, Column, EmptyState, Pager, SearchBox, Switch
from dashboard.ui.text import flaky
from dashboard.ui.url_state import CURSOR, FIND, MIN_EXECUTIONS, MIN_RATE, PageState

HEADS = {
    "name": ("Test, project / folder", ""),
    "score": ("Score, 95% interval", "-score"),
    "flips": ("Flips", "-flips"),
    "failed": ("Failed", "-failed"),
    "strip": ("Last 30, newest right", ""),
    "lost": ("Lost", "-lost"),
    "first_seen": ("First seen", ""),
    "message": ("Last failure", ""),
}
NUMERIC = frozenset({"flips", "failed", "lost"})
TEXTS = {"": "All", NEW: "New this week", WORSE: "Getting worse", SETTLED: "Settled"}
METRICS = {
    "": "flaky",
    NEW: "flaky_new",
    WORSE: "flaky_worse",
    SETTLED: "flaky_settled",
}
RATES = ("", "0.02", "0.05", "0.1", "0.2", "0.3")
EXECUTIONS = ("", "5", "20", "50", "100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A chip that chooses one of a few values: its `summary` is the one in force."""

    name: str
    text: str
    summary: str
    choices: tuple[Switch, ...]
    is_active: bool = False


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


def table(found: PageData) -> FlakyTable:
    state = found.asked.page
    return FlakyTable(
        search=SearchBox(
            action=state.path,
            value=found.choice.find,
            placeholder="Test name or message",
            name=FIND,
            hidden=state.hidden(FIND),
        ),
        states=_states(found),
        menus=(
            _menu(state, MIN_RATE, "Score", RATES, _rate_text),
            _menu(state, MIN_EXECUTIONS, "Executions", EXECUTIONS, str),
        ),
        columns=sort_columns(state, HEADS, DEFAULT_SORT, numeric=NUMERIC),
        rows=rows(found),
        pager=found.shown.pager if found.shown else None,
        empty=_empty(found),
    )


def _states(found: PageData) -> tuple[Switch, ...]:
    """Each with the number of its rows; without these numbers there is only "All"."""
    state, current = found.asked.page, found.choice.state
    return tuple(
        Switch(
            text=text,
            href=state.with_own(state=name, cursor=""),
            is_current=name == current,
            number=counted(METRICS[name], found.counts[name], ""),
        )
        for name, text in TEXTS.items()
        if name in found.counts
    )


def _menu(
    state: PageState,
    name: str,
    text: str,
    values: Sequence[str],
    text_of: Callable[[str], str],
) -> Menu:
    current = state.own.get(name, "")

    def said(value: str) -> str:
        return f"{text_of(value)} and up" if value else "Any"

    return Menu(
        name=name,
        text=text,
        summary=said(current),
        choices=tuple(
            Switch(
                text=said(value),
                href=state.with_own(**{name: value, CURSOR: ""}),
                is_current=value == current,
            )
            for value in values
        ),
        is_active=bool(current),
    )


def _rate_text(value: str) -> str:
    return flaky.flake_score(float(value))


def _empty(found: PageData) -> EmptyState | None:
    state = found.asked.page
    if found.shown is None:
        return did_not_load("table", state.href)
    if found.shown.rows:
        return None
    if found.choice != FlakyChoice():
        return EmptyState(
            title="No flaky test is like this",
            text="Others may be, without these conditions.",
            icon="filter",
            button=Button(text="Show all", href=_all(state), small=True),
        )
    filters = state.filters
    if any(getattr(filters, name) for name in (*CHOSEN, "connection", "case", "q")):
        return empty_of(found.frame, "flaky test", found.shown)
    return EmptyState(
        title="No test is flaky",
        text="No test passed and failed on the same code in "
        f"{window_length(filters.window())}.",
        glyph="fixed",
    )


def _all(state: PageState) -> str:
    return state.with_own(**dict.fromkeys((*PARAMETERS, CURSOR), ""))
