"""API tokens made and revoked, and what one of them cannot do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from dashboard.annotations.audit_log import note
from dashboard.models import ActKind, ApiToken, Scope, role_of
from dashboard.models.tokens import NEEDED
from dashboard.readers import Role
from dashboard.reading.rights import reader_of
from ingest.models import Project


def issue_token(
    user: User,
    *,
    by: str,
    scopes: Collection[Scope] = (Scope.READ,),
    projects: Collection[Project] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its text, which cannot be had again."""
    with transaction.atomic():
        token, text = ApiToken.issue(
            user.pk, scopes=scopes, projects=projects, expires_at=expires_at
        )
        after: dict[str, Any] = {
            "scopes": token.scopes,
            "projects": [one.name for one in projects],
        }
        if expires_at:
            after["expires"] = expires_at.isoformat(" ", "minutes")
        note(ActKind.TOKEN, by=by, name=_called(token), about=token.pk, after=after)
    return token, text


def revoke_token(token: ApiToken, *, by: str) -> bool:
    """Whether it was not revoked before."""
    with transaction.atomic():
        open_ones = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
        if not open_ones.update(revoked_at=timezone.now()):
            return False
        before = {"scopes": token.scopes}
        note(ActKind.TOKEN, by=by, name=_called(token), about=token.pk, before=before)
    return True


def what_it_lacks(
    user: User, scopes: Collection[Scope], projects: Collection[Project] = ()
) -> list[str]:
    """Sentences on what a token of the user would not do, whatever it says."""
    role = role_of(user) or Role.VIEWER
    lacking = [
        f"{user.username} is {_a(role)}: the scope {scope} does nothing until they are "
        f"{_a(NEEDED[scope])}."
        for scope in Scope
        if scope in scopes and not role.includes(NEEDED[scope])
    ]
    if hidden := _hidden(user, projects):
        names = ", ".join(hidden)
        lacking.append(
            f"{user.username} does not see {names}, and so the token cannot."
        )
    return lacking


def _hidden(user: User, projects: Collection[Project]) -> list[str]:
    visible = reader_of(user).projects
    if visible is None:
        return []
    return [project.name for project in projects if project.pk not in visible]


def _a(role: Role) -> str:
    return f"a {role}" if role is Role.VIEWER else f"an {role}"


def _called(token: ApiToken) -> str:
    return f"token {token.pk} of {token.user.get_username()}"
