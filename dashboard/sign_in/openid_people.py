"""Whom a provider lets in, and what its groups give them here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from dashboard.addresses import address
from dashboard.annotations.audit_log import note
from dashboard.models import ActKind, Invitation, Team
from dashboard.people.errors import CannotChange
from dashboard.people.invitations import accept
from dashboard.people.persons import PersonChange, change_person, create_person
from dashboard.people.teams import create_team
from dashboard.readers import Role
from dashboard.sign_in.id_tokens import Refused
from dashboard.sign_in.refusals import SWITCHED_OFF, refusal

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest

# Who changes what the provider's groups give.
PROVIDER = "(sign-in provider)"
# The id of an invitation that somebody uses by signing in through the provider.
INVITED = "invitation"
UNKNOWN_PERSON = "{name} knows you, but you are no user here. Ask an administrator for an invitation."
EMAIL_TAKEN = (
    "The e-mail address {email} is another user's. If that is you, sign in with your "
    "password and connect {name} in your settings; else ask an administrator."
)
FAILED = "{name} did not answer as a provider of OpenID Connect. Try again later."
CANCELLED = "You did not sign in at {name}."
OF_ANOTHER = "That account at {name} is connected to another user here."
_NO_NAME = re.compile(r"[^\w.@+-]+")


class OpenIdAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Who comes in through the provider, decided before anybody is signed in."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        claims = getattr(sociallogin, "claims", {})
        try:
            with transaction.atomic():
                if sociallogin.state.get("process") == "connect":
                    _connects(request, sociallogin)
                elif sociallogin.is_existing:
                    _known(sociallogin.user, claims)
                else:
                    sociallogin.connect(request, _new_person(request, claims))
        except CannotChange as error:
            raise _refused(request, error.sentence) from None

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        sentence = FAILED
        if isinstance(exception, Refused):
            sentence = exception.sentence
        elif str(error) == "cancelled":
            sentence = CANCELLED
        raise _refused(request, sentence.format(name=settings.OIDC_NAME))

    def is_open_for_signup(
        self, request: HttpRequest, sociallogin: SocialLogin
    ) -> bool:
        return False

    def get_connect_redirect_url(self, request: HttpRequest, account: Any) -> str:
        return address("account")

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The audit log has it."""

    def list_apps(self, request: Any, **kwargs: Any) -> list[Any]:
        """Those of the settings: no row of a table brings another provider."""
        from allauth.socialaccount.adapter import _build_apps_from_settings

        kept = {k: v for k, v in kwargs.items() if k in ("provider", "client_id")}
        apps = _build_apps_from_settings(**kept)
        return [app for some in apps.values() for app in some]


def _refused(request: HttpRequest, sentence: str) -> ImmediateHttpResponse:
    by = request.user.get_username()
    why = {"why": sentence, "with": settings.OIDC_NAME}
    note(ActKind.SIGN_IN_FAILED, by=by, name=by or "somebody unknown", after=why)
    return ImmediateHttpResponse(refusal(request, sentence))


def _connects(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Somebody who is signed in says that the account over there is theirs."""
    if sociallogin.is_existing and sociallogin.user != request.user:
        raise CannotChange(OF_ANOTHER.format(name=settings.OIDC_NAME))


def _known(user: User, claims: Mapping[str, Any]) -> None:
    if not user.is_active:
        raise CannotChange(SWITCHED_OFF)
    if (email := email_of(claims)) and email.lower() != user.email.lower():
        _insist_that_free(email, user.pk)
        change_person(user.pk, PersonChange(email=email), by=PROVIDER)
    take_groups(user, claims)


def _new_person(request: HttpRequest, claims: Mapping[str, Any]) -> User:
    email = email_of(claims)
    if email:
        _insist_that_free(email, None)
    name, invited = _free_name(claims), request.session.pop(INVITED, None)
    invitation = Invitation.objects.filter(pk=invited).first()
    if invitation is not None:
        user = accept(invitation, name, email)
    elif settings.OIDC_UNKNOWN:
        user = create_person(name, by=PROVIDER, email=email, why="signed in there")
    else:
        raise CannotChange(UNKNOWN_PERSON.format(name=settings.OIDC_NAME))
    _take_name(user, claims)
    take_groups(user, claims)
    user.refresh_from_db()
    return user


def take_groups(user: User, claims: Mapping[str, Any]) -> None:
    """Teams and role as the settings map the groups of the person.

    Teams that no group is mapped to are not touched. The last administrator stays one.
    """
    groups = groups_of(claims)
    change = PersonChange(role=_role(groups), teams=_teams(user, groups))
    try:
        change_person(user.pk, change, by=PROVIDER)
    except CannotChange as error:
        why = {"kept": "administrator", "why": error.sentence}
        note(ActKind.PERSON, by=PROVIDER, name=user.username, about=user.pk, after=why)
        change_person(user.pk, PersonChange(teams=change.teams), by=PROVIDER)


def groups_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """None where the claim is not there: whoever has left all groups has none.

    OIDC_GROUPS_CLAIM may lead into a claim: "realm_access.roles".
    """
    value: Any = claims
    for name in settings.OIDC_GROUPS_CLAIM.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset({value})
    if not isinstance(value, list):
        return frozenset()
    return frozenset(one for one in value if isinstance(one, str))


def email_of(claims: Mapping[str, Any]) -> str:
    """The address, where the provider says that it was proved; else ""."""
    email, is_proved = claims.get("email"), claims.get("email_verified")
    if not isinstance(email, str) or is_proved not in (True, "true"):
        return ""
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email if len(email) <= 254 else ""


def _role(groups: frozenset[str]) -> Role | None:
    if not settings.OIDC_ROLES:
        return None
    given = [Role(role) for group, role in settings.OIDC_ROLES if group in groups]
    return max(given, key=list(Role).index, default=Role.VIEWER)


def _teams(user: User, groups: frozenset[str]) -> list[Team] | None:
    if not settings.OIDC_TEAMS:
        return None
    mapped = {name for _, name in settings.OIDC_TEAMS}
    given = {name for group, name in settings.OIDC_TEAMS if group in groups}
    kept = [one for one in Team.objects.filter(members=user) if one.name not in mapped]
    known = {one.name: one for one in Team.objects.filter(name__in=given)}
    made = [create_team(name, by=PROVIDER) for name in sorted(given - known.keys())]
    return [*kept, *known.values(), *made]


def _insist_that_free(email: str, user_id: int | None) -> None:
    others = User.objects.filter(email__iexact=email).exclude(pk=user_id or 0)
    if others.exists():
        told = EMAIL_TAKEN.format(email=email, name=settings.OIDC_NAME)
        raise CannotChange(told)


def _free_name(claims: Mapping[str, Any]) -> str:
    """A name that no user has, from what the provider calls the person."""
    email = email_of(claims)
    said = (claims.get("preferred_username"), email.partition("@")[0], claims["sub"])
    texts = (_NO_NAME.sub("-", one).strip("-") for one in said if isinstance(one, str))
    stem = next(filter(None, texts), "person")[:140]
    name, number = stem, 2
    while User.objects.filter(username__iexact=name).exists():
        name, number = f"{stem}-{number}", number + 1
    return name


def _take_name(user: User, claims: Mapping[str, Any]) -> None:
    if isinstance(said := claims.get("name"), str) and said:
        change_person(user.pk, PersonChange(full_name=said), by=PROVIDER)
