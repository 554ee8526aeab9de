"""The table of flaky tests with what narrows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.lists.flaky_choice import (
    DEFAULT_SORT,
    NEW,
    PARAMETERS,
    SETTLED,
    WORSE,
    FlakyChoice,
)
from dashboard.pages.flaky.page_data import PageData
from dashboard.pages.flaky.rows import rows
from dashboard.pages.flaky.text import flake_score, window_length
from dashboard.ui.list_layout import empty_of
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Button, EmptyState, Switch
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.url_state import CURSOR, MIN_EXECUTIONS, MIN_RATE, PageState

COLUMNS = (
    Column("name", "Test, project / folder", "case", css="a"),
    Column(
        "score",
        "Score, 95% interval",
        "rate",
        sort="-score",
        css="b",
        width="154px",
    ),
    Column("flips", "Flips", "flip_rate", sort="-flips", css="num", width="52px"),
    Column("failed", "Failed", "not_passed", sort="-failed", css="num", width="74px"),
    Column(
        "strip", "Last 30, newest right", "strip", css="e", width="var(--strip-width)"
    ),
    Column(
        "lost",
        "Lost",
        "time_lost_ms",
        sort="-lost",
        css="f num strong",
        width="78px",
    ),
    Column("first_seen", "First seen", css="sec nowrap", width="82px"),
    Column("message", "Last failure", css="d", width="var(--message-width)"),
)
STATES = {"": "All", NEW: "New this week", WORSE: "Getting worse", SETTLED: "Settled"}
RATES = ("", "0.02", "0.05", "0.1", "0.2", "0.3")
EXECUTIONS = ("", "5", "20", "50", "100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A chip that chooses one of a few values: its `summary` is the one in force."""

    name: str
    text: str
    summary: str
    choices: tuple[Switch, ...]
    is_active: bool


def flaky_table(data: PageData) -> Table:
    return table(
        COLUMNS,
        rows(data),
        css="tall fixed blocks flk",
        state=data.state,
        default_sort=DEFAULT_SORT,
    )


def switches(data: PageData) -> tuple[Switch, ...]:
    """The states, each with the number of its rows; without these numbers none."""
    return tuple(
        Switch(
            text=STATES[name],
            href=data.state.with_own(state=name, cursor=""),
            is_current=name == data.choice.state,
            number=counted(f"flaky_{name}" if name else "flaky", number, ""),
        )
        for name, number in data.counts.items()
    )


def menus(state: PageState) -> tuple[Menu, ...]:
    return (
        _menu(state, MIN_RATE, "Score", RATES, lambda rate: flake_score(float(rate))),
        _menu(state, MIN_EXECUTIONS, "Executions", EXECUTIONS, str),
    )


def _menu(
    state: PageState,
    name: str,
    text: str,
    values: Sequence[str],
    words: Callable[[str], str],
) -> Menu:
    def summary(value: str) -> str:
        return f"{words(value)} and up" if value else "Any"

    current = state.own.get(name, "")
    return Menu(
        name=name,
        text=text,
        summary=summary(current),
        choices=tuple(
            Switch(
                text=summary(value),
                href=state.with_own(**{name: value, CURSOR: ""}),
                is_current=value == current,
            )
            for value in values
        ),
        is_active=bool(current),
    )


def why_empty(data: PageData) -> EmptyState | None:
    """Why the table has no row, None when it has some."""
    is_narrowed = data.choice != FlakyChoice()
    no_row = data.shown is not None and not data.shown.rows
    if no_row and is_narrowed:
        everything = data.state.with_own(**dict.fromkeys((*PARAMETERS, CURSOR), ""))
        return EmptyState(
            title="No flaky test is like this",
            text="Others may be, without these conditions.",
            icon="filter",
            button=Button(text="Show all", href=everything, small=True),
        )
    if no_row and not data.is_filtered:
        return EmptyState(
            title="No test is flaky",
            text="No test passed and failed on the same code in "
            f"{window_length(data.filters.window())}.",
            glyph="fixed",
        )
    return empty_of(data.layout, "flaky test", data.shown)
