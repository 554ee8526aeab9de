"""The cases behind a stand-up: newly failing, fixed, newly flaky since a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.filters import Filters
from dashboard.lists.case_figures import CaseFigures, case_figures
from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.ranked import Ranking
from dashboard.lists.standup import FIXED, NEWLY_FLAKY, failing_of_cause
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.standup import period, thirty_days
from dashboard.metrics.status_transitions import FixedCase, NewlyFailing
from dashboard.metrics.strips import Cell, letters, strips
from dashboard.pages.cases.rows import CaseListPage, CaseListRow
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.list_layout import ListLayout, count_text, empty_of, search_box
from dashboard.ui.notes_and_mutes import muted_title, remarks_on
from dashboard.ui.number_links import counted, sort_columns
from dashboard.ui.pagination import Shown, shown_ranking
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import EmptyState, Link, State, Strip
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text import numbers, times, verdicts
from dashboard.ui.toggles import StatusToggle
from dashboard.ui.url_state import CAUSE, PageState

LAST = 20
Item = NewlyFailing | FixedCase | FlakyCase


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One of the lists: its title ends in the moment, `column` heads what `told` says
    of an item: text, title, address and class.
    """

    title: str
    toggle: str
    glyph: str
    word: str
    column: str
    quiet: str
    told: Callable[[PageState, Any], tuple[str, str, str, str]]


def status_transitions_page(frame: ListLayout, name: str) -> CaseListPage:
    state, view = frame.state, VIEWS[name]
    found = load_or_none("tests", lambda: shown_ranking(state, _ranking(state, name)))
    heads = {**HEADS, "since": (view.column, "")}
    return CaseListPage(
        title=f"{view.title} {_since(state)}",
        subtitle=frame.subtitle,
        count=count_text(found),
        search=search_box(state, "Name, folder or key"),
        columns=sort_columns(state, heads, "", numeric=frozenset({"results"})),
        rows=_rows(frame, view, found.rows) if found else (),
        pager=found.pager if found else None,
        empty=_empty(frame, view, found),
        toggles=_toggles(state, name),
        notes=frame.notes(found),
    )


def _since(state: PageState) -> str:
    window = period(state.filters)
    return times.standup_since(window.since, window.until, state.zone)


def _ranking(state: PageState, name: str) -> Ranking[Any]:
    """The items themselves: a row of the page shows more of them than one of the API."""
    ranking: Any = FIXED if name == links.FIXED else NEWLY_FLAKY
    if name == links.NEWLY_FAILING:
        ranking = failing_of_cause(state.own.get(CAUSE, ""))
    shown: Ranking[Any] = replace(ranking, rows=lambda _, items: list(items))
    return shown


def _empty(
    frame: ListLayout, view: View, found: Shown[Any] | None
) -> EmptyState | None:
    is_narrowed = frame.state.filters.q or frame.state.own.get(CAUSE)
    if found is None or found.rows or is_narrowed or not frame.connections:
        return empty_of(frame, "test", found)
    title = f"{view.quiet} {_since(frame.state)}"
    return EmptyState(title=title, text="That is of the filters above.", glyph="fixed")


def _toggles(state: PageState, current: str) -> tuple[StatusToggle, ...]:
    return tuple(
        StatusToggle(
            glyph=view.glyph,
            text=view.toggle,
            href=replace(state, own={}).with_own(view=name),
            is_current=name == current and not state.own.get(CAUSE),
        )
        for name, view in VIEWS.items()
    )


def _rows(
    frame: ListLayout, view: View, items: Sequence[Item]
) -> tuple[CaseListRow, ...]:
    # Series are of 30 days, whatever the time in which they turned.
    filters = _reach(frame.state.filters)
    ids, projects = [item.case for item in items], {item.project for item in items}
    cases, noted = ranked_cases(ids), remarks_on(ids, filters.now)
    figures = case_figures(ids, projects, filters)
    cells = strips(ids, filters, filters.window(), last=LAST)
    return tuple(
        _row(frame, view, item, cases[item.case], figures, cells, noted)
        for item in items
    )


def _reach(filters: Filters) -> Filters:
    chosen = thirty_days(replace(filters, q=""))
    if filters.until is None:
        return chosen.explicit()
    return chosen.explicit().over(chosen.window())


def _row(
    frame: ListLayout,
    view: View,
    item: Item,
    case: RankedCase,
    figures: Mapping[int, CaseFigures],
    cells: Mapping[int, tuple[Cell, ...]],
    noted: Mapping[int, CaseRemarks],
) -> CaseListRow:
    state, figure = frame.state, figures.get(case.id)
    project = frame.projects.get(case.project)
    text, title, href, css = view.told(state, item)
    now, zone = state.filters.now, state.zone
    shown = letters(cells.get(case.id, ()))
    return CaseListRow(
        name=case.name,
        href=links.case(case.id),
        folder=case.folder,
        tool=tool(project.tool if project else ""),
        project=Link(
            text=project.name if project else "", href=links.project(case.project)
        ),
        state=State(glyph=view.glyph, word=view.word),
        results=counted(
            "results",
            figure.results if figure else 0,
            links.case_results(_reach(state.filters), case.id),
        ),
        strip=Strip(cells=tuple(StripCell(outcome=o) for o in shown), slots=LAST),
        since=text,
        since_title=title,
        since_href=href,
        since_css=css,
        last_seen=times.moment(figure.at, now, zone) if figure else numbers.DASH,
        last_seen_title=times.timestamp(figure.at, zone) if figure else "",
        muted=muted_title(state, case.id, noted),
    )


def _failing(state: PageState, item: NewlyFailing) -> tuple[str, str, str, str]:
    title = f"{times.timestamp(item.since, state.zone)}, "
    title += f"{numbers.plural(item.streak, 'result')} in a row"
    text = times.moment(item.since, state.filters.now, state.zone)
    return text, title, links.run(item.since_run), "t-fail"


def _fixed(state: PageState, item: FixedCase) -> tuple[str, str, str, str]:
    failed = times.failed_for(item.failed_since, item.since, item.streak)
    title = f"{times.timestamp(item.since, state.zone)}, {failed} before"
    text = times.moment(item.since, state.filters.now, state.zone)
    return text, title, links.run(item.since_run), "t-pass"


def _flaky(_: PageState, item: FlakyCase) -> tuple[str, str, str, str]:
    title = (
        f"{numbers.plural(item.k, 'flake')} in {numbers.plural(item.n, 'execution')}"
    )
    return verdicts.score(item.rate, item.low, item.high), title, "", "t-flaky"


HEADS = {
    "name": ("Test", ""),
    "project": ("Project", ""),
    "strip": (f"Last {LAST}", ""),
    "results": ("Results in 30 days", ""),
    "last_seen": ("Last seen", ""),
}
VIEWS = {
    links.NEWLY_FAILING: View(
        title="Started failing",
        toggle="Newly failing",
        glyph="fail",
        word="failing",
        column="Failing since",
        quiet="No test started failing",
        told=_failing,
    ),
    links.FIXED: View(
        title="Fixed",
        toggle="Fixed",
        glyph="fixed",
        word="fixed",
        column="Passing since",
        quiet="No failing test was fixed",
        told=_fixed,
    ),
    links.NEWLY_FLAKY: View(
        title="Became flaky",
        toggle="Newly flaky",
        glyph="flaky",
        word="flaky",
        column="Score",
        quiet="No test became flaky",
        told=_flaky,
    ),
}
