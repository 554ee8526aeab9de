"""What a person chose to start with, for the form that changes it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dashboard.filters import default_scope
from dashboard.models import DefaultScope, Team
from dashboard.readers import reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRow:
    """`chosen` are ids of projects; `teams` the names of those that the reader is in."""

    is_of_teams: bool
    chosen: Collection[int]
    teams: tuple[str, ...]


def scope_of_reader() -> ScopeRow:
    user = reader().user_id
    if user is None:
        return ScopeRow(is_of_teams=False, chosen=(), teams=())
    scope = DefaultScope.objects.filter(user_id=user).first()
    teams = Team.objects.filter(members=user).order_by("name")
    is_of_teams = scope is not None and scope.is_of_teams
    return ScopeRow(
        is_of_teams=is_of_teams,
        chosen=() if is_of_teams else default_scope(),
        teams=tuple(teams.values_list("name", flat=True)),
    )
