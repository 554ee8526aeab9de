"""Sign-ins and second factors as the audit log keeps them."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as second_factor
from allauth.socialaccount import signals as providers
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.dispatch import receiver
from django.http import HttpRequest

from dashboard.annotations.audit_log import note
from dashboard.client_address import client_of
from dashboard.models import ActKind

NOBODY_KNOWN = "somebody unknown"


def _is_of_a_browser(request: HttpRequest | None) -> bool:
    """A session that a program makes has no address behind it."""
    return request is not None and "REMOTE_ADDR" in request.META


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    if not _is_of_a_browser(request):
        return
    ways = [one["method"] for one in get_authentication_records(request, user)]
    names = {"socialaccount": settings.OIDC_NAME, "mfa": "second factor"}
    told = [names.get(way, way) for way in ways] or ["password"]
    after = {"address": client_of(request), "with": told}
    _note(ActKind.SIGN_IN, user, after)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None and _is_of_a_browser(request):
        _note(ActKind.SIGN_OUT, user, {"address": client_of(request)})


@receiver(user_login_failed)
def _failed(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    if request is None or not _is_of_a_browser(request):
        return
    typed = str(credentials.get("username", ""))[:150].replace("\0", "")
    user = User.objects.filter(username=typed).first()
    # What was typed may be a password, in the wrong field.
    name = user.username if user else NOBODY_KNOWN
    after = {"address": client_of(request), "why": "wrong password"}
    about = user.pk if user else 0
    note(ActKind.SIGN_IN_FAILED, by="", name=name, about=about, after=after)


@receiver(second_factor.authentication_failed)
def _wrong_code(request: HttpRequest, user: User, **_: Any) -> None:
    after = {"address": client_of(request), "why": "wrong code"}
    name, about = user.username, user.pk
    note(ActKind.SIGN_IN_FAILED, by="", name=name, about=about, after=after)


@receiver(second_factor.authenticator_added)
def _added(user: User, authenticator: Any, **_: Any) -> None:
    _note(ActKind.SECOND_FACTOR, user, {"on": str(authenticator.type)})


@receiver(second_factor.authenticator_reset)
def _reset(user: User, authenticator: Any, **_: Any) -> None:
    _note(ActKind.SECOND_FACTOR, user, {"new": str(authenticator.type)})


@receiver(second_factor.authenticator_removed)
def _removed(user: User, authenticator: Any, **_: Any) -> None:
    name, off = user.username, {"on": str(authenticator.type)}
    note(ActKind.SECOND_FACTOR, by=name, name=name, about=user.pk, before=off)


@receiver(providers.social_account_added)
def _connected(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    _note(ActKind.SECOND_FACTOR, sociallogin.user, {"connected": settings.OIDC_NAME})


def _note(kind: ActKind, user: User, after: dict[str, Any]) -> None:
    name = user.get_username()
    note(kind, by=name, name=name, about=user.pk, after=after)
