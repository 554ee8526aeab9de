"""The recent runs of a project."""

from __future__ import annotations

from dashboard import words
from dashboard.contexts import Button, EmptyState, Link, Number, RecentRuns, Switch
from dashboard.pages import doors
from dashboard.pages.numbers import counted
from dashboard.pages.overview.project_material import CHOICES, ProjectMaterial
from dashboard.pages.panels import did_not_load
from dashboard.pages.run_rows import plain_columns, run_rows

GLYPHS = {"failed": "fail", "running": "run"}


def recent_runs(project: ProjectMaterial, empty: EmptyState | None) -> RecentRuns:
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
        rows=rows,
        columns=plain_columns(),
        footer=f"Showing {words.count(len(rows))} of {words.count(total)}",
        link=Link(
            text=f"All {chosen} runs" if chosen else "All runs",
            href=doors.runs(state.filters, statuses),
        ),
        switches=_switches(project),
        empty=empty,
    )


def _number(project: ProjectMaterial) -> Number:
    if project.states is None:
        return Number(text=words.DASH, title="did not load")
    runs = sum(project.states.values())
    return counted("runs", runs, doors.runs(project.found.state.filters))


def _switches(project: ProjectMaterial) -> tuple[tuple[Switch, str], ...]:
    """All, and the states that there are, each with its glyph."""
    state, chosen, states = project.found.state, project.chosen, project.states or {}
    every = Switch(text="All", href=state.with_own(runs=""), is_current=not chosen)
    shown = [name for name in CHOICES if states.get(name) or name == chosen]
    return (
        (every, ""),
        *(
            (
                Switch(
                    text=f"{name.capitalize()} {words.count(states.get(name, 0))}",
                    href=state.with_own(runs=name),
                    is_current=name == chosen,
                ),
                GLYPHS[name],
            )
            for name in shown
        ),
    )


def _none(project: ProjectMaterial) -> EmptyState:
    """Runs are there, but none of the chosen state."""
    href = project.found.state.with_own(runs="")
    return EmptyState(
        title=f"No {project.chosen} run in this time",
        text="Runs in other states are there.",
        icon="runs",
        button=Button(text="Show all runs", href=href, small=True),
    )
