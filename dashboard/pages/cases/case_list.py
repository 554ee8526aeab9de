"""The list of cases, and those that fail now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists import CASES, FAILING, SLOW
from dashboard.lists.case_figures import CaseFigures, case_figures
from dashboard.lists.cases import CaseRow
from dashboard.lists.failing import FailingRow
from dashboard.lists.in_scope import in_scope as tests_in_scope
from dashboard.lists.listing import Row
from dashboard.metrics.milestones.scope import Part
from dashboard.metrics.standup import DEFAULT_DAYS
from dashboard.metrics.strips import Cell, letters, strips
from dashboard.pages.cases import in_scope
from dashboard.pages.cases.in_scope import part_of
from dashboard.pages.cases.rows import CaseListPage, CaseListRow
from dashboard.pages.cases.slow import SlowListPage, slow_page
from dashboard.pages.cases.status_transitions import VIEWS as TURNED
from dashboard.pages.cases.status_transitions import status_transitions_page
from dashboard.precomputed.failing import newly_failing
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.list_layout import (
    ListLayout,
    count_text,
    empty_of,
    export,
    search_box,
)
from dashboard.ui.notes_and_mutes import muted_title, remarks_on
from dashboard.ui.number_links import counted, sort_columns
from dashboard.ui.pagination import Shown, shown, shown_ranking
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import EmptyState, Link, Number, State, Strip, Tool
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text import numbers, times
from dashboard.ui.toggles import StatusToggle, one_message
from dashboard.ui.url_state import CAUSE, CURSOR, VIEW, PageState, read_state

LAST = 20
VIEWS = (links.FAILING, links.BEGAN)
TITLES = {links.FAILING: "Failing now", links.BEGAN: "Started failing within 24 h"}
BEGAN = replace(FAILING, name="newly failing", compute=newly_failing)
HEADS = {
    "name": ("Test", "name"),
    "project": ("Project", ""),
    "strip": (f"Last {LAST}", ""),
    "results": ("Results", ""),
    "since": ("", ""),
    "last_seen": ("Last seen", "-last_seen_at"),
}
FAILING_HEADS = {key: (text, "") for key, (text, _) in HEADS.items()} | {
    "since": ("Failing since", "")
}
NUMERIC = frozenset({"results"})


def cases_state(path: str, query: QueryDict) -> PageState:
    """Failing and slow cases are metrics, with a window of 30 days; the rest is a list."""
    if query.get(VIEW, "") in TURNED:
        return _turned_state(path, query)
    metrics = {links.SLOW: SLOW} | dict.fromkeys(VIEWS, FAILING)
    ranking = metrics.get(query.get(VIEW, ""))
    accepts = ranking.accepts if ranking else CASES.accepts
    own = (VIEW, CURSOR)
    state = read_state(
        path, query, accepts, own=own, has_default_window=ranking is not None
    )
    if ranking is not None or VIEW not in state.own or part_of(state):
        return state
    # A view that we do not have.
    return replace(
        state, own={name: v for name, v in state.own.items() if name != VIEW}
    )


def _turned_state(path: str, query: QueryDict) -> PageState:
    """The time of a stand-up: 24 hours unless another is asked for."""
    return read_state(
        path,
        query,
        FAILING.accepts,
        own=(VIEW, CAUSE, CURSOR),
        has_default_window=True,
        default_days=DEFAULT_DAYS,
    )


def cases_page(frame: ListLayout) -> CaseListPage | SlowListPage:
    view = frame.state.own.get(VIEW, "")
    if part := part_of(frame.state):
        return _scope_page(frame, part)
    if view == links.SLOW:
        return slow_page(frame, _views(frame.state))
    if view in TURNED:
        return status_transitions_page(frame, view)
    return _failing_page(frame, view) if view else _page(frame)


def _page(frame: ListLayout) -> CaseListPage:
    state = frame.state
    found = load_or_none("tests", lambda: shown(state, CASES))
    rows = _rows(frame, found.rows) if found else ()
    return CaseListPage(
        **_common(frame, found),
        title="Tests",
        columns=sort_columns(state, HEADS, CASES.default_sort, numeric=NUMERIC),
        rows=rows,
        buttons=(export(state, "cases/"),),
    )


def _scope_page(frame: ListLayout, part: Part) -> CaseListPage:
    """The tests of a milestone; the glyph is what counts there, not the last result."""
    state = frame.state
    found = load_or_none("tests", lambda: shown(state, tests_in_scope(part)))
    rows = _rows(frame, found.rows) if found else ()
    ids = [row.id for row in found.rows] if found else []
    common = _common(frame, found) | {"toggles": in_scope.toggles(state)}
    return CaseListPage(
        **common,
        title=in_scope.title(frame, part),
        columns=sort_columns(state, HEADS, CASES.default_sort, numeric=NUMERIC),
        rows=in_scope.with_ruling(frame, part, rows, ids),
    )


def _failing_page(frame: ListLayout, view: str) -> CaseListPage:
    state = frame.state
    ranking = BEGAN if view == links.BEGAN else FAILING
    found = load_or_none("failing tests", lambda: shown_ranking(state, ranking))
    rows = _failing_rows(frame, found.rows) if found else ()
    is_all = view == links.FAILING
    return CaseListPage(
        **_common(frame, found),
        title=TITLES[view],
        columns=sort_columns(state, FAILING_HEADS, "", numeric=NUMERIC),
        rows=rows,
        buttons=(export(state, "metrics/failing/"),) if is_all else (),
    )


def _common(frame: ListLayout, found: Shown[Row] | None) -> dict[str, Any]:
    state = frame.state
    return {
        "subtitle": frame.subtitle,
        "count": count_text(found),
        "search": search_box(state, "Name, folder or key"),
        "pager": found.pager if found else None,
        "empty": _empty(frame, found),
        "toggles": (*one_message(state), *_views(state)),
        "notes": frame.notes(found),
    }


def _empty(frame: ListLayout, found: Shown[Row] | None) -> EmptyState | None:
    is_failing = bool(frame.state.own.get(VIEW)) and not part_of(frame.state)
    is_clear = found is not None and not found.rows and not frame.state.filters.q
    if is_failing and is_clear and frame.connections:
        return EmptyState(
            title="No test fails",
            text="The newest decided result of every test passed.",
            glyph="fixed",
        )
    return empty_of(frame, "test", found)


def _views(state: PageState) -> tuple[StatusToggle, ...]:
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
        for name, glyph, text in (
            ("", "", "All"),
            (links.FAILING, "fail", "Failing now"),
            (links.BEGAN, "fail", "New in 24 h"),
            (links.SLOW, "", "By duration"),
        )
    )


def _rows(frame: ListLayout, cases: Sequence[CaseRow]) -> tuple[CaseListRow, ...]:
    state = frame.state
    ids, projects = {c.id for c in cases}, {c.project for c in cases}
    figures = case_figures(ids, projects, state.filters)
    chosen = replace(state.filters, case=(), q="", status=(), project=())
    cells = strips(ids, chosen, state.window, last=LAST)
    noted = remarks_on(ids, state.filters.now)
    return tuple(_row(frame, case, figures, cells, noted) for case in cases)


def _row(
    frame: ListLayout,
    case: CaseRow,
    figures: Mapping[int, CaseFigures],
    cells: Mapping[int, tuple[Cell, ...]],
    noted: Mapping[int, CaseRemarks],
) -> CaseListRow:
    state, figure = frame.state, figures.get(case.id)
    seen = figure.at if figure else case.last_seen_at
    return CaseListRow(
        name=case.name,
        href=links.case(case.id),
        folder=case.folder,
        tool=_tool(frame, case.project),
        project=_project(frame, case.project),
        state=_state(figure),
        results=_results(state, case.id, figure),
        strip=_strip(letters(cells.get(case.id, ()))),
        last_seen=times.moment(seen, state.filters.now, state.zone),
        last_seen_title=times.timestamp(seen, state.zone),
        muted=muted_title(state, case.id, noted),
    )


def _failing_rows(
    frame: ListLayout, failing: Sequence[FailingRow]
) -> tuple[CaseListRow, ...]:
    ids = {row.case.id for row in failing}
    projects = {row.case.project for row in failing}
    # Written out: the window of a metric is 30 days, that of a list everything.
    filters = frame.state.filters.explicit()
    figures = case_figures(ids, projects, filters)
    noted = remarks_on(ids, filters.now)
    return tuple(_failing_row(frame, row, figures, noted) for row in failing)


def _failing_row(
    frame: ListLayout,
    row: FailingRow,
    figures: Mapping[int, CaseFigures],
    noted: Mapping[int, CaseRemarks],
) -> CaseListRow:
    state, case = frame.state, row.case
    now, zone = state.filters.now, state.zone
    figure = figures.get(case.id)
    explicit = replace(state, filters=state.filters.explicit())
    return CaseListRow(
        name=case.name,
        href=links.case(case.id),
        folder=case.folder,
        tool=_tool(frame, case.project),
        project=_project(frame, case.project),
        state=State(glyph="fail", word="failing"),
        results=_results(explicit, case.id, figure),
        strip=_strip(row.strip[-LAST:]),
        since=times.moment(row.since, now, zone),
        since_title=f"{times.timestamp(row.since, zone)}, "
        f"{numbers.plural(row.streak, 'result')} in a row",
        since_href=links.run(row.since_run),
        last_seen=times.moment(figure.at, now, zone) if figure else numbers.DASH,
        last_seen_title=times.timestamp(figure.at, zone) if figure else "",
        muted=muted_title(state, case.id, noted),
    )


def _tool(frame: ListLayout, project: int) -> Tool:
    found = frame.projects.get(project)
    return tool(found.tool) if found else Tool(vendor="", label="")


def _project(frame: ListLayout, project: int) -> Link:
    found = frame.projects.get(project)
    return Link(text=found.name if found else "", href=links.project(project))


def _state(figure: CaseFigures | None) -> State:
    if figure is None:
        return State(glyph="run", word="not run")
    return State(glyph=by_status(figure.status).css, word=str(figure.status))


def _results(state: PageState, case: int, figure: CaseFigures | None) -> Number:
    number = figure.results if figure else 0
    return counted("results", number, links.case_results(state.filters, case))


def _strip(text: str) -> Strip:
    return Strip(cells=tuple(StripCell(outcome=letter) for letter in text), slots=LAST)
