"""Which projects a person may see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings

from dashboard.models.people import role_and_hidden_projects
from dashboard.readers import Reader, Role
from ingest.models import Project

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from dashboard.models import ApiToken

NOBODY = Reader()


def reader_of(user: AbstractBaseUser | AnonymousUser) -> Reader:
    """The reader that a session is."""
    if getattr(user, "is_superuser", False):
        return Reader(user_id=user.pk, role=Role.ADMIN, projects=None)
    if not user.is_authenticated:
        return _stranger() if settings.PUBLIC_READ else NOBODY
    role, hidden = role_and_hidden_projects(user.pk)
    return Reader(user_id=user.pk, role=role, projects=_all_but(hidden))


def _stranger() -> Reader:
    _, hidden = role_and_hidden_projects(None)
    return Reader(projects=_all_but(hidden))


def reader_with(token: ApiToken) -> Reader:
    """The reader that a token is: its user, with its own projects alone."""
    seen = None if token.role is Role.ADMIN else _all_but(token.hidden_ids)
    who = Reader(user_id=token.user_id, role=token.role, projects=seen)
    return narrowed(who, token.project_ids or None)


def _all_but(hidden: frozenset[int]) -> frozenset[int] | None:
    if not hidden:
        return None
    others = Project.objects.exclude(pk__in=hidden)
    return frozenset(others.values_list("pk", flat=True))


def narrowed(who: Reader, projects: Collection[int] | None) -> Reader:
    """The same reader, who sees no other than these projects; None leaves all."""
    if projects is None:
        return who
    mine = frozenset(projects)
    seen = mine if who.projects is None else who.projects & mine
    return replace(who, projects=seen)
