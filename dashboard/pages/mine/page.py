"""What is one's own: the projects that pages start with, and saved views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from dashboard.lists.default_scope import ScopeRow, scope_of_reader
from dashboard.lists.names import ProjectName, milestone_names, project_names
from dashboard.lists.saved_views import ViewRow, views_to_manage
from dashboard.tools import tool_label
from dashboard.ui.filter_bar import TEXTS
from dashboard.ui.lengths import Name, Prose
from dashboard.ui.saved_views import OwnerOption, ViewLink, by_team, view_link


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedView:
    """A view with what it shows in words; it can be moved up or down where there is one
    to change places with.
    """

    link: ViewLink
    shows: Prose
    may_change: bool
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedGroup:
    title: Name
    views: Sequence[ManagedView]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOption:
    project: ProjectName
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeForm:
    """Where pages start: `way` is "all", "teams" or "chosen"."""

    way: str
    options: Sequence[ProjectOption]
    teams: Name
    problem: Prose = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MinePage:
    scope: ScopeForm
    groups: Sequence[ManagedGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePage:
    """The form again, with what was wrong with it."""

    name: str
    problem: Prose
    address: str
    owner: str
    owners: Sequence[OwnerOption]
    back_href: str
    may_replace: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GonePage:
    """A view of a page that is not here any more, or not for this reader."""

    view: ViewLink
    may_change: bool


def mine_page(problem: str = "") -> MinePage:
    """`problem` is what was wrong with the projects that were chosen."""
    return MinePage(
        scope=_scope_form(scope_of_reader(), problem), groups=tuple(_groups())
    )


def _scope_form(scope: ScopeRow, problem: str) -> ScopeForm:
    way = "teams" if scope.is_of_teams else "chosen" if scope.chosen else "all"
    return ScopeForm(
        way=way,
        options=[
            ProjectOption(project=project, is_chosen=project.id in scope.chosen)
            for project in project_names().values()
        ],
        teams=", ".join(scope.teams),
        problem=problem,
    )


def _groups() -> Iterable[ManagedGroup]:
    rows = views_to_manage()
    if not rows or rows[0].team is not None:
        yield ManagedGroup(title="Your views", views=())
    said = _words(rows)
    for team, of_team in by_team(rows):
        yield ManagedGroup(
            title=team.name if team else "Your views",
            views=[
                ManagedView(
                    link=view_link(row),
                    shows=said[row.id],
                    may_change=row.may_change,
                    is_first=row is of_team[0],
                    is_last=row is of_team[-1],
                )
                for row in of_team
            ],
        )


def _words(rows: Sequence[ViewRow]) -> dict[int, str]:
    """What each view chooses: "Project Web shop, window 90d". What the reader may not
    see has its number.
    """
    asked = {row.id: parse_qsl(row.query) for row in rows}
    ids = [int(v) for pairs in asked.values() for n, v in pairs if n == "milestone"]
    names: dict[tuple[str, str], str] = {
        ("project", str(project.id)): project.name
        for project in project_names().values()
    }
    for pk, name in milestone_names(ids).items():
        names["milestone", str(pk)] = name
    return {
        pk: ", ".join(_word(name, value, names) for name, value in pairs)
        for pk, pairs in asked.items()
    }


def _word(name: str, value: str, names: dict[tuple[str, str], str]) -> str:
    text = "Project" if name == "project" else TEXTS.get(name, name)
    shown = tool_label(value) if name == "tool" else names.get((name, value), value)
    return f"{text} {shown}"
