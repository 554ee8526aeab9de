"""One's own settings: who one is here, how one signs in, where one is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from dashboard.lists.names import catalogue
from dashboard.lists.sign_in import (
    has_code,
    is_connected,
    recovery_codes_left,
    sessions_of,
)
from dashboard.lists.tokens import tokens_of
from dashboard.models import role_of
from dashboard.ui.token_rows import SCOPES, TokenRow, token_rows

FORMS = ("profile", "password", "openid", "tokens")
# From the most particular to what each browser says.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    id: int
    browser: str
    address: str
    since: datetime
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """`codes_left`: recovery codes that were not used."""

    is_on: bool
    codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """`token` is the text of one just made, shown this once, and `lacks` what it cannot
    do. `provider` is "" where there is none. `problems`: why a form was not taken, by its
    name in FORMS.
    """

    user: str
    full_name: str
    email: str
    role: str
    teams: tuple[str, ...]
    has_password: bool
    second_factor: SecondFactor
    provider: str
    is_connected: bool
    sessions: tuple[SessionRow, ...]
    tokens: tuple[TokenRow, ...]
    scopes: tuple[tuple[str, str], ...]
    projects: tuple[tuple[int, str], ...]
    token: str = ""
    lacks: tuple[str, ...] = ()
    problems: dict[str, str]


def account_page(
    request: HttpRequest,
    user: User,
    *,
    token: str = "",
    lacks: tuple[str, ...] = (),
    problems: dict[str, str] | None = None,
) -> AccountPage:
    teams: Any = user.teams
    return AccountPage(
        user=user.username,
        full_name=user.get_full_name(),
        email=user.email,
        role=str(role_of(user)),
        teams=tuple(teams.order_by("name").values_list("name", flat=True)),
        has_password=user.has_usable_password(),
        second_factor=_second_factor(user),
        provider=settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        is_connected=is_connected(user),
        sessions=_sessions(request, user),
        tokens=token_rows(tokens_of(user.pk)),
        scopes=tuple((str(scope), text) for scope, text in SCOPES),
        projects=tuple((one.id, one.name) for one in catalogue().projects.values()),
        token=token,
        lacks=lacks,
        problems=dict.fromkeys(FORMS, "") | (problems or {}),
    )


def _second_factor(user: User) -> SecondFactor:
    return SecondFactor(is_on=has_code(user), codes_left=recovery_codes_left(user))


def _sessions(request: HttpRequest, user: User) -> tuple[SessionRow, ...]:
    return tuple(
        SessionRow(
            id=row.pk,
            browser=browser_of(row.user_agent),
            address=row.ip,
            since=row.created_at,
            is_this=row.session_key == request.session.session_key,
        )
        for row in sessions_of(user)
    )


def browser_of(user_agent: str) -> str:
    """ "Firefox on Linux", as far as the browser says so."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Another program"
