"""Search over projects, tests, runs and milestones by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboard.filters import Filters
from dashboard.lists import CASES, MILESTONES, RUNS, Page, page
from dashboard.lists.names import ProjectName, project_names
from dashboard.lists.paging import COUNT_AT_MOST
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.forecast_text import due_text
from dashboard.ui.notes_and_mutes import muted_title, remarks_on
from dashboard.ui.parts import EmptyState, Number, SearchBox, State, Tool
from dashboard.ui.run_rows import GLYPHS, run_name
from dashboard.ui.text import numbers, times
from dashboard.ui.text.milestones import milestone_word
from dashboard.ui.url_state import PageState

PATH = "/search/"
FIRST = 8
LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One line: a name that leads to its page, and what helps to tell it apart.

    `muted` says until when a test is muted, "" where it is not.
    """

    text: str
    href: str
    detail: str = ""
    tool: Tool | None = None
    state: State | None = None
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKind:
    """The first lines of one kind; `count` leads to the list of all of them."""

    title: str
    count: Number
    lines: tuple[Found, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    title: str
    search: SearchBox
    kinds: tuple[FoundKind, ...] = ()
    empty: EmptyState | None = None


def search_page(q: str) -> SearchPage:
    """At most eight lines of each kind, and the way to all of them."""
    wanted = q.replace("\0", "").strip()[:LONGEST]
    box = SearchBox(
        action=PATH, value=wanted, placeholder="Test, run, project or milestone"
    )
    if not wanted:
        return SearchPage(title="Search", search=box, empty=_nothing_asked())
    state = PageState(path=PATH, filters=Filters(q=wanted))
    names = project_names()
    kinds = (
        _projects(state, names),
        _cases(state, names),
        _runs(state, names),
        _milestones(state),
    )
    some = tuple(kind for kind in kinds if kind.lines)
    empty = None if some else _nothing_found(wanted)
    return SearchPage(title="Search", search=box, kinds=some, empty=empty)


def _nothing_asked() -> EmptyState:
    return EmptyState(
        title="What are you looking for?",
        text="Tests are found by name, folder and key, the rest by name.",
        icon="search",
    )


def _nothing_found(wanted: str) -> EmptyState:
    return EmptyState(
        title="Nothing has this in its name",
        text=f"No test, run, project or milestone contains “{wanted[:60]}”.",
        icon="search",
    )


def _count(path: str, metric: str, state: PageState, found: Page[Any]) -> Number:
    text = numbers.count(found.count or COUNT_AT_MOST)
    return Number(
        text=text if found.count is not None else f"more than {text}",
        metric=metric,
        value=found.count,
        href=f"{path}?{urlencode({'q': state.filters.q})}",
    )


def _projects(state: PageState, names: Mapping[int, ProjectName]) -> FoundKind:
    wanted = state.filters.q.casefold()
    found = [name for name in names.values() if wanted in name.name.casefold()]
    return FoundKind(
        title="Projects",
        count=Number(
            text=numbers.count(len(found)), metric="projects", value=len(found)
        ),
        lines=tuple(
            Found(text=p.name, href=links.project(p.id), tool=tool(p.tool))
            for p in found
        ),
    )


def _cases(state: PageState, names: Mapping[int, ProjectName]) -> FoundKind:
    found = page(CASES, state.filters, limit=FIRST)
    noted = remarks_on([case.id for case in found.rows], state.filters.now)
    return FoundKind(
        title="Tests",
        count=_count("/cases/", "cases", state, found),
        lines=tuple(
            Found(
                text=case.name,
                href=links.case(case.id),
                detail=_joined(names, case.project, case.folder),
                tool=tool(names[case.project].tool) if case.project in names else None,
                muted=muted_title(state, case.id, noted),
            )
            for case in found.rows
        ),
    )


def _runs(state: PageState, names: Mapping[int, ProjectName]) -> FoundKind:
    found = page(RUNS, state.filters, limit=FIRST)
    now, zone = state.filters.now, state.zone
    return FoundKind(
        title="Runs",
        count=_count("/runs/", "runs", state, found),
        lines=tuple(
            Found(
                text=run_name(run.name, run.external_id),
                href=links.run(run.id),
                detail=_joined(
                    names,
                    run.project,
                    times.moment(run.started_at or run.recorded_at, now, zone),
                ),
                tool=tool(names[run.project].tool) if run.project in names else None,
                state=State(glyph=GLYPHS.get(run.status, "unknown"), word=run.status),
            )
            for run in found.rows
        ),
    )


def _milestones(state: PageState) -> FoundKind:
    found = page(MILESTONES, state.filters, limit=FIRST)
    return FoundKind(
        title="Milestones",
        count=_count("/milestones/", "milestones", state, found),
        lines=tuple(
            Found(
                text=row.name,
                href=links.milestone(row.id),
                detail=due_text(row.due_at, state),
                state=milestone_word(row, state),
            )
            for row in found.rows
        ),
    )


def _joined(names: Mapping[int, ProjectName], project: int, detail: str) -> str:
    name = names[project].name if project in names else ""
    return " / ".join(part for part in (name, detail) if part)
