"""Teams: their members and the projects that they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from dashboard.lists.names import ProjectName, catalogue
from dashboard.lists.people import people, teams
from dashboard.models import Team
from dashboard.people.teams import described, everybody
from dashboard.people.versions import version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsPage:
    teams: tuple[Team, ...]
    everybody: str
    problem: str = ""
    name: str = ""


def teams_page(*, problem: str = "", name: str = "") -> TeamsPage:
    return TeamsPage(
        teams=tuple(teams()), everybody=everybody(), problem=problem, name=name
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPage:
    """`only_here`: projects that everybody would see without the team."""

    id: int
    name: str
    members: tuple[tuple[User, bool], ...]
    projects: tuple[tuple[ProjectName, bool], ...]
    only_here: int
    everybody: str
    version: str
    problem: str = ""


def team_page(team: Team, *, problem: str = "") -> TeamPage:
    chosen = {one.pk for one in team.members.all()}
    rows: Any = team.projects.prefetch_related("teams")
    of_teams = {project.pk: len(project.teams.all()) for project in rows}
    names = catalogue().projects.values()
    return TeamPage(
        id=team.pk,
        name=team.name,
        members=tuple((user, user.pk in chosen) for user in people()),
        projects=tuple((one, one.id in of_teams) for one in names),
        only_here=sum(number == 1 for number in of_teams.values()),
        everybody=everybody(),
        version=version_of(described(team, team.name)),
        problem=problem,
    )
