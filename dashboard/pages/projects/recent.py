"""The recent runs of a project."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.pages.projects.page_data import CHOICES, PageData
from dashboard.ui import links
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import Button, EmptyState, Link, Number, Switch
from dashboard.ui.run_rows import COLUMNS_OF_PROJECT, run_rows
from dashboard.ui.tables import Table, table
from dashboard.ui.text import numbers

GLYPHS = {"failed": "fail", "running": "run"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRuns:
    """The newest runs; `switches` choose among them, `glyphs` stand in those by text."""

    number: Number
    table: Table
    footer: str
    link: Link
    switches: tuple[tuple[Switch, str], ...] = ()
    empty: EmptyState | None = None


def recent_runs(project: PageData, empty: EmptyState | None) -> RecentRuns:
    state, chosen = project.found.state, project.chosen
    number = _number(project)
    rows = run_rows(state, project.latest or (), project.found.projects)
    total = (project.states or {}).get(chosen, 0) if chosen else int(number.value or 0)
    statuses = (chosen,) if chosen else ()
    if project.latest is None:
        empty = did_not_load("table", state.href)
    elif not rows and empty is None:
        empty = _none(project)
    return RecentRuns(
        number=number,
        table=table(COLUMNS_OF_PROJECT, rows, css="blocks runs"),
        footer=f"Showing {numbers.count(len(rows))} of {numbers.count(total)}",
        link=Link(
            text=f"All {chosen} runs" if chosen else "All runs",
            href=links.runs(state.filters, statuses),
        ),
        switches=_switches(project),
        empty=empty,
    )


def _number(project: PageData) -> Number:
    if project.states is None:
        return Number(text=numbers.DASH, title="did not load")
    runs = sum(project.states.values())
    return counted("runs", runs, links.runs(project.found.state.filters))


def _switches(project: PageData) -> tuple[tuple[Switch, str], ...]:
    """All, and the states that there are, each with its glyph."""
    state, chosen, states = project.found.state, project.chosen, project.states or {}
    every = Switch(text="All", href=state.with_own(runs=""), is_current=not chosen)
    shown = [name for name in CHOICES if states.get(name) or name == chosen]
    return (
        (every, ""),
        *(
            (
                Switch(
                    text=f"{name.capitalize()} {numbers.count(states.get(name, 0))}",
                    href=state.with_own(runs=name),
                    is_current=name == chosen,
                ),
                GLYPHS[name],
            )
            for name in shown
        ),
    )


def _none(project: PageData) -> EmptyState:
    """Runs are there, but none of the chosen state."""
    href = project.found.state.with_own(runs="")
    return EmptyState(
        title=f"No {project.chosen} run in this time",
        text="Runs in other states are there.",
        icon="runs",
        button=Button(text="Show all runs", href=href, small=True),
    )
