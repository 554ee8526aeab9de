"""How one person signs in, and where they are signed in."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User


def sessions_of(user: User) -> list[UserSession]:
    """Those that go on, the newest first; what is known of ended ones is deleted."""
    rows: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(rows, key=lambda row: row.last_seen_at, reverse=True)


def session_of(session_id: int, user: User) -> UserSession | None:
    return UserSession.objects.filter(pk=session_id, user=user).first()


def is_connected(user: User) -> bool:
    """Whether an account at the provider of OpenID Connect is theirs."""
    return bool(SocialAccount.objects.filter(user=user).exists())


def has_code(user: User) -> bool:
    kind = Authenticator.Type.TOTP
    return bool(Authenticator.objects.filter(user=user, type=kind).exists())


def recovery_codes_left(user: User) -> int:
    kind = Authenticator.Type.RECOVERY_CODES
    row = Authenticator.objects.filter(user=user, type=kind).first()
    return len(row.wrap().get_unused_codes()) if row else 0
