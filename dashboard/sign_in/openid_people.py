"""Whom a provider lets in, and what its groups give them here."""

from __future__ import annotations

import logging
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
from django.utils import timezone

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
from dashboard.throttle import refusal_is_noted
from ingest.asking import LimitedSession

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest

logger = logging.getLogger(__name__)
# Who changes what the provider's groups give.
PROVIDER = "(sign-in provider)"
# What a session keeps of an invitation that somebody goes on with to the provider: its
# id, and when. Whoever sits at the browser later was not invited.
INVITED, INVITED_S = "invitation", 900
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
        invited = take_invitation(request)
        try:
            with transaction.atomic():
                if sociallogin.state.get("process") == "connect":
                    _connects(request, sociallogin)
                elif sociallogin.is_existing:
                    _known(sociallogin.user, claims)
                else:
                    sociallogin.connect(request, _new_person(invited, claims))
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
        if exception is not None:
            logger.warning("a sign-in through the provider failed: %s", exception)
        raise _refused(request, sentence.format(name=settings.OIDC_NAME))

    def is_open_for_signup(
        self, request: HttpRequest, sociallogin: SocialLogin
    ) -> bool:
        return False

    def get_connect_redirect_url(self, request: HttpRequest, account: Any) -> str:
        return address("account")

    def get_requests_session(self) -> LimitedSession:
        return LimitedSession()

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The audit log has it."""

    def list_apps(self, request: Any, **kwargs: Any) -> list[Any]:
        """Those of the settings: no row of a table brings another provider."""
        from allauth.socialaccount.adapter import _build_apps_from_settings

        kept = {k: v for k, v in kwargs.items() if k in ("provider", "client_id")}
        apps = _build_apps_from_settings(**kept)
        return [app for some in apps.values() for app in some]


def _refused(request: HttpRequest, sentence: str) -> ImmediateHttpResponse:
    if refusal_is_noted(request):
        by = request.user.get_username()
        why = {"why": sentence, "with": settings.OIDC_NAME}
        note(ActKind.SIGN_IN_FAILED, by=by, name=by or "somebody unknown", after=why)
    return ImmediateHttpResponse(refusal(request, sentence))


def keep_invitation(request: HttpRequest, row: Invitation) -> None:
    """Whoever goes on to the provider from here is let in by it."""
    request.session[INVITED] = [row.pk, timezone.now().timestamp()]


def take_invitation(request: HttpRequest) -> Invitation | None:
    """The one that this browser came by a moment ago; it is not kept any longer."""
    match request.session.pop(INVITED, None):
        case [int(pk), float(at)] if timezone.now().timestamp() - at < INVITED_S:
            return Invitation.objects.filter(pk=pk).first()
    return None


def _connects(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Somebody who is signed in says that the account over there is theirs."""
    if sociallogin.is_existing and sociallogin.user != request.user:
        raise CannotChange(OF_ANOTHER.format(name=settings.OIDC_NAME))


def _known(user: User, claims: Mapping[str, Any]) -> None:
    if not user.is_active:
        raise CannotChange(SWITCHED_OFF)
    if (email := email_of(claims)) and email.lower() != user.email.lower():
        _take_email(user, email)
    take_groups(user, claims)


def _take_email(user: User, email: str) -> None:
    """Unless another user has it: that must not keep out somebody who is known."""
    try:
        change_person(user.pk, PersonChange(email=email), by=PROVIDER)
    except CannotChange as error:
        _note_kept(user, f"e-mail {user.email or 'none'}", error)


def _note_kept(user: User, what: str, error: CannotChange) -> None:
    why = {"kept": what, "why": error.sentence}
    note(ActKind.PERSON, by=PROVIDER, name=user.username, about=user.pk, after=why)


def _new_person(invitation: Invitation | None, claims: Mapping[str, Any]) -> User:
    email = email_of(claims)
    if email:
        _insist_that_free(email, None)
    name = _free_name(claims)
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
        _note_kept(user, "administrator", error)
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
    pairs = [(group, _as_stored(name)) for group, name in settings.OIDC_TEAMS]
    mapped = {name for _, name in pairs}
    kept = [one for one in Team.objects.filter(members=user) if one.name not in mapped]
    given = sorted({name for group, name in pairs if group in groups})
    return [*kept, *(team for name in given for team in _team(name))]


def _as_stored(name: str) -> str:
    return " ".join(name.split())


def _team(name: str) -> list[Team]:
    """The one of this name, made where there is none; none where no team can be called so."""
    if not Team.objects.filter(name=name).exists():
        try:
            create_team(name, by=PROVIDER)
        except CannotChange as error:
            # Another sign-in may have made it meanwhile.
            logger.warning("OIDC_TEAMS: %s", error.sentence)
    return list(Team.objects.filter(name=name))


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
