"""The saved views that a reader has: one's own and those of one's teams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, Value
from django.http import Http404

from dashboard.models import DefaultScope, SavedView, Team
from dashboard.readers import Role, reader
from dashboard.request_cache import cached_in_request


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRow:
    """A page with its filters under a name; `team` is None for one's own.

    `path` is below the root. `may_change`: the reader may rename, move and delete it.
    """

    id: int
    name: str
    path: str
    query: str
    team: TeamName | None
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TeamName:
    name: str
    id: int


def saved_views() -> tuple[ViewRow, ...]:
    """The reader's own, then those of the teams that the reader is a member of, each in
    their order; one query, none for strangers.
    """
    return cached_in_request("saved views", _of_the_reader)


def has_own_views() -> bool:
    """Whether pages look otherwise to the reader than to others who may see the same: by
    saved views, teams, or the projects that they start with.
    """
    user = reader().user_id
    if user is None:
        return False
    mine = [
        SavedView.objects.filter(user=user),
        DefaultScope.objects.filter(user=user),
        Team.members.through.objects.filter(user_id=user),
    ]
    first, *others = (rows.order_by().values_list(Value(1)) for rows in mine)
    return first.union(*others).exists()


def views_to_manage() -> tuple[ViewRow, ...]:
    """The same; an administrator's are those of every team."""
    user = reader().user_id
    if user is None or not reader().may(Role.ADMIN):
        return saved_views()
    return _rows(Q(user=user) | Q(team__isnull=False))


def teams_to_save_for() -> Sequence[TeamName]:
    """Those that the reader may save views for: an editor's own, an administrator's all."""
    who = reader()
    if who.user_id is None or not who.may(Role.EDITOR):
        return ()
    teams = Team.objects.order_by("name")
    if not who.may(Role.ADMIN):
        teams = teams.filter(members=who.user_id)
    return [TeamName(name=name, id=pk) for pk, name in teams.values_list("pk", "name")]


def view_or_404(view_id: int) -> ViewRow:
    """One that the reader has, as if there were no others."""
    for row in views_to_manage():
        if row.id == view_id:
            return row
    raise Http404


def view_to_change_or_404(view_id: int) -> SavedView:
    """One that the reader may change, as if there were no others."""
    if not view_or_404(view_id).may_change:
        raise Http404
    view = SavedView.objects.filter(pk=view_id).first()
    if view is None:
        raise Http404
    return view


def _of_the_reader() -> tuple[ViewRow, ...]:
    user = reader().user_id
    if user is None:
        return ()
    teams = Team.members.through.objects.filter(user_id=user).values("team_id")
    return _rows(Q(user=user) | Q(team__in=teams))


def _rows(chosen: Q) -> tuple[ViewRow, ...]:
    is_editor = reader().may(Role.EDITOR)
    views = SavedView.objects.filter(chosen).select_related("team")
    rows = [
        ViewRow(
            id=view.pk,
            name=view.name,
            path=view.path,
            query=view.query,
            team=TeamName(name=view.team.name, id=view.team.pk) if view.team else None,
            may_change=view.team is None or is_editor,
        )
        for view in views
    ]
    # Sorting keeps the order within each.
    return tuple(sorted(rows, key=_own_first))


def _own_first(row: ViewRow) -> tuple[bool, str, int]:
    if row.team is None:
        return False, "", 0
    return True, row.team.name.casefold(), row.team.id
