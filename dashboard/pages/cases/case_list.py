"""The lists of cases: all, those of milestones, and those that a metric ranks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from django.http import QueryDict

from dashboard.lists import CASES, FAILING, SLOW
from dashboard.lists.cases import CaseRow
from dashboard.lists.in_scope import in_scope
from dashboard.metrics.milestones.scope import Part, ruling_statuses
from dashboard.metrics.standup import DEFAULT_DAYS, thirty_days
from dashboard.metrics.strips import strips
from dashboard.pages.cases.ranked import (
    FAILING_VIEWS,
    STANDUP_VIEWS,
    failing_page,
    slow_page,
    standup_page,
)
from dashboard.pages.cases.rows import (
    LAST,
    ListedCase,
    case_rows,
    columns,
    status_state,
)
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout, ListPage, export, listing_page
from dashboard.ui.question import ask
from dashboard.ui.svg.outcomes import OUTCOMES
from dashboard.ui.toggles import StatusToggle, one_message, switches
from dashboard.ui.url_state import CAUSE, CURSOR, VIEW, PageState, read_state

METRICS = {links.SLOW: SLOW} | dict.fromkeys(FAILING_VIEWS, FAILING)
SWITCHES = (
    ("", "", "All"),
    (links.FAILING, "fail", "Failing now"),
    (links.BEGAN, "fail", "New in 24 h"),
    (links.RETIRED, "fail", "Failing when last run"),
    (links.SLOW, "", "By duration"),
)
# What may follow SCOPE and RULES in the address.
SOME = re.compile(rf"{links.SCOPE}((?:-[1-9][0-9]{{0,8}})+)", re.ASCII)
OF_RUN = re.compile(rf"{links.RULES}-([1-9][0-9]{{0,17}})", re.ASCII)
OUTCOME_WORDS = {"unfinished": "Not run yet"}


def cases_state(path: str, query: QueryDict) -> PageState:
    """Failing and slow cases are metrics, with a window of 30 days, and those of a
    stand-up of 24 hours; the rest is a list.
    """
    view = query.get(VIEW, "")
    if view in STANDUP_VIEWS:
        return _turned_state(path, query)
    metric = METRICS.get(view)
    state = read_state(
        path,
        query,
        metric.accepts if metric else CASES.accepts,
        own=(VIEW, CURSOR),
        has_default_window=metric is not None,
    )
    return state if metric or _part_of(state) else state.only_view()


def _turned_state(path: str, query: QueryDict) -> PageState:
    state = read_state(
        path,
        query,
        FAILING.accepts,
        own=(VIEW, CAUSE, CURSOR),
        has_default_window=True,
        default_days=DEFAULT_DAYS,
    )
    # Rows tell of the series of 30 days in which they turned.
    ask(thirty_days(state.filters), is_metric=True)
    return state


def cases_page(layout: ListLayout) -> ListPage:
    state = layout.state
    view = state.own.get(VIEW, "")
    if part := _part_of(state):
        return _scope_page(layout, part)
    if view == links.SLOW:
        return slow_page(layout, _switches(state))
    if view in STANDUP_VIEWS:
        return standup_page(layout, view)
    toggles = (*one_message(state), *_switches(state))
    if view:
        return failing_page(layout, view, toggles)
    return listing_page(
        layout,
        CASES,
        columns(),
        lambda cases: _rows(layout, cases),
        title="Tests",
        what="test",
        toggles=toggles,
        buttons=(export(state, "api-cases"),),
    )


def _scope_page(layout: ListLayout, part: Part) -> ListPage:
    """The tests of a milestone; the glyph is what counts there, not the last result."""
    return listing_page(
        layout,
        in_scope(part),
        columns(),
        lambda cases: _with_ruling(layout, part, _rows(layout, cases)),
        title=_scope_title(layout, part),
        what="test",
        toggles=_outcome_toggles(layout.state),
    )


def _switches(state: PageState) -> tuple[StatusToggle, ...]:
    filters = replace(state.filters, status=(), sort="", signature="")
    plain = replace(state, filters=filters, own={})
    return switches(plain, SWITCHES, state.own.get(VIEW, ""))


def _rows(layout: ListLayout, cases: Sequence[CaseRow]) -> list[ListedCase]:
    state = layout.state
    filters = replace(state.filters, case=(), q="", status=(), project=())
    cells = strips({case.id for case in cases}, filters, state.window, last=LAST)
    return case_rows(layout, cases, state.filters, cells)


def _part_of(state: PageState) -> Part | None:
    """The part of a milestone that the address asks for, None for another list."""
    view = state.own.get(VIEW, "")
    if not state.filters.milestone:
        return None
    if view == links.SCOPE:
        return Part()
    if view == links.ADDED:
        return Part(is_added=True)
    if projects := SOME.fullmatch(view):
        return Part(projects=tuple(map(int, projects[1][1:].split("-"))))
    if run := OF_RUN.fullmatch(view):
        return Part(run=int(run[1]))
    return None


def _with_ruling(
    layout: ListLayout, part: Part, rows: Sequence[ListedCase]
) -> list[ListedCase]:
    """The rows with the status that counts for the milestone."""
    ids = [row.case.id for row in rows]
    statuses = ruling_statuses(layout.state.filters, part, ids)
    return [
        replace(row, state=status_state(statuses[row.case.id]))
        if row.case.id in statuses
        else row
        for row in rows
    ]


def _scope_title(layout: ListLayout, part: Part) -> str:
    """ "Tests of v26.12": several milestones are told apart by the filter bar."""
    what = "Tests added to" if part.is_added else "Tests of"
    ids = layout.state.filters.milestone
    name = layout.offered.milestones.get(ids[0], "") if len(ids) == 1 else ""
    return f"{what} {name or 'these milestones'}"


def _outcome_toggles(state: PageState) -> tuple[StatusToggle, ...]:
    """All, and each outcome alone; what is not finished stands together."""
    current = state.filters.status
    every = StatusToggle(
        glyph="", text="All", href=state.with_filters(status=()), is_current=not current
    )
    return (
        every,
        *(
            StatusToggle(
                glyph=outcome.css,
                text=OUTCOME_WORDS.get(outcome.key, outcome.word),
                href=state.with_filters(status=tuple(sorted(outcome.statuses))),
                is_current=current == tuple(sorted(outcome.statuses)),
            )
            for outcome in OUTCOMES
        ),
    )
