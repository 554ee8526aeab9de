"""Teams made, changed and deleted, and which of them see a project."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Model

from dashboard.annotations.audit_log import note, plain
from dashboard.ids import id_of
from dashboard.models import ActKind, Team
from dashboard.people.errors import CannotChange
from dashboard.people.versions import insist_on
from ingest.models import Project

NAME_LENGTH = 200
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamChange:
    """What is None stays as it is."""

    name: str | None = None
    members: Collection[User] | None = None
    projects: Collection[Project] | None = None


def create_team(name: str, *, by: str, projects: Iterable[Project] = ()) -> Team:
    """Raises CannotChange."""
    name = _checked(name)
    with transaction.atomic():
        team = _named(name)
        team.projects.set(projects)
        note(ActKind.TEAM, by=by, name=name, about=team.pk, after=described(team, name))
    return team


def change_team(
    team_id: int, change: TeamChange, *, by: str, expected_version: str | None = None
) -> Team:
    """Raises CannotChange. `expected_version`: as of `change_person`."""
    with transaction.atomic():
        team = Team.objects.select_for_update().get(pk=team_id)
        before = described(team, team.name)
        insist_on(expected_version, before, team.name)
        if change.name is not None and change.name != team.name:
            _rename(team, _checked(change.name))
        if change.members is not None:
            team.members.set(change.members)
        if change.projects is not None:
            team.projects.set(change.projects)
        after = described(team, team.name)
        note(
            ActKind.TEAM,
            by=by,
            name=team.name,
            about=team.pk,
            before=before,
            after=after,
        )
    return team


def delete_team(team_id: int, *, by: str) -> None:
    with transaction.atomic():
        team = Team.objects.select_for_update().get(pk=team_id)
        before = described(team, team.name)
        note(ActKind.TEAM, by=by, name=team.name, about=team.pk, before=before)
        team.delete()


def set_teams_of(
    project: Project,
    teams: Collection[Team],
    *,
    by: str,
    expected_version: str | None = None,
) -> None:
    """None: everybody who is signed in sees the project. Raises StaleForm."""
    with transaction.atomic():
        # Of two at the same moment the second finds what the first one said.
        Project.objects.select_for_update().filter(pk=project.pk).first()
        before = teams_said(project)
        insist_on(expected_version, before, project.name)
        project.teams.set(teams)
        note(
            ActKind.VISIBILITY,
            by=by,
            name=project.name,
            about=project.pk,
            project=project.pk,
            before=before,
            after={"teams": _names(teams)},
        )


def everybody() -> str:
    """Who sees a project of no team: "everybody who is signed in sees it"."""
    strangers = " and every stranger" if settings.PUBLIC_READ else ""
    return f"everybody who is signed in{strangers}"


def teams_said(project: Project) -> Mapping[str, Any]:
    """What the audit log keeps of who sees a project."""
    return {"teams": _names(project.teams.all())}


def teams_named(names: Iterable[str]) -> list[Team]:
    """Raises CannotChange, which names the first that there is not."""
    wanted = list(dict.fromkeys(names))
    known = {team.name: team for team in Team.objects.filter(name__in=wanted)}
    for name in wanted:
        if name not in known:
            raise CannotChange(f"There is no team {name!r}.")
    return list(known.values())


def ids_of(texts: Iterable[str]) -> list[int]:
    """Ids as a form sends them. Raises CannotChange: what is left out by mistake would
    make the choice a larger one.
    """
    found = []
    for text in texts:
        if (number := id_of(text)) is None:
            raise CannotChange(f"{text[:20]!r} is no number of a row.")
        found.append(number)
    return found


def teams_with(ids: Iterable[int]) -> list[Team]:
    return _each(Team, "team", ids)


def people_with(ids: Iterable[int]) -> list[User]:
    return _each(User, "person", ids)


def projects_with(ids: Iterable[int]) -> list[Project]:
    return _each(Project, "project", ids)


def _each(model: type[Row], noun: str, ids: Iterable[int]) -> list[Row]:
    """Raises CannotChange, which names the first that there is not."""
    wanted = list(ids)
    known: dict[int, Row] = model._default_manager.in_bulk(wanted)
    for pk in wanted:
        if pk not in known:
            raise CannotChange(f"There is no {noun} {pk}.")
    return list(known.values())


def described(team: Team, name: str) -> Mapping[str, Any]:
    """What the audit log keeps of a team."""
    return {
        "name": name,
        "members": _names(team.members.all()),
        "projects": sorted(team.projects.values_list("name", flat=True)),
    }


def _names(rows: Iterable[Team] | Iterable[User]) -> list[str]:
    return sorted(map(str, rows))


def _checked(name: str) -> str:
    name = " ".join(plain(name).split())
    if not name or len(name) > NAME_LENGTH:
        raise CannotChange(f"A team's name must have 1 to {NAME_LENGTH} characters.")
    return name


def _named(name: str) -> Team:
    try:
        with transaction.atomic():
            return Team.objects.create(name=name)
    except IntegrityError:
        raise CannotChange(f"There is a team {name!r} already.") from None


def _rename(team: Team, name: str) -> None:
    team.name = name
    try:
        with transaction.atomic():
            team.save(update_fields=["name"])
    except IntegrityError:
        raise CannotChange(f"There is a team {name!r} already.") from None
