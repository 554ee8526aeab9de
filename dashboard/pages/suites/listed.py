"""The tests that lie in the open folder, as a list of the page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.addresses import address
from dashboard.filters import Filters
from dashboard.lists.case_figures import CaseFigures, case_figures
from dashboard.lists.cases import CaseRow
from dashboard.lists.folders import EVERY_RUN, tests_in
from dashboard.pages.suites.folders import in_folder
from dashboard.precomputed.flaky import flaky_cases
from dashboard.ui.freshness import left_out_of_address
from dashboard.ui.list_layout import ListLayout, ListPage, listing_page
from dashboard.ui.notes_and_mutes import mute_words, remarks_on
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Button, EmptyState, State
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.tables import Column
from dashboard.ui.toggles import StatusToggle
from dashboard.ui.url_state import PageState
from ingest.folders import SEPARATOR, last_folder

NEVER = State(glyph="run", word="never executed")
COLUMNS = (
    Column("name", "Test", "name", sort="name", css="a"),
    Column("last", "Last result", css="e", width="132px"),
    Column(
        "seen",
        "Last run",
        "last_seen_at",
        sort="-last_seen_at",
        css="f nowrap sec",
        width="112px",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTest:
    """A test in the open folder; `below` is its folder as far as it lies deeper, `muted`
    says until when, by whom and why.
    """

    case: CaseRow
    state: State
    at: datetime | None
    below: str
    is_flaky: bool
    muted: str


def listed_tests(layout: ListLayout, folder: str) -> ListPage:
    state = layout.state
    page = listing_page(
        layout,
        tests_in(folder),
        COLUMNS,
        lambda cases: _rows(layout, cases, folder),
        title=last_folder(folder) or "All tests",
        what="test",
        css="tall blocks fixed",
        toggles=_toggles(state, folder),
        quiet=lambda: _why_empty(state, folder),
    )
    # There is no filter bar, which says so elsewhere.
    unread = [f"{p.name} was left out. {p.sentence}" for p in state.problems]
    return replace(page, notes=(*left_out_of_address(unread), *page.notes))


def _rows(
    layout: ListLayout, cases: Sequence[CaseRow], folder: str
) -> list[ListedTest]:
    filters = layout.state.filters
    ids = {case.id for case in cases}
    figures = case_figures(ids, filters.project, EVERY_RUN)
    remarks = remarks_on(ids, layout.clock.now)
    flaky = _flaky(filters) if ids else frozenset()
    return [
        ListedTest(
            case=case,
            state=_state(case, figures.get(case.id)),
            at=figures[case.id].at if case.id in figures else case.last_seen_at,
            below=case.folder[len(folder) :].removeprefix(SEPARATOR),
            is_flaky=case.id in flaky,
            muted=mute_words(remarks.get(case.id), layout.clock.moment),
        )
        for case in cases
    ]


def _state(case: CaseRow, figure: CaseFigures | None) -> State:
    if figure is not None:
        return State(glyph=by_status(figure.status).css, word=str(figure.status))
    # Its rows may be of months that are no longer kept.
    return NEVER if case.last_seen_at is None else State(glyph="run", word="not kept")


def _flaky(filters: Filters) -> Collection[int]:
    """The flaky tests of the project in the last 30 days, which are kept."""
    chosen = Filters(project=filters.project, now=filters.now)
    found = load_or_none("flaky tests", lambda: flaky_cases(chosen))
    return frozenset(found.cases.tolist() if found else ())


def _toggles(state: PageState, folder: str) -> tuple[StatusToggle, ...]:
    current = state.filters.never_executed
    return tuple(
        StatusToggle(
            glyph=glyph,
            text=text,
            href=in_folder(state, folder, never=never),
            is_current=never == current,
        )
        for text, glyph, never in (
            ("All", "", False),
            ("Never executed", NEVER.glyph, True),
        )
    )


def _why_empty(state: PageState, folder: str) -> EmptyState:
    everything = in_folder(state, "", never=False)
    if state.filters.never_executed:
        return EmptyState(
            title="Every test was executed",
            text="Each test that is known here has a result.",
            glyph="fixed",
            button=Button(text="Show all tests", href=everything, small=True),
        )
    if folder:
        return EmptyState(
            title="No test lies in this folder",
            text="It may have been renamed or emptied at the tool.",
            icon="filter",
            button=Button(text="Show all folders", href=everything, small=True),
        )
    return EmptyState(
        title="No test is known here yet",
        text="Tests come with the first run, or with the list that the tool keeps of them.",
        icon="cases",
        button=Button(text="Open Sync", href=address("sync"), small=True),
    )
