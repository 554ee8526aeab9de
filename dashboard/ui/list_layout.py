"""What all lists have around their rows: filter bar, freshness, search, states."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.filters import Filters, selected_connections
from dashboard.lists import Listing, Ranking
from dashboard.lists.facets import CHOSEN, Facets, facets
from dashboard.lists.imports import imports_in_progress
from dashboard.lists.listing import Row
from dashboard.lists.names import (
    ProjectName,
    case_names,
    milestone_names,
    project_names,
)
from dashboard.lists.paging import COUNT_AT_MOST
from dashboard.metrics.without_rows import WithoutRows
from dashboard.ui import empty_states, freshness, links
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import FilterBar, Offered, filter_bar
from dashboard.ui.left_out import left_out_note
from dashboard.ui.number_links import window_words
from dashboard.ui.pagination import Shown, shown
from dashboard.ui.panels import did_not_load, load_or_none
from dashboard.ui.parts import (
    Button,
    EmptyState,
    Note,
    Pager,
    SearchBox,
    Verdict,
    warning,
)
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text import numbers
from dashboard.ui.toggles import StatusToggle
from dashboard.ui.url_state import PageState
from dashboard.unchanged import while_unchanged
from ingest.models import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """What all lists share. `count` is the whole number of rows, formatted;
    `counts_note` tells of runs without rows ("and 1,240 in 3 runs without rows").
    """

    title: str
    count: str
    search: SearchBox
    subtitle: str = ""
    counts_note: str = ""
    pager: Pager | None = None
    empty: EmptyState | None = None
    toggles: tuple[StatusToggle, ...] = ()
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = ()
    verdict: Verdict | None = None
    table: Table | None = None


@dataclass(frozen=True, kw_only=True)
class ListLayout:
    state: PageState
    offered: Offered
    connections: Sequence[Connection]

    @property
    def projects(self) -> Mapping[int, ProjectName]:
        return self.offered.projects

    def project(self, pk: int) -> ProjectName:
        """Without a name and a tool where it went meanwhile."""
        gone = ProjectName(id=pk, name="", tool="", connection=0, vendor_url="")
        return self.projects.get(pk, gone)

    @property
    def clock(self) -> Clock:
        return Clock(self.state.filters.now, self.state.zone)

    @property
    def bar(self) -> FilterBar:
        return filter_bar(self.state, self.offered)

    def notes(self, found: Shown[Row] | None) -> tuple[Note, ...]:
        """What a person should know before reading the list."""
        notes = freshness.notes(self.state, self.connections, self.projects)
        notes += left_out_note(self.state)
        if found is None or not found.problem:
            return notes
        return (warning(found.problem, ""), *notes)

    @property
    def subtitle(self) -> str:
        """The time range, and how old the data is."""
        reach = [_reach(self.state)]
        synced = freshness.synced_words(self.connections, self.state)
        return ", ".join([*reach, synced] if synced else reach)


def list_layout(state: PageState, *, source: Connection | None = None) -> ListLayout:
    """`source` is what alone must be fresh, where the page is of one project."""
    offered: Facets | None = load_or_none(
        "filters", lambda: facets(state.filters, state.window)
    )
    ids = {*state.filters.milestone, *(offered.runs["milestone"] if offered else ())}
    return ListLayout(
        state=state,
        offered=Offered(
            projects=project_names(),
            milestones=while_unchanged(
                f"names of milestones {sorted(ids)}",
                lambda: milestone_names([int(i) for i in ids]),
            ),
            choices=offered,
            # A page about one case says its name itself.
            cases=case_names(() if "case" in state.pinned else state.filters.case),
        ),
        connections=[source] if source else _connections(state.filters),
    )


def _connections(filters: Filters) -> Sequence[Connection]:
    chosen = (filters.project, filters.connection, filters.tool)
    return while_unchanged(
        f"connections {chosen}", lambda: list(selected_connections(filters))
    )


def list_page(
    layout: ListLayout,
    found: Shown[Row] | None,
    *,
    title: str,
    what: str,
    search: str,
    table: Table,
    counts_note: str = "",
    toggles: tuple[StatusToggle, ...] = (),
    buttons: tuple[Button, ...] = (),
    empty: EmptyState | None = None,
) -> ListPage:
    """A page around what was `found`, None where it did not load.

    `what` is a row in one word, `search` what its search box looks for. `empty` says
    why there is no row, where that is not what lists of filters have in common.
    """
    return ListPage(
        title=title,
        subtitle=layout.subtitle,
        count=count_text(found),
        counts_note=counts_note,
        search=search_box(layout.state, search),
        table=table,
        pager=found.pager if found else None,
        empty=empty or empty_of(layout, what, found),
        toggles=toggles,
        buttons=buttons,
        notes=layout.notes(found),
    )


def listing_page(
    layout: ListLayout,
    listing: Listing[Row] | Ranking[Row],
    columns: Sequence[Column],
    rows: Callable[[Sequence[Row]], Sequence[Any]],
    *,
    title: str,
    what: str,
    search: str = "Name, folder or key",
    css: str = "tall blocks",
    counted: Callable[[], int | None] = lambda: None,
    counts_note: str = "",
    is_sortable: bool = True,
    toggles: tuple[StatusToggle, ...] = (),
    buttons: tuple[Button, ...] = (),
    quiet: Callable[[], EmptyState | None] = lambda: None,
) -> ListPage:
    """The page of a list: `rows` makes those of the table from those of the list.

    `quiet` is said where there is no row and nobody looked for a text; see `shown` for
    `counted` and `list_page` for the rest.
    """
    state = layout.state
    found, listed = load_or_none(
        what, lambda: _listed(shown(state, listing, counted=counted), rows)
    ) or (None, ())
    is_quiet = found and not found.rows and not state.filters.q and layout.connections
    return list_page(
        layout,
        found,
        title=title,
        what=what,
        search=search,
        table=table(
            columns,
            listed,
            css=css,
            state=state if is_sortable else None,
            default_sort=listing.default_sort,
        ),
        counts_note=counts_note,
        toggles=toggles,
        buttons=buttons,
        empty=quiet() if is_quiet else None,
    )


def _listed(
    found: Shown[Row], rows: Callable[[Sequence[Row]], Sequence[Any]]
) -> tuple[Shown[Row], Sequence[Any]]:
    return found, rows(found.rows)


def empty_of(
    layout: ListLayout, what: str, shown: Shown[Row] | None
) -> EmptyState | None:
    """Why a list of `what` has no row, None when it has some."""
    if shown is None:
        return did_not_load("table", layout.state.href)
    return None if shown.rows else _why_empty(layout, what)


def _why_empty(layout: ListLayout, what: str) -> EmptyState:
    state = layout.state
    filters = state.filters
    if not layout.connections and not layout.projects:
        return empty_states.no_connection()
    names = (*CHOSEN, "connection", "case", "status", "q", "message", "signature")
    if filters.branches_in_force or any(getattr(filters, name) for name in names):
        return empty_states.nothing_matches(state, layout.offered, what)
    if state.window is not None:
        return EmptyState(
            title="Nothing in this time",
            text=f"No {what} lies in {_reach(state)}.",
            icon="calendar",
            button=_everything(state),
        )
    return empty_states.no_run_yet(layout.connections, imports_in_progress())


def _everything(state: PageState) -> Button | None:
    if state.has_default_window:
        return None
    href = state.with_filters(window_days=None, since=None, until=None)
    return Button(text="Show all time", href=href, small=True)


def search_box(state: PageState, placeholder: str, name: str = "q") -> SearchBox:
    """`name` is a filter or a parameter of the page's own."""
    value = state.own.get(name) or getattr(state.filters, name, "")
    return SearchBox(
        action=state.path,
        value=str(value),
        placeholder=placeholder,
        name=name,
        hidden=state.hidden(name),
    )


def export(state: PageState, route: str, /, **own: str) -> Button:
    """`own` are parameters of the page's own that the list of the API knows too."""
    return Button(
        text="Export CSV",
        href=links.export(route, state.filters, **own),
        icon="download",
        hide_on_phone=True,
    )


def count_text(found: Shown[Row] | None) -> str:
    """The number of rows of the whole list."""
    if found is None:
        return numbers.DASH
    if found.count is None:
        return f"more than {numbers.count(COUNT_AT_MOST)}"
    return numbers.count(found.count)


def counts_note(without: WithoutRows) -> str:
    """ "and 1,240 in 3 runs without rows"."""
    if not without.results:
        return ""
    runs = numbers.plural(without.runs, "run")
    return f"and {numbers.count(without.results)} in {runs} without rows"


def _reach(state: PageState) -> str:
    window = state.window
    if window is None:
        return "all time"
    return window_words(window)
