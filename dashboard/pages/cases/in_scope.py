"""The tests behind a milestone's numbers, as the list of tests shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from dashboard.metrics.milestones.scope import Part, ruling_statuses
from dashboard.pages.cases.rows import CaseListRow, status_state
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.svg.outcomes import OUTCOMES
from dashboard.ui.toggles import StatusToggle
from dashboard.ui.url_state import VIEW, PageState

_SOME = re.compile(rf"{links.SCOPE}((?:-[1-9][0-9]{{0,8}})+)", re.ASCII)
_OF_RUN = re.compile(rf"{links.RULES}-([1-9][0-9]{{0,17}})", re.ASCII)
_WORDS = {"unfinished": "Not run yet"}


def part_of(state: PageState) -> Part | None:
    """The part of a milestone that the address asks for, None for another list."""
    view = state.own.get(VIEW, "")
    if not state.filters.milestone:
        return None
    if view == links.SCOPE:
        return Part()
    if view == links.ADDED:
        return Part(is_added=True)
    if found := _SOME.fullmatch(view):
        return Part(projects=tuple(map(int, found[1][1:].split("-"))))
    if found := _OF_RUN.fullmatch(view):
        return Part(run=int(found[1]))
    return None


def with_ruling(
    layout: ListLayout, part: Part, rows: Sequence[CaseListRow]
) -> list[CaseListRow]:
    """The rows with the status that counts for the milestone."""
    ids = [row.case.id for row in rows]
    statuses = ruling_statuses(layout.state.filters, part, ids)
    return [
        replace(row, state=status_state(str(statuses[row.case.id])))
        if row.case.id in statuses
        else row
        for row in rows
    ]


def title(layout: ListLayout, part: Part) -> str:
    """ "Tests of v26.12": several milestones are told apart by the filter bar."""
    what = "Tests added to" if part.is_added else "Tests of"
    chosen = layout.state.filters.milestone
    name = layout.offered.milestones.get(chosen[0], "") if len(chosen) == 1 else ""
    return f"{what} {name or 'these milestones'}"


def toggles(state: PageState) -> tuple[StatusToggle, ...]:
    """All, and each outcome alone; what is not finished stands together."""
    chosen = state.filters.status
    every = StatusToggle(
        glyph="", text="All", href=state.with_filters(status=()), is_current=not chosen
    )
    return (
        every,
        *(
            StatusToggle(
                glyph=outcome.css,
                text=_WORDS.get(outcome.key, outcome.word),
                href=state.with_filters(status=tuple(sorted(outcome.statuses))),
                is_current=chosen == tuple(sorted(outcome.statuses)),
            )
            for outcome in OUTCOMES
        ),
    )
