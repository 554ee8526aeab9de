"""The rows of the palette: what has the words typed in its name, else what is near."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from dashboard.addresses import address, with_query
from dashboard.ids import id_of
from dashboard.lists import (
    CASES,
    MILESTONES,
    RUNS,
    Listing,
    first_rows,
    rows_with_ids,
)
from dashboard.lists.listing import Row
from dashboard.lists.names import ProjectName
from dashboard.lists.saved_views import saved_views
from dashboard.pages.search.actions import Action, actions, places
from dashboard.pages.search.hits import Hit, Hits
from dashboard.pages.search.page import searching
from dashboard.readers import reader
from dashboard.ui.panels import load_or_none
from dashboard.ui.saved_views import view_link
from dashboard.ui.sidebar import SidebarCounts

T = TypeVar("T")
# Rows of a kind. So many are asked for, of which the best matches are shown.
MOST, ASKED = 5, 20
# What was opened lately, as the browser tells it.
MOST_RECENT = 6
LATELY_RUN = replace(CASES, default_sort="-last_seen_at")
KINDS = ("runs", "cases", "milestones", "projects")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows under a title; `problem` says that they did not load."""

    title: str
    hits: Sequence[Hit] = ()
    actions: Sequence[Action] = ()
    problem: str = ""

    @property
    def key(self) -> str:
        return self.title.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """`wanted` is what the rows were found by, "" before anything is typed."""

    wanted: str
    groups: tuple[Group, ...]


def palette_rows(
    wanted: str,
    recent: Sequence[str],
    counts: SidebarCounts,
) -> Palette:
    """`recent` are names such as "runs-12", the newest first."""
    hits = Hits(searching(wanted), counts)
    if wanted:
        groups = _groups_of(hits, wanted, actions(hits.projects, reader()))
    else:
        groups = _groups_before(hits, recent)
    filled = (g for g in groups if g.hits or g.actions or g.problem)
    return Palette(wanted=wanted, groups=tuple(filled))


def _groups_before(hits: Hits, recent: Sequence[str]) -> Iterable[Group]:
    """What is near before anything is typed."""
    lately = load_or_none("recent", lambda: _recent(hits, recent))
    yield _group("Recent", lately or ())
    yield _group("Views", _views(""))
    yield Group(title="Go to", actions=places())


def _groups_of(hits: Hits, wanted: str, every: Iterable[Action]) -> Iterable[Group]:
    yield _group("Views", _views(wanted))
    yield _group("Projects", hits.of_projects(_named(hits, wanted)))
    yield _found(hits, LATELY_RUN, "Tests", lambda case: case.name, hits.of_cases)
    yield _found(hits, RUNS, "Runs", lambda run: run.name, hits.of_runs)
    yield _found(
        hits, MILESTONES, "Milestones", lambda one: one.name, hits.of_milestones
    )
    yield Group(title="Actions", actions=_offered(every, wanted))
    yield Group(title="Everywhere", actions=(_search(wanted),))


def _group(title: str, hits: Iterable[Hit]) -> Group:
    return Group(title=title, hits=tuple(hits))


def _views(wanted: str) -> Iterable[Hit]:
    """The reader's saved views and those of teams."""
    rows = load_or_none("views", saved_views) or ()
    fitting = [row for row in rows if _fits(row.name, wanted)]
    for row in _best(fitting, wanted, lambda row: row.name):
        link, team = view_link(row), row.team.name if row.team else ""
        detail = " / ".join(part for part in (team, link.page) if part)
        yield Hit(text=row.name, href=link.href, icon=link.icon, detail=detail)


def _named(hits: Hits, wanted: str) -> list[ProjectName]:
    found = [p for p in hits.projects.values() if _fits(p.name, wanted)]
    return _best(found, wanted, lambda project: project.name)


def _found(
    hits: Hits,
    listing: Listing[Row],
    title: str,
    name: Callable[[Row], str],
    lines: Callable[[Sequence[Row]], Iterable[Hit]],
) -> Group:
    """The best of the newest that have it in their name, folder or key."""

    def load() -> Group:
        rows = first_rows(listing, hits.state.filters, ASKED)
        best = _best(rows, hits.state.filters.q, name)
        return _group(title, lines(best))

    problem = Group(title=title, problem="They did not load. Try again.")
    return load_or_none(title.lower(), load) or problem


def _best(found: Iterable[T], wanted: str, name: Callable[[T], str]) -> list[T]:
    """Names that begin with it, then those with a word that does, then the others; each
    in the order in which they came.
    """
    return sorted(found, key=lambda one: _place(name(one), wanted))[:MOST]


def _place(name: str, wanted: str) -> int:
    name, wanted = name.casefold(), wanted.casefold()
    if name.startswith(wanted):
        return 0
    return 1 if re.search(rf"\b{re.escape(wanted)}", name) else 2


def _fits(text: str, wanted: str) -> bool:
    """Whether all the words typed are in it, in whatever order."""
    text = text.casefold()
    return all(word in text for word in wanted.casefold().split())


def _offered(every: Iterable[Action], wanted: str) -> tuple[Action, ...]:
    found = [act for act in every if _fits(f"{act.text} {act.also}", wanted)]
    return tuple(_best(found, wanted, lambda act: act.text))


def _search(wanted: str) -> Action:
    """To the page that counts all of it."""
    href = with_query(address("search"), [("q", wanted)])
    return Action(text=f"All that has “{wanted}” in its name", icon="search", href=href)


def _recent(hits: Hits, names: Sequence[str]) -> list[Hit]:
    """Those of the rows that are still here for this reader, in the order of `names`."""
    asked = _asked(names)
    runs = rows_with_ids(RUNS, asked["runs"])
    cases = rows_with_ids(CASES, asked["cases"])
    milestones = rows_with_ids(MILESTONES, asked["milestones"])
    projects = [p for p in hits.projects.values() if p.id in asked["projects"]]
    found = {
        **_by_name("runs", [row.id for row in runs], hits.of_runs(runs)),
        **_by_name("cases", [row.id for row in cases], hits.of_cases(cases)),
        **_by_name(
            "milestones", [m.id for m in milestones], hits.of_milestones(milestones)
        ),
        **_by_name("projects", [p.id for p in projects], hits.of_projects(projects)),
    }
    return [found[name] for name in dict.fromkeys(names) if name in found]


def _by_name(kind: str, ids: Iterable[int], hits: Iterable[Hit]) -> dict[str, Hit]:
    return {f"{kind}-{id_}": hit for id_, hit in zip(ids, hits, strict=True)}


def _asked(names: Sequence[str]) -> dict[str, set[int]]:
    """Ids by kind; what is no such name was not written by our own page."""
    asked: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for name in names[:MOST_RECENT]:
        kind, _, number = name.partition("-")
        id_ = id_of(number)
        if kind in asked and id_ is not None:
            asked[kind].add(id_)
    return asked
