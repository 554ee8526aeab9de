"""What narrows the table of flaky tests: states, menus, and what is said of no row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.lists.flaky_choice import NEW, PARAMETERS, SETTLED, WORSE, FlakyChoice
from dashboard.pages.flaky.page_data import PageData
from dashboard.pages.flaky.text import window_length
from dashboard.ui.list_layout import empty_of
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Button, EmptyState, Switch
from dashboard.ui.text.numbers import score
from dashboard.ui.url_state import CURSOR, MIN_EXECUTIONS, MIN_RATE, PageState

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
        _menu(state, MIN_RATE, "Score", RATES, lambda rate: score(float(rate))),
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
    has_none = data.page is not None and not data.page.rows
    if has_none and data.choice != FlakyChoice():
        everything = data.state.with_own(**dict.fromkeys((*PARAMETERS, CURSOR), ""))
        return EmptyState(
            title="No flaky test is like this",
            text="Others may be, without these conditions.",
            icon="filter",
            button=Button(text="Show all", href=everything, small=True),
        )
    if has_none and not data.is_filtered:
        return EmptyState(
            title="No test is flaky",
            text="No test passed and failed on the same code in "
            f"{window_length(data.filters.window())}.",
            glyph="fixed",
        )
    return empty_of(data.layout, "flaky test", data.page)
