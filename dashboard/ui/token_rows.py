"""API tokens as rows: whose, what they may do, until when, when last used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from dashboard.models import ApiToken, Scope
from dashboard.models.tokens import PROJECTS_GONE

# With what each lets a program do.
SCOPES: tuple[tuple[Scope, str], ...] = (
    (Scope.READ, "read pages' figures and lists"),
    (Scope.INTAKE, "push results"),
    (Scope.START, "start and change runs at the tools, start syncs"),
    (Scope.SHARE, "make share links"),
    (Scope.ADMIN, "connect tools, delete, decide about people"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """`projects` is "" for all of its user's; `state` is "" for one that works, else why it
    does not.
    """

    id: int
    user: str
    scopes: tuple[str, ...]
    projects: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    state: str


def token_rows(tokens: Iterable[ApiToken]) -> tuple[TokenRow, ...]:
    now = timezone.now()
    return tuple(
        TokenRow(
            id=token.pk,
            user=token.user.get_username(),
            scopes=tuple(token.scopes),
            projects=_projects(token),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            state=_state(token, now),
        )
        for token in tokens
    )


def _projects(token: ApiToken) -> str:
    if not token.is_bound:
        return ""
    return ", ".join(one.name for one in token.projects.all()) or PROJECTS_GONE


def _state(token: ApiToken, now: datetime) -> str:
    if token.revoked_at:
        return "revoked"
    if token.expires_at and token.expires_at <= now:
        return "expired"
    if not token.user.is_active:
        return "user switched off"
    return "" if token.is_of_present_password else "older than the password"
