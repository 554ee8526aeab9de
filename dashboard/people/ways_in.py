"""Ways to sign in that are taken away: second factors, accounts elsewhere, sessions."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from dashboard.annotations.audit_log import note
from dashboard.models import ActKind


def remove_second_factor(user: User, *, by: str) -> None:
    """With its recovery codes, for somebody who lost both."""
    with transaction.atomic():
        deleted, _ = Authenticator.objects.filter(user=user).delete()
        if deleted:
            _note(user, {"on": "totp"}, by=by)


def disconnect_provider(user: User, *, by: str) -> bool:
    """Whether an account over there was connected."""
    with transaction.atomic():
        deleted, _ = SocialAccount.objects.filter(user=user).delete()
        if deleted:
            _note(user, {"connected": "sign-in provider"}, by=by)
    return bool(deleted)


def end_other_sessions(user: User, this: str | None) -> None:
    """All but the one with the key `this`."""
    for row in UserSession.objects.filter(user=user).exclude(session_key=this):
        row.end()


def remember_session(request: HttpRequest) -> None:
    """The session goes on under another key, as after a change of the password."""
    UserSession.objects.create_from_request(request)


def _note(user: User, before: dict[str, str], *, by: str) -> None:
    name, about = user.username, user.pk
    note(ActKind.SECOND_FACTOR, by=by, name=name, about=about, before=before)
