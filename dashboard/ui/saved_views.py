"""Saved views as links: in the sidebar, in the palette and where they are managed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from urllib.parse import parse_qsl

from django.urls import Resolver404, resolve

from dashboard.addresses import address, with_query
from dashboard.filters.scope import EVERY_PROJECT, somebody_starts_narrowed
from dashboard.lists.saved_views import (
    TeamName,
    ViewRow,
    saved_views,
    teams_to_save_for,
)
from dashboard.ui.lengths import Name
from dashboard.ui.page_states import FilteredPage, from_root
from dashboard.ui.url_state import PageState

# Of one person or team in the sidebar; the rest is on the page of all.
MOST_LISTED = 12
# What a page is called, and its icon, by the name of its route.
PAGES = {
    "overview": ("Overview", "overview"),
    "project": ("Project", "overview"),
    "runs": ("Runs", "runs"),
    "results": ("Results", "results"),
    "cases": ("Tests", "cases"),
    "case": ("Test", "cases"),
    "failures": ("Failures", "filter"),
    "flaky": ("Flaky tests", "flaky"),
    "milestones": ("Milestones", "milestones"),
    "milestone": ("Milestone", "milestones"),
    "standup": ("Stand-up", "standup"),
}
_NO_PAGE = ("Page", "bookmark")


# The value of a form's field that says whose a view is.
ME, TEAM = "me", "team-"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerOption:
    value: str
    text: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLink:
    """A view as a link to its page; `page` is what that is called."""

    id: int
    name: Name
    href: str
    icon: str
    page: str
    is_current: bool = False

    @property
    def initials(self) -> str:
        """Where a sidebar has no room for names."""
        return "".join(word[0] for word in self.name.split()[:2])


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewGroup:
    """The views of the reader, with `team` "", or of a team; `more` are not listed."""

    team: Name
    views: Sequence[ViewLink]
    more: int = 0


def owner_options() -> tuple[OwnerOption, ...]:
    """Whose views the reader may save."""
    return (
        OwnerOption(value=ME, text="Mine"),
        *(
            OwnerOption(value=f"{TEAM}{team.id}", text=team.name)
            for team in teams_to_save_for()
        ),
    )


def view_groups(here: str = "") -> tuple[ViewGroup, ...]:
    """Those that the reader has, for the sidebar; `here` is the page's address."""
    return tuple(
        ViewGroup(
            team=team.name if team else "",
            views=[view_link(row, here) for row in rows[:MOST_LISTED]],
            more=max(len(rows) - MOST_LISTED, 0),
        )
        for team, rows in by_team(saved_views())
    )


def by_team(rows: Iterable[ViewRow]) -> Iterable[tuple[TeamName | None, list[ViewRow]]]:
    for team, of_team in groupby(rows, key=lambda row: row.team):
        yield team, list(of_team)


def view_link(row: ViewRow, here: str = "") -> ViewLink:
    """Straight to the page, but where that may be gone: then by the view's own address,
    which says so.
    """
    route = _route_of(row.path)
    page, icon = PAGES.get(route, _NO_PAGE)
    target = view_target(row)
    return ViewLink(
        id=row.id,
        name=row.name,
        href=address("view", row.id) if _is_of_one(row) or not route else target,
        icon=icon,
        page=page,
        is_current=bool(here) and here == target,
    )


def view_target(row: ViewRow) -> str:
    """The address of the page, which says, too, that it is of all projects."""
    pairs = parse_qsl(row.query)
    says_projects = _is_of_one(row) or any(name == "project" for name, _ in pairs)
    if not says_projects and somebody_starts_narrowed():
        pairs.insert(0, EVERY_PROJECT)
    return with_query(from_root(row.path), pairs)


def query_to_save(page: FilteredPage) -> str:
    """The page's query without its place in a list; relative times stay relative."""
    state: PageState = page.state
    pairs = parse_qsl(state.with_filters().partition("?")[2])
    return with_query("", [pair for pair in pairs if pair != EVERY_PROJECT])[1:]


def _is_of_one(row: ViewRow) -> bool:
    """Whether the path names a project, a test or a milestone."""
    return row.path.strip("/").rpartition("/")[2].isdecimal()


@cache
def _route_of(path: str) -> str:
    """The name of the route, "" where there is none any more."""
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""
