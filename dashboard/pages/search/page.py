"""Search over projects, tests, runs and milestones by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dashboard.addresses import address, with_query
from dashboard.filters import Filters, written_pairs
from dashboard.lists import CASES, MILESTONES, RUNS, Listing, page
from dashboard.lists.listing import Row
from dashboard.lists.paging import COUNT_AT_MOST
from dashboard.pages.search.hits import Hit, Hits
from dashboard.ui.number_links import counted
from dashboard.ui.parts import EmptyState, Number, SearchBox
from dashboard.ui.sidebar import SidebarCounts
from dashboard.ui.text import numbers
from dashboard.ui.url_state import PageState

FIRST = 8
LONGEST = 200
NOTHING_TYPED = EmptyState(
    title="What are you looking for?",
    text="Tests are found by name, folder and key, the rest by name.",
    icon="search",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HitList:
    """The first lines of one kind; `count` leads to the list of all of them."""

    title: str
    count: Number
    lines: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    search: SearchBox
    kinds: tuple[HitList, ...] = ()
    empty: EmptyState | None = None


def words_sought(text: str) -> str:
    """What somebody typed, as the database can be asked for it."""
    return text.replace("\0", "").strip()[:LONGEST]


def search_page(wanted: str, counts: SidebarCounts) -> SearchPage:
    """At most eight lines of each kind, and the way to all of them."""
    box = SearchBox(
        action=address("search"),
        value=wanted,
        placeholder="Test, run, project or milestone",
    )
    if not wanted:
        return SearchPage(search=box, empty=NOTHING_TYPED)
    hits = Hits(searching(wanted), counts)
    kinds = (
        _projects(wanted, hits),
        _kind(hits.state, CASES, "Tests", hits.of_cases),
        _kind(hits.state, RUNS, "Runs", hits.of_runs),
        _kind(hits.state, MILESTONES, "Milestones", hits.of_milestones),
    )
    some = tuple(kind for kind in kinds if kind.lines)
    empty = EmptyState(
        title="Nothing has this in its name",
        text=f"No test, run, project or milestone contains “{wanted[:60]}”.",
        icon="search",
    )
    return SearchPage(search=box, kinds=some, empty=None if some else empty)


def searching(wanted: str) -> PageState:
    return PageState(path=address("search"), filters=Filters(q=wanted))


def _projects(wanted: str, hits: Hits) -> HitList:
    named = [
        project
        for project in hits.projects.values()
        if wanted.casefold() in project.name.casefold()
    ]
    count = counted("projects", len(named), "")
    return HitList(title="Projects", count=count, lines=tuple(hits.of_projects(named)))


def _kind(
    state: PageState,
    listing: Listing[Row],
    title: str,
    lines: Callable[[Sequence[Row]], Iterable[Hit]],
) -> HitList:
    """The first of a list, which stands on the page of that route."""
    first = page(listing, state.filters, limit=FIRST)
    text = numbers.count(first.count or COUNT_AT_MOST)
    count = Number(
        text=text if first.count is not None else f"more than {text}",
        metric=listing.name,
        value=first.count,
        href=with_query(address(listing.name), written_pairs(state.filters)),
    )
    return HitList(title=title, count=count, lines=tuple(lines(first.rows)))
