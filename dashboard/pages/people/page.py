"""People, their invitations and tokens, as administrators see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.lists.people import invitations, people, teams
from dashboard.lists.tokens import tokens_of
from dashboard.models import Invitation, Team, role_of
from dashboard.people.password_links import days_it_holds
from dashboard.people.persons import described
from dashboard.people.versions import version_of
from dashboard.readers import Role
from dashboard.ui.token_rows import TokenRow, token_rows

ROLES = (
    ("viewer", "reads"),
    ("editor", "also says opinions, starts runs and syncs, shares"),
    ("admin", "also connects tools, deletes, decides about people"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    id: int
    name: str
    full_name: str
    email: str
    role: str
    teams: str
    last_seen_at: datetime | None
    has_code: bool
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    """`state`: "open", "used by ada", "expired" or "taken back"."""

    id: int
    email: str
    role: str
    teams: str
    by: str
    created_at: datetime
    expires_at: datetime
    state: str

    @property
    def is_open(self) -> bool:
        return self.state == "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """`link` is that of an invitation just made, shown this once where no mail took it."""

    people: tuple[PersonRow, ...]
    invitations: tuple[InvitationRow, ...]
    teams: tuple[Team, ...]
    roles: tuple[tuple[str, str], ...] = ROLES
    sends_mail: bool
    link: str = ""
    problem: str = ""
    sent: dict[str, Any]


def people_page(
    *, link: str = "", problem: str = "", sent: Mapping[str, object] | None = None
) -> PeoplePage:
    """`sent`: what a form that was refused held."""
    return PeoplePage(
        people=tuple(map(_person, people())),
        invitations=_invitations(invitations()),
        teams=tuple(teams()),
        sends_mail=settings.MAIL_IS_SENT,
        link=link,
        problem=problem,
        sent={"email": "", "role": "viewer", "teams": [], "days": "7", **(sent or {})},
    )


def _person(user: User) -> PersonRow:
    row: Any = user
    profile = getattr(user, "profile", None)
    role = Role.ADMIN if user.is_superuser else profile.role if profile else Role.VIEWER
    return PersonRow(
        id=user.pk,
        name=user.username,
        full_name=user.get_full_name(),
        email=user.email,
        role=str(role),
        teams=", ".join(sorted(team.name for team in row.teams.all())),
        last_seen_at=user.last_login,
        has_code=row.has_code,
        is_active=user.is_active,
    )


def _invitations(rows: Iterable[Invitation]) -> tuple[InvitationRow, ...]:
    now = timezone.now()
    return tuple(
        InvitationRow(
            id=row.pk,
            email=row.email,
            role=row.role,
            teams=", ".join(sorted(team.name for team in row.teams.all())),
            by=row.by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            state=_state(row, now),
        )
        for row in rows
    )


def _state(row: Invitation, now: datetime) -> str:
    if row.used_at:
        return f"used by {row.used_by}"
    if row.taken_back_at:
        return "taken back"
    return "open" if row.expires_at > now else "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """`link` is one to set a password, made just now and shown this once."""

    id: int
    name: str
    email: str
    full_name: str
    role: str
    is_active: bool
    is_self: bool
    has_code: bool
    last_seen_at: datetime | None
    joined_at: datetime
    teams: tuple[tuple[Team, bool], ...]
    roles: tuple[tuple[str, str], ...] = ROLES
    tokens: tuple[TokenRow, ...]
    link: str = ""
    link_days: int
    version: str
    problem: str = ""


def person_page(
    person_id: int, me: int | None, *, link: str = "", problem: str = ""
) -> PersonPage | None:
    user = people().filter(pk=person_id).first()
    if user is None:
        return None
    row = _person(user)
    mine = {team.pk for team in user.teams.all()}
    return PersonPage(
        id=user.pk,
        name=row.name,
        email=row.email,
        full_name=row.full_name,
        role=str(role_of(user)),
        is_active=row.is_active,
        is_self=user.pk == me,
        has_code=row.has_code,
        last_seen_at=row.last_seen_at,
        joined_at=user.date_joined,
        teams=tuple((team, team.pk in mine) for team in teams()),
        tokens=token_rows(tokens_of(user.pk)),
        link=link,
        link_days=days_it_holds(),
        version=version_of(described(user)),
        problem=problem,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensPage:
    tokens: tuple[TokenRow, ...]


def tokens_page() -> TokensPage:
    return TokensPage(tokens=token_rows(tokens_of(None)))
