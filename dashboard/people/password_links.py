"""Links with which a person sets a password: they work once, for some days."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from dashboard.addresses import link_address
from dashboard.annotations.audit_log import note
from dashboard.models import ActKind


def password_link(user: User, *, by: str) -> str:
    """The path of a link for this user.

    It ends with the password that they have, and when they sign in.
    """
    token = default_token_generator.make_token(user)
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    link = {"link": "made"}
    note(ActKind.PASSWORD, by=by, name=user.username, about=user.pk, after=link)
    return link_address("set-password", uid, token)


def days_it_holds() -> int:
    return int(settings.PASSWORD_RESET_TIMEOUT // 86_400)
