"""The tests behind a milestone's numbers, as the list of tests shows them."""

from __future__ import annotations

import re
from dataclasses import replace

from dashboard.metrics.milestones.scope import Part, ruling_statuses
from dashboard.pages.cases.rows import CaseListRow
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.parts import State
from dashboard.ui.svg.outcomes import OUTCOMES, by_status
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
    frame: ListLayout, part: Part, rows: tuple[CaseListRow, ...], ids: list[int]
) -> tuple[CaseListRow, ...]:
    """The rows of these cases with the status that counts for the milestone."""
    statuses = ruling_statuses(frame.state.filters, part, ids)
    return tuple(
        replace(row, state=_state(str(statuses[case]))) if case in statuses else row
        for row, case in zip(rows, ids, strict=True)
    )


def _state(status: str) -> State:
    return State(glyph=by_status(status).css, word=status)


def title(frame: ListLayout, part: Part) -> str:
    """ "Tests of v26.12": several milestones are told apart by the filter bar."""
    what = "Tests added to" if part.is_added else "Tests of"
    chosen = frame.state.filters.milestone
    name = frame.offered.milestones.get(chosen[0], "") if len(chosen) == 1 else ""
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
