"""Which projects a person may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from dashboard.models.people import role_of
from dashboard.readers import Reader, Role

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from dashboard.models import ApiToken

NOBODY = Reader()

# Of all projects, and of those that no team has or one of the person's teams.
_VISIBLE = """
SELECT count(*), array_agg(id) FILTER (WHERE owned IS NULL OR mine)
  FROM ingest_project
  LEFT JOIN (
    SELECT project_id AS owned, bool_or(member.id IS NOT NULL) AS mine
      FROM dashboard_team_projects of_team
      LEFT JOIN dashboard_team_members member
        ON member.team_id = of_team.team_id AND member.user_id = %s
     GROUP BY project_id
  ) teams ON owned = ingest_project.id
"""


def visible_projects(user_id: int | None) -> frozenset[int] | None:
    """Those of no team and of the person's own, None where that is all of them.

    Without a person those of no team: what strangers may see under PUBLIC_READ.
    """
    with connection.cursor() as cursor:
        cursor.execute(_VISIBLE, [user_id])
        count, ids = cursor.fetchone()
    visible = frozenset(ids or ())
    return None if len(visible) == count else visible


def reader_of(user: AbstractBaseUser | AnonymousUser) -> Reader:
    """The reader that a session is."""
    role = role_of(user)
    if role is Role.ADMIN:
        return Reader(user_id=user.pk, role=role, projects=None)
    if role is None and not settings.PUBLIC_READ:
        return NOBODY
    return Reader(user_id=user.pk, role=role, projects=visible_projects(user.pk))


def reader_with(token: ApiToken) -> Reader:
    """The reader that a token is: its user, with its own projects alone."""
    return narrowed(reader_of(token.user), token.project_ids or None)


def narrowed(who: Reader, projects: Collection[int] | None) -> Reader:
    """The same reader, who sees no other than these projects; None leaves all."""
    if projects is None:
        return who
    mine = frozenset(projects)
    seen = mine if who.projects is None else who.projects & mine
    return Reader(user_id=who.user_id, role=who.role, projects=seen)
