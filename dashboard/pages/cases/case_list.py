"""The lists of cases: all, those of milestones, and those that a metric ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.http import QueryDict

from dashboard.lists import CASES, FAILING, SLOW
from dashboard.lists.cases import CaseRow
from dashboard.lists.in_scope import in_scope as tests_in_scope
from dashboard.metrics.milestones.scope import Part
from dashboard.metrics.standup import DEFAULT_DAYS
from dashboard.metrics.strips import strips
from dashboard.pages.cases import in_scope
from dashboard.pages.cases.in_scope import part_of
from dashboard.pages.cases.ranked import (
    FAILING_VIEWS,
    STANDUP_VIEWS,
    failing_page,
    standup_page,
)
from dashboard.pages.cases.rows import LAST, SEARCH, CaseListRow, case_rows, columns
from dashboard.pages.cases.slow import slow_page
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout, ListPage, export, listing_page
from dashboard.ui.toggles import StatusToggle, one_message
from dashboard.ui.url_state import CAUSE, CURSOR, VIEW, PageState, read_state

METRICS = {links.SLOW: SLOW} | dict.fromkeys(FAILING_VIEWS, FAILING)
SWITCHES = (
    ("", "", "All"),
    (links.FAILING, "fail", "Failing now"),
    (links.BEGAN, "fail", "New in 24 h"),
    (links.SLOW, "", "By duration"),
)


def cases_state(path: str, query: QueryDict) -> PageState:
    """Failing and slow cases are metrics, with a window of 30 days, and those of a
    stand-up of 24 hours; the rest is a list.
    """
    view = query.get(VIEW, "")
    if view in STANDUP_VIEWS:
        return read_state(
            path,
            query,
            FAILING.accepts,
            own=(VIEW, CAUSE, CURSOR),
            has_default_window=True,
            default_days=DEFAULT_DAYS,
        )
    metric = METRICS.get(view)
    state = read_state(
        path,
        query,
        metric.accepts if metric else CASES.accepts,
        own=(VIEW, CURSOR),
        has_default_window=metric is not None,
    )
    return state if metric or part_of(state) else state.only_view()


def cases_page(layout: ListLayout) -> ListPage:
    state = layout.state
    view = state.own.get(VIEW, "")
    if part := part_of(state):
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
        search=SEARCH,
        css="tall blocks",
        toggles=toggles,
        buttons=(export(state, "cases/"),),
    )


def _scope_page(layout: ListLayout, part: Part) -> ListPage:
    """The tests of a milestone; the glyph is what counts there, not the last result."""
    return listing_page(
        layout,
        tests_in_scope(part),
        columns(),
        lambda cases: in_scope.with_ruling(layout, part, _rows(layout, cases)),
        title=in_scope.title(layout, part),
        what="test",
        search=SEARCH,
        css="tall blocks",
        toggles=in_scope.toggles(layout.state),
    )


def _switches(state: PageState) -> tuple[StatusToggle, ...]:
    view = state.own.get(VIEW, "")
    kept = replace(state.filters, status=(), sort="", signature="")
    plain = replace(state, filters=kept, own={})
    return tuple(
        StatusToggle(
            glyph=glyph,
            text=text,
            href=plain.with_own(view=name),
            is_current=name == view,
        )
        for name, glyph, text in SWITCHES
    )


def _rows(layout: ListLayout, cases: Sequence[CaseRow]) -> list[CaseListRow]:
    state = layout.state
    chosen = replace(state.filters, case=(), q="", status=(), project=())
    cells = strips({case.id for case in cases}, chosen, state.window, last=LAST)
    return case_rows(layout, cases, state.filters, cells)
