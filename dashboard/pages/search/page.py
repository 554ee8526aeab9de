"""Search over projects, tests, runs and milestones by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from dashboard.addresses import address, with_query
from dashboard.filters import Filters
from dashboard.lists import CASES, MILESTONES, RUNS, Listing, page
from dashboard.lists.cases import CaseRow
from dashboard.lists.listing import Row
from dashboard.lists.milestones import MilestoneRow
from dashboard.lists.names import ProjectName, project_names
from dashboard.lists.paging import COUNT_AT_MOST
from dashboard.lists.runs import RunRow
from dashboard.ui import links
from dashboard.ui.notes_and_mutes import muted_title, remarks_on
from dashboard.ui.number_links import counted
from dashboard.ui.parts import EmptyState, Number, SearchBox, State
from dashboard.ui.run_rows import GLYPHS, run_name
from dashboard.ui.text import numbers, times
from dashboard.ui.text.milestones import due_day, milestone_word
from dashboard.ui.url_state import PageState

FIRST = 8
LONGEST = 200
Names = Mapping[int, ProjectName]
NOTHING_TYPED = EmptyState(
    title="What are you looking for?",
    text="Tests are found by name, folder and key, the rest by name.",
    icon="search",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line: a name that leads to its page, and what helps to tell it apart.

    `muted` says until when a test is muted, "" where it is not.
    """

    text: str
    href: str
    detail: str = ""
    tool: str = ""
    state: State | None = None
    muted: str = ""


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


def search_page(q: str) -> SearchPage:
    """At most eight lines of each kind, and the way to all of them."""
    wanted = q.replace("\0", "").strip()[:LONGEST]
    box = SearchBox(
        action=address("search"),
        value=wanted,
        placeholder="Test, run, project or milestone",
    )
    if not wanted:
        return SearchPage(search=box, empty=NOTHING_TYPED)
    state = PageState(path=address("search"), filters=Filters(q=wanted))
    names = project_names()
    kinds = (
        _projects(wanted, names),
        _kind(state, CASES, "Tests", partial(_cases, state, names)),
        _kind(state, RUNS, "Runs", partial(_runs, state, names)),
        _kind(state, MILESTONES, "Milestones", partial(_milestones, state)),
    )
    some = tuple(kind for kind in kinds if kind.lines)
    empty = EmptyState(
        title="Nothing has this in its name",
        text=f"No test, run, project or milestone contains “{wanted[:60]}”.",
        icon="search",
    )
    return SearchPage(search=box, kinds=some, empty=None if some else empty)


def _projects(q: str, names: Names) -> HitList:
    hits = tuple(
        Hit(text=project.name, href=links.project(project.id), tool=project.tool)
        for project in names.values()
        if q.casefold() in project.name.casefold()
    )
    count = counted("projects", len(hits), "")
    return HitList(title="Projects", count=count, lines=hits)


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
        href=with_query(address(listing.name), [("q", state.filters.q)]),
    )
    return HitList(title=title, count=count, lines=tuple(lines(first.rows)))


def _cases(state: PageState, names: Names, cases: Sequence[CaseRow]) -> Iterable[Hit]:
    remarks = remarks_on([case.id for case in cases], state.filters.now)
    for case in cases:
        yield Hit(
            text=case.name,
            href=links.case(case.id),
            detail=_detail(names, case.project, case.folder),
            tool=_tool(names, case.project),
            muted=muted_title(state, case.id, remarks),
        )


def _runs(state: PageState, names: Names, runs: Sequence[RunRow]) -> Iterable[Hit]:
    now, zone = state.filters.now, state.zone
    for run in runs:
        started = times.moment(run.started_at or run.recorded_at, now, zone)
        yield Hit(
            text=run_name(run.name, run.external_id),
            href=links.run(run.id),
            detail=_detail(names, run.project, started),
            tool=_tool(names, run.project),
            state=State(glyph=GLYPHS.get(run.status, "unknown"), word=run.status),
        )


def _milestones(state: PageState, milestones: Sequence[MilestoneRow]) -> Iterable[Hit]:
    for row in milestones:
        yield Hit(
            text=row.name,
            href=links.milestone(row.id),
            detail=due_day(row.due_at, state.filters.now),
            state=milestone_word(row, state),
        )


def _tool(names: Names, project: int) -> str:
    return names[project].tool if project in names else ""


def _detail(names: Names, project: int, detail: str) -> str:
    name = names[project].name if project in names else ""
    return " / ".join(part for part in (name, detail) if part)
